//! Bad HTTP.

use std::io::Write as _;
use std::net::Shutdown;

use super::Expected::{Closed, Done, Error, Status};
use super::support::http::{AUTHORIZATION, Answer, connect, post};
use super::{Target, case};

const FORM: &str = "Version=2010-05-08&Action=ListUsers";
const FORM_TYPE: &str = "Content-Type: application/x-www-form-urlencoded\r\n";

/// A request by this first line, with these fields after the credentials.
fn request(line: &str, fields: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let head = format!("{line}\r\nHost: iam.amazonaws.com\r\n{AUTHORIZATION}{fields}\r\n");
    [head.as_bytes(), body.as_ref()].concat()
}

fn posted(fields: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    request("POST / HTTP/1.1", fields, body)
}

/// A form of which the head says something else than what follows.
fn framed(framing: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    posted(&format!("{FORM_TYPE}{framing}"), body)
}

#[test]
fn a_body_that_is_no_form_names_no_action() {
    let typed = |kind: &str| posted(&format!("{kind}Content-Length: {}\r\n", FORM.len()), FORM);
    let missing = Error(400, "MissingAction");
    Target::start().holds(&[
        case("no content type", typed(""), missing),
        case("an empty content type", typed("Content-Type:\r\n"), missing),
        case("JSON", typed("Content-Type: application/x-amz-json-1.1\r\n"), missing),
        case("another kind of form", typed("Content-Type: multipart/form-data; boundary=x\r\n"), missing),
        case("a content type that is no text", typed("Content-Type: \u{ff}\r\n"), missing),
        case(
            "a form with a character set",
            typed("Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n"),
            Done,
        ),
        case("a form in capitals", typed("Content-Type: APPLICATION/X-WWW-FORM-URLENCODED\r\n"), Done),
    ]);
}

#[test]
fn a_method_or_path_that_iam_does_not_have_is_refused() {
    let on = |line: &str| request(line, FORM_TYPE, "");
    let other = Error(405, "MethodNotAllowed");
    Target::start().holds(&[
        case("PUT", on("PUT / HTTP/1.1"), other),
        case("DELETE", on("DELETE / HTTP/1.1"), other),
        case("OPTIONS", on("OPTIONS / HTTP/1.1"), other),
        case("a method of its own", on("SING / HTTP/1.1"), other),
        case("another path", on("POST /iam HTTP/1.1"), Error(404, "UnknownOperationException")),
        case("two slashes", on("POST // HTTP/1.1"), Error(404, "UnknownOperationException")),
        case("a path that climbs", on("GET /../../etc/passwd HTTP/1.1"), Error(404, "UnknownOperationException")),
        case(
            "a long path",
            on(&format!("GET /{} HTTP/1.1", "a".repeat(8_000))),
            Error(404, "UnknownOperationException"),
        ),
        case("no parameters", on("GET / HTTP/1.1"), Error(400, "MissingAction")),
        case("GET, as IAM allows it", on(&format!("GET /?{FORM} HTTP/1.1")), Done),
        case("the whole address, as to a proxy", on(&format!("GET http://iam.amazonaws.com/?{FORM} HTTP/1.1")), Done),
    ]);
}

#[test]
fn an_answer_to_head_has_no_body() {
    let mut target = Target::start();
    let mut stream = connect(target.address).unwrap();
    stream.get_mut().write_all(&request("HEAD / HTTP/1.1", "Connection: close\r\n", "")).unwrap();
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 405 ") && answer.ends_with("\r\n\r\n"), "{answer}");
    target.is_well();
}

#[test]
fn what_is_no_http_of_this_century_is_refused() {
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    let hello = b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03 a client that speaks TLS\r\n\r\n";
    Target::start().holds(&[
        case("HTTP/2", preface, Closed),
        case("TLS", hello, Status(400)),
        case("noise", (0..=255).cycle().take(10_000).collect::<Vec<u8>>(), Status(400)),
        case("zeros", vec![0; 10_000], Status(400)),
        case("words", "hello, is this IAM?\r\n\r\n", Status(400)),
        case("HTTP/0.9", "GET /\r\n\r\n", Status(400)),
        case("HTTP/3.0", request("GET / HTTP/3.0", "", ""), Status(400)),
        case("HTTP/1.0", request(&format!("GET /?{FORM} HTTP/1.0"), "", ""), Done),
        case("nothing at all", "", Closed),
        case("line breaks only", "\r\n\r\n\r\n", Closed),
        case("a head that is cut", "POST / HTTP/1.1\r\nHost: iam.ama", Closed),
        case("a field without a colon", request("GET / HTTP/1.1", "nonsense\r\n", ""), Status(400)),
        case("a field with a space in its name", request("GET / HTTP/1.1", "a b: c\r\n", ""), Status(400)),
        case("a field with NUL", request("GET / HTTP/1.1", "a: \0\r\n", ""), Status(400)),
        case(
            "a field of a megabyte",
            request("GET / HTTP/1.1", &format!("a: {}\r\n", "b".repeat(1 << 20)), ""),
            Status(431),
        ),
        case("ten thousand fields", request("GET / HTTP/1.1", &"a: b\r\n".repeat(10_000), ""), Status(431)),
        case("an address of a megabyte", format!("GET /?{} HTTP/1.1\r\n\r\n", "a".repeat(1 << 20)), Status(431)),
    ]);
}

#[test]
fn a_body_whose_length_is_wrong_is_refused() {
    let ten = vec![b'a'; 10_000_000];
    let too_large = Error(413, "RequestEntityTooLarge");
    let chunked = "Transfer-Encoding: chunked\r\n";
    let chunks = |body: &[u8]| [format!("{:x}\r\n", body.len()).as_bytes(), body, b"\r\n0\r\n\r\n"].concat();
    let length = |length: &str| format!("Content-Length: {length}\r\n");
    Target::start().holds(&[
        case("cut short", framed(&length("100"), FORM), Error(400, "MalformedInput")),
        case("ten megabytes", framed(&length("10000000"), &ten), too_large),
        case("ten megabytes in chunks", framed(chunked, chunks(&ten)), too_large),
        case("ten megabytes announced only", framed(&length("10000000"), ""), too_large),
        case("a million parameters", framed(&length("2000000"), "&a".repeat(1_000_000)), too_large),
        case("more than all memory announced", framed(&length("18446744073709551610"), "a"), too_large),
        case("a length that is no number", framed(&length("many"), FORM), Status(400)),
        case("a length below zero", framed(&length("-1"), FORM), Status(400)),
        case("two lengths", framed(&(length("35") + &length("36")), FORM), Status(400)),
        // The length is passed over and the connection ends, as RFC 9112 (6.1) has it.
        case("a length and chunks", framed(&(length("3") + chunked), chunks(FORM.as_bytes())), Done),
        case("chunks and a length", framed(&format!("{chunked}{}", length("3")), chunks(FORM.as_bytes())), Done),
        case("an unknown coding", framed("Transfer-Encoding: gzip\r\n", FORM), Status(400)),
        case("chunks", framed(chunked, chunks(FORM.as_bytes())), Done),
        case("a chunk that is cut", framed(chunked, "ff\r\nVersion="), Error(400, "MalformedInput")),
        case("a chunk whose length is no number", framed(chunked, "xx\r\nVersion="), Error(400, "MalformedInput")),
        case("a chunk beyond all memory", framed(chunked, "fffffffffffffffff\r\nV"), Error(400, "MalformedInput")),
        case("a chunk longer than it says", framed(chunked, "3\r\nVersion\r\n0\r\n\r\n"), Error(400, "MalformedInput")),
    ]);
}

#[test]
fn requests_in_one_go_are_answered_in_their_order() {
    let mut target = Target::start();
    let mut stream = connect(target.address).unwrap();
    let bad = post("Version=2010-05-08&Action=Nothing");
    let requests = [&post(FORM), &bad, &post(FORM), &bad].map(String::as_str).concat();
    stream.get_mut().write_all(requests.as_bytes()).unwrap();
    stream.get_ref().shutdown(Shutdown::Write).unwrap();
    let statuses: Vec<_> =
        std::iter::from_fn(|| Answer::read(&mut stream).unwrap()).map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 400, 200, 400]);
    target.is_well();
}

#[test]
fn a_request_that_comes_byte_by_byte_is_served() {
    let mut target = Target::start();
    let mut stream = connect(target.address).unwrap();
    for byte in post(FORM).into_bytes() {
        stream.get_mut().write_all(&[byte]).unwrap();
    }
    assert_eq!(Answer::read(&mut stream).unwrap().unwrap().status, 200);
    target.is_well();
}

#[test]
fn a_client_that_waits_to_be_asked_is_asked() {
    let mut target = Target::start();
    let mut stream = connect(target.address).unwrap();
    let head = framed(&format!("Expect: 100-continue\r\nContent-Length: {}\r\n", FORM.len()), "");
    stream.get_mut().write_all(&head).unwrap();
    let mut line = String::new();
    for _ in 0..2 {
        std::io::BufRead::read_line(&mut stream, &mut line).unwrap();
    }
    assert_eq!(line, "HTTP/1.1 100 Continue\r\n\r\n");
    stream.get_mut().write_all(FORM.as_bytes()).unwrap();
    assert_eq!(Answer::read(&mut stream).unwrap().unwrap().status, 200);
    target.is_well();
}

#[test]
fn nothing_hidden_behind_a_refused_body_is_served() {
    let mut target = Target::start();
    let mut stream = connect(target.address).unwrap();
    let hidden = post("Version=2010-05-08&Action=CreateUser&UserName=hidden");
    let outer = framed("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", format!("0\r\n\r\n{hidden}"));
    // The server may close while this is still being sent.
    let _ = stream.get_mut().write_all(&outer);
    let _ = stream.get_ref().shutdown(Shutdown::Write);
    while let Ok(Some(answer)) = Answer::read(&mut stream) {
        assert!(!answer.text().contains("hidden"), "{}", answer.text());
    }
    let users = super::Client::of(target.address).ask("ListUsers", "").text();
    assert!(!users.contains("hidden"), "{users}");
    target.is_well();
}
