//! How fast documents are read, compared and evaluated: the largest document of AWS, and one of ours. And how fast it is
//! proved for five thousand people whether MFA is enforced.
//!
//! `cargo bench --bench policy`
#![allow(unused_imports, clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a benchmark may panic")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use iamatrix::access::mfa::Prover;
use iamatrix::catalog::{actions, documents};
use iamatrix::name::Name;
use iamatrix::policy::Document;
use iamatrix::policy::context::{Context, Fact};
use iamatrix::policy::evaluate::{Request, evaluate};
use support::scale::{self, People};

/// The largest of the shipped documents.
const LARGEST: &str = "ReadOnlyAccess";

/// A guard as most accounts have one.
const GUARD: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Sid":"Enrol","Effect":"Allow","Action":["iam:EnableMFADevice","iam:GetUser","iam:ListMFADevices"],
     "Resource":["arn:aws:iam::*:user/${aws:username}","arn:aws:iam::*:user/*/${aws:username}"]},
    {"Sid":"NothingElse","Effect":"Deny","NotAction":["iam:CreateVirtualMFADevice","iam:EnableMFADevice","iam:GetUser",
     "iam:ListMFADevices","iam:ListVirtualMFADevices","sts:GetSessionToken"],"Resource":"*",
     "Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}]}"#;

fn shipped(name: &str) -> String {
    documents::shipped(&Name::new(name)).expect("the document is shipped").text
}

fn reading(c: &mut Criterion) {
    let mut group = c.benchmark_group("parse");
    for (name, text) in [("guard", GUARD.to_owned()), (LARGEST, shipped(LARGEST))] {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |b| b.iter(|| Document::parse(black_box(&text)).unwrap()));
    }
}

fn comparing(c: &mut Criterion) {
    let mut group = c.benchmark_group("canonicalise");
    let text = shipped(LARGEST);
    let document = Document::parse(&text).unwrap();
    let same = Document::parse(&text).unwrap();
    let shorter = Document::parse(GUARD).unwrap();
    group.bench_function("the same", |b| b.iter(|| black_box(&document).likeness(black_box(&same))));
    group.bench_function("another", |b| b.iter(|| black_box(&document).likeness(black_box(&shorter))));
    group.bench_function("only restricts", |b| b.iter(|| black_box(&document).only_restricts(black_box(&same))));
}

fn evaluating(c: &mut Criterion) {
    let mut group = c.benchmark_group("evaluate");
    let held = [Document::parse(GUARD).unwrap(), Document::parse(&shipped(LARGEST)).unwrap()];
    let without_mfa = Context::default().with("aws:username", Fact::text("scott"));
    let context = without_mfa.with("aws:MultiFactorAuthPresent", Fact::Bool(true));
    let ask = |action: &str| evaluate(&held, &Request { action, resource: "*", context: &context });
    group.bench_function("one request", |b| b.iter(|| ask(black_box("s3:GetObject"))));
    let all = actions::matching("*");
    group.throughput(Throughput::Elements(all.len() as u64));
    group.sample_size(10);
    group.bench_function("every action", |b| {
        b.iter(|| all.iter().map(|action| ask(&action.name).by.len()).sum::<usize>());
    });
}

fn proving(c: &mut Criterion) {
    let mut group = c.benchmark_group("prove");
    group.sample_size(10);
    group.throughput(Throughput::Elements(scale::USERS as u64));
    for people in People::ALL {
        let folder = tempfile::tempdir().unwrap();
        scale::configuration(folder.path(), people);
        let access = scale::access(folder.path());
        group.bench_function(format!("{people:?}"), |b| {
            b.iter(|| {
                let mut prover = Prover::new(black_box(&access));
                access.users.values().filter(|user| prover.prove(user).is_yes()).count()
            });
        });
    }
}

criterion_group!(policy, reading, comparing, evaluating, proving);
criterion_main!(policy);
