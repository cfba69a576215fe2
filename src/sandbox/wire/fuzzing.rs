//! The fuzzer's entry (`fuzz/`): forms straight to the service, and what must hold of every answer.
//!
//! Compiled for the fuzzer and for tests only. Must not: hold a rule of IAM's.

use std::sync::LazyLock;

use jiff::Timestamp;

use super::{Answer, Bytes, Service, limits};
use crate::sandbox::{caller::Origin, conditions::Conditions, ids::Ids, service::Asked, state::State};

const OPERATOR: &str = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/iam/aws4_request";

/// Something of each kind, for requests to find.
const PREPARATION: &[&str] = &[
    "Action=CreateUser&UserName=u&Path=%2Fp%2F&Tags.member.1.Key=k&Tags.member.1.Value=v",
    "Action=CreateGroup&GroupName=g",
    "Action=AddUserToGroup&GroupName=g&UserName=u",
    "Action=CreatePolicy&PolicyName=p&PolicyDocument=%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Deny%22%2C%22Action%22%3A%22*%22%2C%22Resource%22%3A%22*%22%7D%5D%7D",
    "Action=AttachGroupPolicy&GroupName=g&PolicyArn=arn:aws:iam::123456789012:policy/p",
    "Action=CreateLoginProfile&UserName=u&Password=Abcdefg1!",
    "Action=CreateAccessKey&UserName=u",
    "Action=CreateVirtualMFADevice&VirtualMFADeviceName=d",
];

static PREPARED: LazyLock<State> = LazyLock::new(|| {
    let service = serving(State::new("123456789012"));
    for form in PREPARATION {
        let status = ask(&service, OPERATOR, format!("Version=2010-05-08&{form}").as_bytes());
        assert_eq!(status, 200, "{form}");
    }
    service.snapshot().0
});

fn serving(state: State) -> Service {
    Service::new(state, Ids::new("requests"), Conditions::default())
}

/// Sends the forms, one a line, to an account that holds something of each kind. What stands before a tab is the
/// `Authorization` of its line.
///
/// # Panics
/// When an answer is not what every answer must be, or the account cannot be read any more.
pub fn requests(lines: &[u8]) {
    let service = serving(PREPARED.clone());
    for line in lines.split(|b| *b == b'\n') {
        let (credential, form) = match line.iter().position(|b| *b == b'\t') {
            Some(at) => line.split_at(at),
            None => (OPERATOR.as_bytes(), line),
        };
        if let Ok(credential) = std::str::from_utf8(credential) {
            ask(&service, credential, form.strip_prefix(b"\t").unwrap_or(form));
        }
    }
    for reading in ["GetAccountAuthorizationDetails", "GetAccountSummary", "ListVirtualMFADevices", "ListUsers"] {
        let status = ask(&service, OPERATOR, format!("Version=2010-05-08&Action={reading}").as_bytes());
        assert_eq!(status, 200, "{reading}");
    }
}

/// The status of the answer to one form.
fn ask(service: &Service, credential: &str, form: &[u8]) -> u16 {
    let now = Timestamp::constant(1_790_000_000, 0);
    let form = form.get(..limits::BODY).unwrap_or(form);
    let asked = Asked::read(Ok(Bytes::copy_from_slice(form)));
    let script = service.script(&asked);
    // Without conditions nothing is cut.
    let address = [127, 0, 0, 1].into();
    let origin = Origin { authorization: Some(credential), token: None, agent: None, address };
    let Ok(said) = service.respond(asked, &origin, &script, now).said else { return 0 };
    let answer = Answer::of(said);
    assert!(is_well_formed(&answer.body), "{}", answer.body);
    assert!(answer.body.contains(&format!("<RequestId>{}</RequestId>", answer.request_id)), "{}", answer.body);
    let refused = answer.body.starts_with("<ErrorResponse ");
    assert_eq!(refused, answer.status != 200, "{}", answer.body);
    // The sandbox has no failures of its own, but one that IAM answers for a policy that cannot be evaluated.
    let senders = ["<Type>Sender</Type><Code>", "<Type>Receiver</Type><Code>PolicyEvaluation<"];
    assert!(!refused || senders.iter().any(|kind| answer.body.contains(kind)), "{}", answer.body);
    answer.status
}

/// Every element is closed in its turn, and text holds nothing but characters and references.
fn is_well_formed(xml: &str) -> bool {
    let mut open = Vec::new();
    let mut parts = xml.split('<');
    let begins = parts.next().is_some_and(str::is_empty);
    let fits = |part: &str| {
        let Some((tag, text)) = part.split_once('>') else { return false };
        let matched = if let Some(name) = tag.strip_prefix('/') {
            open.pop().as_deref() == Some(name)
        } else {
            open.push(tag.split(' ').next().unwrap_or_default().to_owned());
            true
        };
        matched && (text.is_empty() || !open.is_empty()) && is_text(text)
    };
    begins && parts.all(fits) && open.is_empty()
}

fn is_text(text: &str) -> bool {
    let mut references = text.split('&').skip(1);
    let known = ["amp;", "lt;", "gt;", "quot;", "#xD;"];
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\u{20}'..='\u{fffd}' | '\u{10000}'..) && c != '>';
    text.chars().all(allowed) && references.all(|rest| known.iter().any(|name| rest.starts_with(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeds_of_the_fuzzer_are_answered_as_everything_must_be() {
        let seeds = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds")).unwrap();
        let seeds: Vec<_> = seeds.map(|seed| std::fs::read(seed.unwrap().path()).unwrap()).collect();
        assert!(seeds.len() >= 10, "{}", seeds.len());
        for seed in seeds {
            requests(&seed);
        }
    }

    #[test]
    fn what_is_no_xml_is_noticed() {
        for (xml, good) in [
            ("<A x=\"y\"><B>1 &amp; 2</B></A>", true),
            ("<A></A>", true),
            ("<A><B></A></B>", false),
            ("<A>", false),
            ("</A>", false),
            ("<A></A>rest", false),
            ("x<A></A>", false),
            ("<A>&</A>", false),
            ("<A>\u{0}</A>", false),
            ("<A>></A>", false),
        ] {
            assert_eq!(is_well_formed(xml), good, "{xml}");
        }
    }
}
