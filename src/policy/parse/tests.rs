use super::*;

fn problems(text: &str) -> String {
    let found = Document::parse_file("p.json", text).unwrap_err();
    found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_mistake_of_grammar_is_told_with_its_place() {
    let statement = |inner: &str| format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{{{inner}}}]}}");
    let rest = "\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"*\"";
    let table = [
        (statement(&format!("{rest},\"Principal\":\"*\"")), "Principal is not allowed"),
        (statement(&format!("{rest},\"Sid\":\"no-dash\"")), "Sid `no-dash`"),
        (statement(&format!("{rest},\"Resources\":\"*\"")), "did you mean `Resource`"),
        (statement("\"Effect\":\"allow\",\"Action\":\"s3:*\",\"Resource\":\"*\""), "Effect is `allow`"),
        (statement("\"Effect\":\"Allow\",\"Action\":\"GetObject\",\"Resource\":\"*\""), "not an action"),
        (statement("\"Effect\":\"Allow\",\"Action\":5,\"Resource\":\"*\""), "Action must be text"),
        (statement("\"Effect\":\"Allow\",\"Action\":\"s3:*\""), "neither Resource nor NotResource"),
        (
            statement("\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"NotAction\":\"s3:*\",\"Resource\":\"*\""),
            "both Action and NotAction",
        ),
        (statement("\"Effect\":\"Allow\",\"Action\":[],\"Resource\":\"*\""), "Action is empty"),
        (statement("\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"bucket\""), "neither an ARN"),
        (
            statement(&format!("{rest},\"Condition\":{{\"BoolIfExist\":{{\"a\":\"b\"}}}}")),
            "no condition operator `BoolIfExist`",
        ),
        (statement(&format!("{rest},\"Condition\":{{\"Bool\":{{\"a\":null}}}}")), "a condition value must be"),
        (statement(&format!("{rest},\"Condition\":null")), "Condition must be"),
        (statement(&format!("{rest},\"Condition\":{{\"Bool\":null}}")), "a condition must be"),
        (statement(&format!("{rest},\"Condition\":{{\"NullIfExists\":{{\"a\":\"b\"}}}}")), "no condition operator"),
        (
            statement(&format!("{rest},\"Condition\":{{\"Bool\":{{\"a:B\":\"true\",\"a:b\":\"false\"}}}}")),
            "`a:B` and `a:b` are the same in a condition",
        ),
        (
            statement(&format!("{rest},\"Condition\":{{\"Bool\":{{}},\"bool\":{{}}}}")),
            "`Bool` and `bool` are the same in Condition",
        ),
        (format!("{{\"Statement\":[{{{rest},\"Sid\":\"A\"}},{{{rest},\"Sid\":\"A\"}}]}}"), "Sid `A` is used twice"),
        ("{\"Version\":\"2012-10-18\",\"Statement\":[]}".into(), "no policy version `2012-10-18`"),
        ("{\"Version\":\"2012-10-17\"}".into(), "has no `Statement`"),
        ("{\"Statement\":{},\"Statement\":{}}".into(), "written twice"),
        ("[]".into(), "must be a map"),
        ("{\"Statement\":\"x\"}".into(), "Statement must be"),
    ];
    for (text, expected) in table {
        let found = problems(&text);
        assert!(found.contains(expected) && found.contains("p.json:1:"), "{text}\n{found}");
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let found = problems("{\"Statement\":[{\"Effect\":\"x\",\"Action\":\"y\",\"Resource\":\"z\"}]}");
    assert_eq!(found.lines().count(), 3, "{found}");
}

#[test]
fn a_single_statement_needs_no_list() {
    let document =
        Document::parse("{\"Statement\":{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\"}}").unwrap();
    assert!(document.is_guard());
    assert_eq!(document.version(), Version::Absent);
}

#[test]
fn every_value_knows_where_it_was_written() {
    let text = "{\"Statement\": [\n  {\"Effect\": \"Deny\", \"NotAction\": [\"S3:Get*\",\n    \"*\"],\n   \"Resource\": \"*\", \"Sid\": \"Z\",\n   \"Condition\": {\"Bool\": {\"aws:SecureTransport\": [false, \"x\"]}}}\n]}";
    let document = Document::parse_file("p.json", text).unwrap();
    let written = document.written().next().unwrap();
    assert_eq!(written.sid.as_deref(), Some("Z"));
    let place = &written.place;
    let table = [
        (place.statement(), "p.json:2:3"),
        (place.of("s3:get*"), "p.json:2:36"),
        (place.of("*"), "p.json:3:5"),
        (place.in_element(Element::Resource, "*"), "p.json:4:16"),
        (place.in_element(Element::Effect, "Effect"), "p.json:2:14"),
        (place.of("bool"), "p.json:5:18"),
        (place.of("aws:securetransport"), "p.json:5:27"),
        (place.in_element(Element::Value, "false"), "p.json:5:51"),
        (place.of("nowhere"), "p.json:2:3"),
    ];
    for (span, expected) in table {
        assert_eq!(span.to_string(), expected);
    }
    assert_eq!(place.of("x").end - place.of("x").start, 3);
}

#[test]
fn statements_and_their_places_are_in_the_same_order() {
    let text = r#"{"Statement":[{"Effect":"Deny","Action":"b:*","Resource":"*"},{"Sid":"A","Effect":"Allow","Action":"a:*","Resource":"*"}]}"#;
    let document = Document::parse(text).unwrap();
    let pairs: Vec<_> = document.statements().zip(document.written()).collect();
    assert!(pairs.iter().all(|(statement, written)| **statement == written.statement));
    assert_eq!(pairs.iter().map(|(_, written)| written.place.statement().start).collect::<Vec<_>>(), [62, 14]);
}

/// Each shape as large as is read at all; the debug build takes well below a second for each.
#[test]
fn large_and_deep_texts_are_refused_with_a_few_problems_and_a_place() {
    let full = |unit: &str| unit.repeat(MAX_READ / unit.len() - 200);
    let statement = |actions: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":[{actions}"x"],"Resource":"*"}}]}}"#
        )
    };
    let table = [
        (statement(&full("5,")), "Action must be text"),
        (statement(&full(r#""s3","#)), "is not an action"),
        (statement(&format!("\"{}\",", full("a"))), "is not an action"),
        (format!("{{{}\"a\":1}}", full("\"Version\":1,")), "is written twice"),
        (format!("{{{}\"a\":1}}", full("\"Versionn\":1,")), "is written twice"),
        (format!("{{\"Statement\":[{}]}}", full("{},").trim_end_matches(',')), "has no `Effect`"),
        (full("["), "nesting depth"),
        (full("{\"a\":"), "nesting depth"),
        (full("\n"), "is empty"),
        (format!("\"{}", full("a")), "unterminated"),
        ("x".repeat(6_000_000), "has 6000000 bytes"),
    ];
    for (text, expected) in table {
        let problems = Document::parse(&text).unwrap_err();
        let message = problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("\n");
        assert!(problems.len() <= MOST_PROBLEMS + 1, "{expected}: {}", problems.len());
        assert!(
            message.to_lowercase().contains(&expected.to_lowercase()),
            "{expected}: {}",
            message.chars().take(300).collect::<String>()
        );
        assert!(problems.iter().all(|problem| problem.span.end <= text.len()), "{expected}");
        let longest = problems.iter().map(|problem| problem.message.len()).max();
        assert!(longest < Some(1_000), "{expected}: {longest:?}");
    }
}
