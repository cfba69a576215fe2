//! Good HTTP, bad forms.

use super::Expected::{Done, Error};
use super::support::http::{AUTHORIZATION, Client, post};
use super::{Case, Target, case};

/// The beginning of a good form.
const USERS: &str = "Version=2010-05-08&Action=ListUsers";

/// A form as it is, bytes that are no text as well.
fn form(name: &'static str, form: &[u8], expected: super::Expected) -> Case {
    let head = post("").replace("Content-Length: 0", &format!("Content-Length: {}", form.len()));
    case(name, [head.as_bytes(), form].concat(), expected)
}

fn action(name: &'static str, rest: &str, expected: super::Expected) -> Case {
    form(name, format!("Version=2010-05-08&Action={rest}").as_bytes(), expected)
}

#[test]
fn what_names_no_action_of_iam_is_no_action() {
    Target::start().holds(&[
        form("nothing", b"", Error(400, "MissingAction")),
        form("separators only", b"&&=&==&", Error(404, "MalformedQueryString")),
        form("no action", b"Version=2010-05-08", Error(400, "MissingAction")),
        form("an empty action", b"Version=2010-05-08&Action=", Error(400, "MissingAction")),
        form("an action in small letters", b"Version=2010-05-08&action=ListUsers", Error(400, "MissingAction")),
        form("JSON", b"{\"Action\": \"ListUsers\", \"Version\": \"2010-05-08\"}", Error(400, "MissingAction")),
        form("XML", b"<?xml version=\"1.0\"?><ListUsers/>", Error(400, "MissingAction")),
        form("another separator", b"Version=2010-05-08;Action=ListUsers", Error(400, "MissingAction")),
        form("no version", b"Action=ListUsers", Error(400, "InvalidAction")),
        form("an empty version", b"Action=ListUsers&Version=", Error(400, "InvalidAction")),
        form("an unknown version", b"Action=ListUsers&Version=2099-01-01", Error(400, "InvalidAction")),
        form("the version of another API", b"Action=ListUsers&Version=2011-06-15", Error(400, "InvalidAction")),
        action("an unknown action", "ListEverything", Error(400, "InvalidAction")),
        action("an action in other letters", "listusers", Error(400, "InvalidAction")),
        action("an action with NUL", "ListUsers%00", Error(400, "InvalidAction")),
        action("markup as the action", "%3Cscript%3E%26%22", Error(400, "InvalidAction")),
        action("an action encoded over and over", &format!("%{}4C", "25".repeat(50_000)), Error(400, "InvalidAction")),
        action("an action of a megabyte", &"A".repeat(1_000_000), Error(400, "InvalidAction")),
    ]);
}

#[test]
fn a_form_that_cannot_be_decoded_is_refused() {
    let users = |rest: &[u8]| [USERS.as_bytes(), rest].concat();
    Target::start().holds(&[
        form("cut in a percent sequence", &users(b"&PathPrefix=%2"), Error(404, "MalformedQueryString")),
        form("cut after the percent sign", &users(b"&PathPrefix=%"), Error(404, "MalformedQueryString")),
        form("digits that are none", &users(b"&PathPrefix=%zz"), Error(404, "MalformedQueryString")),
        form("a parameter twice", &users(b"&MaxItems=1&MaxItems=2"), Error(404, "MalformedQueryString")),
        form(
            "a parameter twice in two spellings",
            &users(b"&Max%49tems=1&MaxItems=1"),
            Error(404, "MalformedQueryString"),
        ),
        form("the action twice", &users(b"&Action=DeleteUser"), Error(404, "MalformedQueryString")),
        form("percent sequences that are no UTF-8", &users(b"&PathPrefix=%2F%FF%FE"), Error(400, "MalformedInput")),
        form("bytes that are no UTF-8", &users(b"&PathPrefix=/\xff\xfe"), Error(400, "MalformedInput")),
        form("an overlong encoding", &users(b"&PathPrefix=%C0%AF"), Error(400, "MalformedInput")),
        form("half a surrogate pair", &users(b"&PathPrefix=%ED%A0%80"), Error(400, "MalformedInput")),
        form("a name that is no UTF-8", &users(b"&%FF=1"), Error(400, "MalformedInput")),
        form("UTF-16", &users(b"&P\0a\0t\0h\0=\0/\0"), Done),
    ]);
}

#[test]
fn values_that_cannot_be_meant_are_refused_and_what_is_unknown_is_passed_over() {
    let items = |count| many(count, |n| format!("&Filter.member.{n}=x"));
    let unknown = many(100_000, |n| format!("&x{n}="));
    let (sweep, invalid) = ("GetAccountAuthorizationDetails", Error(400, "ValidationError"));
    Target::start().holds(&[
        action("NUL in a name", "CreateUser&UserName=a%00b", invalid),
        action("a line break in a name", "CreateUser&UserName=a%0D%0Ab", invalid),
        action("an empty name", "CreateUser&UserName=", invalid),
        action("a name of a megabyte", &format!("CreateUser&UserName={}", "a".repeat(1_000_000)), invalid),
        action("a number beyond all numbers", "ListUsers&MaxItems=99999999999999999999", Error(400, "MalformedInput")),
        action("a number below zero", "ListUsers&MaxItems=-1", invalid),
        action("a number that is none", "ListUsers&MaxItems=%D9%A1", Error(400, "MalformedInput")),
        action("a marker of nobody", "ListUsers&Marker=ff", invalid),
        action("a switch that is none", "ListPolicies&OnlyAttached=yes", Error(400, "MalformedInput")),
        action("forty thousand items, none valid", &format!("{sweep}{}", items(40_000)), invalid),
        action("an item far behind the others", &format!("{sweep}&Filter.member.99999999=x"), Done),
        action("an item before the first", &format!("{sweep}&Filter.member.0=x&Filter.member.-1=x"), Done),
        action("an item beyond all numbers", &format!("{sweep}&Filter.member.{}=x", "9".repeat(400)), Done),
        action("tags beyond the quota", &format!("CreateUser&UserName=u{}", tags(51)), invalid),
        action("a tag far behind the others", "CreateUser&UserName=far&Tags.member.99999999.Key=k", Done),
        action("a hundred thousand unknown parameters", &format!("ListUsers{unknown}"), Done),
        action("a name nested deeply", &format!("ListUsers&{}=x", "a.member.1.".repeat(50_000)), Done),
        action("a document nested deeply", &document(&"[".repeat(100_000)), Error(400, "MalformedPolicyDocument")),
        action("a document of NULs", &document(&"%00".repeat(100)), invalid),
    ]);
}

fn many(count: usize, piece: impl Fn(usize) -> String) -> String {
    (1..=count).map(piece).collect::<Vec<_>>().concat()
}

fn tags(count: usize) -> String {
    many(count, |n| format!("&Tags.member.{n}.Key=k{n}&Tags.member.{n}.Value=v"))
}

fn document(text: &str) -> String {
    format!("CreatePolicy&PolicyName=p&PolicyDocument={text}")
}

#[test]
fn a_caller_who_does_not_say_who_is_refused() {
    let with = |header: &[u8]| {
        let request = post(USERS);
        let (before, after) = request.split_once(AUTHORIZATION).unwrap();
        [before.as_bytes(), header, after.as_bytes()].concat()
    };
    Target::start().holds(&[
        case("no credentials", with(b""), Error(403, "MissingAuthenticationToken")),
        case("another scheme", with(b"Authorization: Bearer x\r\n"), Error(400, "IncompleteSignature")),
        case("no key", with(b"Authorization: AWS4-HMAC-SHA256 Credential=\r\n"), Error(400, "IncompleteSignature")),
        case(
            "credentials that are no text",
            with(b"Authorization: \xff\xfe\r\n"),
            Error(403, "MissingAuthenticationToken"),
        ),
        case(
            "slashes only",
            with(b"Authorization: AWS4-HMAC-SHA256 Credential=////\r\n"),
            Error(400, "IncompleteSignature"),
        ),
    ]);
}

#[test]
fn what_was_refused_has_changed_nothing() {
    let mut target = Target::start();
    let mut client = Client::of(target.address);
    for rest in [
        "&UserName=a%2",
        "&UserName=a&UserName=a",
        "&UserName=%FF",
        "&UserName=a&Path=x",
        "&UserName=a&Tags.member.1.Key=",
    ] {
        assert!(client.ask("CreateUser", rest).status >= 400, "{rest}");
    }
    assert!(!client.ask("ListUsers", "").text().contains("<UserId>"));
    target.is_well();
}
