//! Conditions on where a request comes from.
//!
//! Sources: RFC 1918, 3849, 4193, 5737, 6598, 9637; IAM user guide, "AWS global condition context keys" (`aws:SourceIp`
//! holds public addresses only, and is absent behind a VPC endpoint) and "Condition operators" (a negated operator is
//! fulfilled where the key is absent).

use ipnet::IpNet;

use super::document::{Known, Subject};
use crate::diagnostic::Diagnostic;
use crate::policy::operator::{Operator, Test};
use crate::policy::value::read_network;
use crate::policy::{Effect, Element, Statement, Written};

const SOURCE: &str = "aws:sourceip";
/// Keys that tell a request behind a VPC endpoint from others.
const ENDPOINT: [&str; 3] = ["aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip"];

/// Networks from which no request comes to AWS, and what they are for.
const RESERVED: [(&str, &str); 14] = [
    ("192.0.2.0/24", "is for documentation (RFC 5737)"),
    ("198.51.100.0/24", "is for documentation (RFC 5737)"),
    ("203.0.113.0/24", "is for documentation (RFC 5737)"),
    ("2001:db8::/32", "is for documentation (RFC 3849)"),
    ("3fff::/20", "is for documentation (RFC 9637)"),
    ("10.0.0.0/8", "is private (RFC 1918)"),
    ("172.16.0.0/12", "is private (RFC 1918)"),
    ("192.168.0.0/16", "is private (RFC 1918)"),
    ("100.64.0.0/10", "is shared by carriers (RFC 6598)"),
    ("fc00::/7", "is private (RFC 4193)"),
    ("fe80::/10", "is of one link only (RFC 4291)"),
    ("127.0.0.0/8", "is of one machine only (RFC 1122)"),
    ("::1/128", "is of one machine only (RFC 4291)"),
    ("169.254.0.0/16", "is of one link only (RFC 3927)"),
];

/// L01: `aws:SourceIp` holds the public address that AWS sees; a network that no such address lies in matches nothing.
/// In a Deny with `NotIpAddress` that is everybody.
pub(super) fn reserved_network(subject: &Subject<'_>, _: &Known, found: &mut Vec<Diagnostic>) {
    let reserved: Vec<(IpNet, &str)> =
        RESERVED.iter().filter_map(|(network, what)| Some((network.parse().ok()?, *what))).collect();
    for (written, value) in
        subject.document.written().flat_map(|written| sources(written).map(move |value| (written, value)))
    {
        let Some(network) = read_network(value) else { continue };
        let Some((_, what)) = reserved.iter().find(|(reserved, _)| reserved.contains(&network)) else { continue };
        let message = format!("`{value}` {what}: no request that AWS sees comes from there");
        found.push(
            Diagnostic::error("L01", written.place.in_element(Element::Value, value), message)
                .on(subject.name)
                .help("write the public networks that your people come from; for private ones use aws:VpcSourceIp"),
        );
    }
}

/// The networks that a statement's conditions name for the source address.
fn sources(written: &Written) -> impl Iterator<Item = &String> {
    let of_addresses =
        written.statement.conditions.iter().filter(|(operator, _)| test_of(operator) == Some(Test::Address));
    of_addresses.filter_map(|(_, keys)| keys.get(SOURCE)).flatten()
}

fn test_of(operator: &str) -> Option<Test> {
    Operator::named(operator).map(|operator| operator.test)
}

/// The statements that deny whoever does not come from certain networks, each with the operator that says so.
fn denies_from_elsewhere<'d>(subject: &Subject<'d>) -> impl Iterator<Item = (&'d Written, &'d String)> {
    let denies = subject.document.written().filter(|written| written.statement.effect == Effect::Deny);
    denies.filter_map(|written| {
        let negated = |operator: &str| Operator::named(operator).is_some_and(|o| o.test == Test::Address && o.negated);
        let found = written.statement.conditions.iter().find(|(name, keys)| negated(name) && keys.contains_key(SOURCE));
        found.map(|(operator, _)| (written, operator))
    })
}

/// L02: AWS answers over IPv6 too, and an IPv6 address lies in no IPv4 network.
pub(super) fn no_ipv6(subject: &Subject<'_>, _: &Known, found: &mut Vec<Diagnostic>) {
    for (written, operator) in denies_from_elsewhere(subject) {
        if sources(written).filter_map(|value| read_network(value)).any(|network| matches!(network, IpNet::V6(_))) {
            continue;
        }
        found.push(
            Diagnostic::warning(
                "L02",
                written.place.in_element(Element::Operator, operator),
                "only IPv4 networks are named, so whoever comes over IPv6 is denied",
            )
            .on(subject.name)
            .help("add your IPv6 networks, or keep clients to the endpoints that have IPv4 only"),
        );
    }
}

/// L03: behind a VPC endpoint the source address is absent, which fulfils `NotIpAddress`.
pub(super) fn no_endpoints(subject: &Subject<'_>, _: &Known, found: &mut Vec<Diagnostic>) {
    let told = |statement: &Statement, key: &str| statement.conditions.values().any(|keys| keys.contains_key(key));
    let source_present = |statement: &Statement| {
        let values = statement.conditions.get("null").and_then(|keys| keys.get(SOURCE));
        values.is_some_and(|values| values.iter().all(|value| value.eq_ignore_ascii_case("false")))
    };
    for (written, operator) in denies_from_elsewhere(subject) {
        let statement = &written.statement;
        if source_present(statement) || ENDPOINT.iter().any(|key| told(statement, key)) {
            continue;
        }
        found.push(
            Diagnostic::warning(
                "L03",
                written.place.in_element(Element::Operator, operator),
                "a request through a VPC endpoint carries no aws:SourceIp, so it is denied, wherever it comes from",
            )
            .on(subject.name)
            .help("name your VPCs beside it: \"StringNotEqualsIfExists\": { \"aws:SourceVpc\": [\"vpc-…\"] }"),
        );
    }
}
