//! Requests over documents of AWS managed policies, one to four at a time: actions, resources and condition values are
//! taken from the documents themselves, so that they often match.

use fastrand::Rng;
use iamatrix::catalog::actions::{self, Action};
use iamatrix::catalog::documents;
use iamatrix::name::Name;
use iamatrix::policy::context::{Context, Fact};
use iamatrix::policy::operator::{Operator, Test};
use iamatrix::policy::{Document, Statement};

use super::case::Case;

/// So many documents are drawn from all that are shipped.
const DOCUMENTS: usize = 300;

/// Some of the shipped documents, and the requests that can be made of them.
pub struct Real {
    texts: Vec<(String, Document)>,
    catalogue: Vec<Action>,
}

impl Real {
    pub fn draw(rng: &mut Rng) -> Self {
        let mut editions = documents::editions();
        rng.shuffle(&mut editions);
        let texts = editions.iter().take(DOCUMENTS).map(|edition| {
            let text = documents::shipped(&Name::new(&edition.name)).expect("what is noted is there").text;
            let document = Document::parse(&text).unwrap_or_else(|wrong| panic!("{}: {wrong:?}", edition.name));
            (text, document)
        });
        Real { texts: texts.collect(), catalogue: actions::matching("*") }
    }

    /// One of the cases, the same for the same state of `rng`.
    pub fn case(&self, rng: &mut Rng) -> Case {
        let chosen: Vec<&(String, Document)> =
            (0..=rng.usize(..4)).map(|_| &self.texts[rng.usize(..self.texts.len())]).collect();
        let (_, document) = chosen[rng.usize(..chosen.len())];
        let statements: Vec<&Statement> = document.statements().collect();
        let statement = statements[rng.usize(..statements.len())];
        let action = self.action(rng, statement);
        // For actions that know resources a star would be asked as a pattern, which IAM never sees.
        let resource = if action.resources.is_empty() { "*".to_owned() } else { resource(rng, statement) };
        let mut context = Context::default().with("aws:username", Fact::text("scott"));
        if resource != "*" {
            for (_, document) in &chosen {
                for statement in
                    document.statements().filter(|statement| statement.actions.includes(&action.name.to_lowercase()))
                {
                    context = facts(rng, statement, context);
                }
            }
        }
        Case {
            policies: chosen.iter().map(|(text, _)| text.clone()).collect(),
            boundary: None,
            action: action.name,
            resource,
            context,
        }
    }

    /// An action that a pattern of the statement names, or any.
    fn action(&self, rng: &mut Rng, statement: &Statement) -> Action {
        let patterns: Vec<&String> = statement.actions.patterns().iter().collect();
        let named = actions::matching(patterns[rng.usize(..patterns.len())]);
        let from = if named.is_empty() || rng.u8(..5) == 0 { &self.catalogue } else { &named };
        loop {
            let action = &from[rng.usize(..from.len())];
            // Resource policies decide on keys and on roles; identity policies alone are compared here.
            if !is_decided_elsewhere(&action.name) {
                return action.clone();
            }
            if from.iter().all(|action| is_decided_elsewhere(&action.name)) {
                return self.catalogue[0].clone();
            }
        }
    }
}

fn is_decided_elsewhere(action: &str) -> bool {
    action.starts_with("kms:") || action.starts_with("sts:AssumeRole")
}

/// A resource that a pattern of the statement matches, or nearly.
fn resource(rng: &mut Rng, statement: &Statement) -> String {
    let patterns: Vec<&String> = statement.resources.patterns().iter().collect();
    let pattern = patterns[rng.usize(..patterns.len())];
    let pattern = if pattern == "*" || rng.u8(..10) == 0 { "arn:aws:s3:::some-bucket/*" } else { pattern };
    let resource = concrete(rng, pattern);
    // A pattern with fewer parts than an ARN has, or whose variable is not closed, gives none.
    if resource.matches(':').count() >= 5 { resource } else { "arn:aws:s3:::some-bucket/key".to_owned() }
}

/// A text that the pattern matches.
fn concrete(rng: &mut Rng, pattern: &str) -> String {
    let pattern = pattern.replace("${aws:username}", "scott");
    let mut text = String::new();
    for (position, part) in pattern.split(':').enumerate() {
        let word = match position {
            1 => "aws",
            3 => "eu-west-1",
            4 => "123456789012",
            _ => ["x", "some-name", "Scott/1"][rng.usize(..3)],
        };
        if position > 0 {
            text.push(':');
        }
        text.push_str(&part.replace('*', word).replace('?', "q"));
    }
    text
}

/// Values for the statement's condition keys: none, one that fits, or another; typed as the operator wants.
fn facts(rng: &mut Rng, statement: &Statement, mut context: Context) -> Context {
    for (name, keys) in &statement.conditions {
        let operator = Operator::named(name).unwrap();
        for (key, values) in keys {
            let values: Vec<&String> = values.iter().collect();
            let value = values[rng.usize(..values.len())];
            let fact = match rng.u8(..4) {
                0 => continue,
                1 => other(operator.test),
                _ => fitting(rng, operator.test, value),
            };
            let is_list = operator.quantifier != iamatrix::policy::operator::Quantifier::Single;
            context = context.with(key, if is_list { Fact::List(vec![fact]) } else { fact });
        }
    }
    context
}

fn other(test: Test) -> Fact {
    match test {
        Test::Bool => Fact::Bool(false),
        Test::Number(_) => Fact::Number(7.0),
        Test::Time(_) => Fact::Time("2026-01-01T00:00:00Z".parse().unwrap()),
        Test::Address => Fact::Address("192.0.2.1".parse().unwrap()),
        Test::Arn => Fact::Arn("arn:aws:sns:eu-west-1:123456789012:other".to_owned()),
        _ => Fact::text("other"),
    }
}

fn fitting(rng: &mut Rng, test: Test, value: &str) -> Fact {
    let matched = concrete(rng, value);
    match test {
        Test::Bool => Fact::Bool(value.eq_ignore_ascii_case("true")),
        Test::Arn => Fact::Arn(matched),
        Test::Text | Test::TextIgnoringCase | Test::TextPattern => Fact::Text(matched),
        _ => other(test),
    }
}
