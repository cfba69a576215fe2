//! The form's encoding, and how broken constraints are told.

use super::*;
use crate::sandbox::rules;

#[test]
fn a_form_is_decoded_with_plus_as_space() {
    let params = Params::parse(b"Action=Get+It&Name=a%2Bb&Empty=&Bare").unwrap();
    assert_eq!(params.get("Action"), Some("Get It"));
    assert_eq!(params.get("Name"), Some("a+b"));
    assert_eq!(params.get("Empty"), Some(""));
    assert_eq!(params.get("Bare"), Some(""));
}

#[test]
fn bytes_that_are_no_utf_8_are_refused() {
    let error = Params::parse(b"Name=%ff").unwrap_err();
    assert_eq!(error.code, Code::MalformedInput);
}

#[test]
fn a_form_with_a_broken_percent_sequence_or_a_parameter_given_twice_is_refused() {
    for (form, why) in [
        ("A=1&A=2", "parameter A is given twice"),
        ("A=1&%41=1", "parameter A is given twice"),
        ("Name=100%", "sequence % is broken"),
        ("Name=a%4", "sequence %4 is broken"),
        ("Name=a%4&B=1", "sequence %4 is broken"),
        ("Name=a%4x1", "sequence %4x is broken"),
        ("Name=%25%zz", "sequence %zz is broken"),
        ("%+1=x", "sequence %+1 is broken"),
    ] {
        let error = Params::parse(form.as_bytes()).unwrap_err();
        assert_eq!(error.code, Code::MalformedQueryString, "{form}");
        assert!(error.message.ends_with(&format!("{why}.")), "{form}: {}", error.message);
    }
}

#[test]
fn a_percent_sequence_is_decoded_once_however_deep_it_goes() {
    let params = Params::parse(b"Name=%2525%2541").unwrap();
    assert_eq!(params.get("Name"), Some("%25%41"));
}

#[test]
fn a_refusal_does_not_grow_with_what_was_sent() {
    let long = "가".repeat(100_000);
    let twice = Params::parse(format!("{long}=1&{long}=2").as_bytes()).unwrap_err();
    let pairs = [("MaxItems", long.as_str()), ("Switch", long.as_str()), ("UserName", long.as_str())];
    let params = Params::of(pairs);
    let refusal = |read: fn(&mut Reader<'_>)| {
        let mut reader = params.reader();
        read(&mut reader);
        reader.finish().unwrap_err()
    };
    let number = refusal(|reader| assert_eq!(reader.number("MaxItems", (1, 9)), None));
    let switch = refusal(|reader| assert!(!reader.flag("Switch")));
    let name = refusal(|reader| assert!(!reader.required("UserName", &rules::USER_NAME).is_empty()));
    for error in [twice, number, switch, name] {
        assert!(error.message.len() < 2_000, "{}", error.message.len());
    }
}

#[test]
fn ten_thousand_broken_items_are_counted_and_the_first_hundred_named() {
    let names: Vec<_> = (1..=10_000).map(|n| format!("T.member.{n}.Value")).collect();
    let params = Params::of(names.iter().map(|name| (name.as_str(), "x")));
    let mut reader = params.reader();
    reader.pairs("T", &rules::TAG_KEY, &rules::TAG_VALUE);
    let message = reader.finish().unwrap_err().message;
    assert!(message.starts_with("10000 validation errors detected: "), "{}", &message[..100]);
    assert_eq!(message.matches("failed to satisfy").count(), 100);
}

#[test]
fn a_tag_without_key_or_value_misses_it_rather_than_having_an_empty_one() {
    for (there, missing) in [("Value", "key"), ("Key", "value")] {
        let name = format!("Tags.member.1.{there}");
        let params = Params::of([(name.as_str(), "x")]);
        let mut reader = params.reader();
        reader.pairs("Tags", &rules::TAG_KEY, &rules::TAG_VALUE);
        let expected = format!(
            "1 validation error detected: Value at 'tags.1.member.{missing}' failed to satisfy constraint: Member must \
             not be null"
        );
        assert_eq!(reader.finish().unwrap_err().message, expected);
    }
}

/// What browsers and SDKs do to a form, in a way of its own for each byte that may go either way.
fn encoded(text: &str) -> String {
    let byte = |b: u8| match b {
        b' ' => "+".to_owned(),
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' | b'~' => char::from(b).to_string(),
        b if b % 2 == 0 => format!("%{b:02x}"),
        b => format!("%{b:02X}"),
    };
    text.bytes().map(byte).collect()
}

proptest::proptest! {
    #[test]
    fn what_an_encoder_wrote_is_read_back(pairs in proptest::collection::btree_map(".{1,8}", ".{0,40}", 0..12)) {
        let form: Vec<_> = pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        let params = Params::parse(form.join("&").as_bytes()).unwrap();
        proptest::prop_assert_eq!(params.values, pairs);
    }

    #[test]
    fn no_bytes_make_it_panic(form in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
        if let Err(error) = Params::parse(&form) {
            let code = error.code;
            proptest::prop_assert!(matches!(code, Code::MalformedInput | Code::MalformedQueryString), "{code:?}");
        }
    }

    #[test]
    fn no_form_makes_the_readers_panic(form in "((A|N|M|F\\.member\\.[0-3](\\.Key|\\.Value)?)=(%[0-9a-f]{2}|[a-z0-9+-]|ü){0,9}&?){0,9}") {
        if let Ok(params) = Params::parse(form.as_bytes()) {
            let mut reader = params.reader();
            reader.required("A", &rules::USER_NAME);
            reader.number("N", (-5, 5));
            reader.flag("M");
            let items = reader.list("F", &rules::ENTITY_KIND).len() + reader.pairs("F", &rules::TAG_KEY, &rules::TAG_VALUE).len();
            proptest::prop_assert!(items <= 6);
            if let Err(error) = reader.finish() {
                proptest::prop_assert!(matches!(error.code, Code::Validation | Code::MalformedInput));
            }
        }
    }
}

#[test]
fn every_broken_constraint_is_named_in_one_answer() {
    let params = Params::of([("UserName", ""), ("MaxItems", "0")]);
    let mut reader = params.reader();
    reader.required("UserName", &rules::USER_NAME);
    reader.required("PolicyArn", &rules::ARN);
    reader.number("MaxItems", (1, 1000));
    let message = reader.finish().unwrap_err().message;
    assert!(message.starts_with("3 validation errors detected: Value at 'userName'"));
    assert!(message.contains("Value at 'policyArn' failed to satisfy constraint: Member must not be null"));
    assert!(message.ends_with("Member must have value greater than or equal to 1"));
}

#[test]
fn lists_end_at_the_first_gap() {
    let params = Params::of([("F.member.1", "User"), ("F.member.3", "Role")]);
    let mut reader = params.reader();
    let words = rules::one_of(&["User", "Role"]);
    assert_eq!(reader.list("F", &words), ["User"]);
}
