use super::*;
use crate::policy::Document;

/// Whether a condition, as JSON, holds for a request.
fn answer(condition: &str, context: &Context) -> Answer {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{condition}}}}}"#
    );
    let document = Document::parse(&text).unwrap();
    hold(&document.statements().next().unwrap().conditions, document.version(), context)
}

fn of(operator: &str, values: &str, fact: Option<Fact>) -> Answer {
    let context = Context::default().with("aws:username", Fact::text("scott"));
    let context = fact.into_iter().fold(context, |context, fact| context.with("Key", fact));
    answer(&format!(r#"{{"{operator}":{{"key":{values}}}}}"#), &context)
}

fn time(text: &str) -> Fact {
    Fact::Time(text.parse().unwrap())
}

fn address(text: &str) -> Fact {
    Fact::Address(text.parse().unwrap())
}

/// Each operator: the document's values, what the request has, whether the condition holds.
#[test]
fn every_operator_compares_as_documented() {
    let topic = || Fact::Arn("arn:aws:sns:eu-west-1:123456789012:a:b".into());
    let table = [
        ("StringEquals", r#""a""#, Fact::text("a"), true),
        ("StringEquals", r#""a""#, Fact::text("A"), false),
        ("StringEquals", r#""a*""#, Fact::text("ab"), false),
        ("StringNotEquals", r#"["a","b"]"#, Fact::text("b"), false),
        ("StringNotEquals", r#"["a","b"]"#, Fact::text("c"), true),
        ("StringEqualsIgnoreCase", r#""ÉA""#, Fact::text("éa"), true),
        ("StringNotEqualsIgnoreCase", r#""A""#, Fact::text("a"), false),
        ("StringLike", r#""a*c?""#, Fact::text("abcd"), true),
        ("StringLike", r#""A*""#, Fact::text("abcd"), false),
        ("StringNotLike", r#"["x","a*"]"#, Fact::text("abcd"), false),
        ("NumericEquals", r#""10""#, Fact::Number(10.0), true),
        ("NumericEquals", "10.0", Fact::text("10"), true),
        ("NumericNotEquals", "[1,2]", Fact::Number(2.0), false),
        ("NumericLessThan", "10", Fact::Number(9.5), true),
        ("NumericLessThan", "10", Fact::Number(10.0), false),
        ("NumericLessThanEquals", "10", Fact::Number(10.0), true),
        ("NumericGreaterThan", "-1", Fact::Number(0.0), true),
        ("NumericGreaterThanEquals", "10", Fact::Number(9.0), false),
        ("DateEquals", r#""2026-03-01""#, time("2026-03-01T00:00:00Z"), true),
        ("DateNotEquals", r#""2026-03-01""#, time("2026-03-01T00:00:00Z"), false),
        ("DateLessThan", r#""2026-03-01T10:00:00+02:00""#, time("2026-03-01T07:59:59Z"), true),
        ("DateLessThanEquals", r#""1772352000""#, time("2026-03-01T08:00:00Z"), true),
        ("DateGreaterThan", "1772352000", time("2026-03-01T08:00:00Z"), false),
        ("DateGreaterThanEquals", r#""2026""#, Fact::Number(1_772_352_000.0), true),
        ("Bool", "true", Fact::Bool(true), true),
        ("Bool", r#""FALSE""#, Fact::Bool(true), false),
        ("BinaryEquals", r#""b25l""#, Fact::Binary(b"one".to_vec()), true),
        ("BinaryEquals", r#""b25l""#, Fact::text("dHdv"), false),
        ("BinaryNotEquals", r#""b25l""#, Fact::Binary(b"two".to_vec()), true),
        ("IpAddress", r#""203.0.113.0/24""#, address("203.0.113.255"), true),
        ("IpAddress", r#""203.0.113.7""#, address("203.0.113.8"), false),
        ("IpAddress", r#""2001:DB8::/32""#, address("2001:db8::1"), true),
        ("IpAddress", r#""0.0.0.0/0""#, address("2001:db8::1"), false),
        ("NotIpAddress", r#"["203.0.113.0/24","198.51.100.0/24"]"#, address("198.51.100.1"), false),
        ("NotIpAddress", r#"["203.0.113.0/24","198.51.100.0/24"]"#, address("2001:db8::1"), true),
        ("ArnEquals", r#""arn:aws:sns:*:123456789012:a:*""#, topic(), true),
        ("ArnLike", r#""arn:aws:sns:*:*:b""#, Fact::text("no:arn"), false),
        ("ArnLike", r#""arn:aws:sns:*:*:b""#, topic(), false),
        ("ArnNotEquals", r#""arn:aws:sns:eu-?est-1:*:*""#, topic(), false),
        ("ArnNotLike", r#""arn:aws:SNS:*:*:*""#, topic(), true),
        ("Null", "false", Fact::text(""), true),
        ("Null", r#""true""#, Fact::text("x"), false),
    ];
    for (operator, values, fact, holds) in table {
        assert_eq!(of(operator, values, Some(fact.clone())), Answer::from(holds), "{operator} {values} {fact:?}");
    }
}

#[test]
fn an_absent_key_fulfils_negated_operators_and_if_exists() {
    let table = [
        ("StringEquals", Answer::No),
        ("StringNotEquals", Answer::Yes),
        ("StringEqualsIfExists", Answer::Yes),
        ("StringNotEqualsIfExists", Answer::Yes),
        ("NumericNotEquals", Answer::Yes),
        ("DateNotEquals", Answer::Yes),
        ("NotIpAddress", Answer::Yes),
        ("ArnNotLike", Answer::Yes),
        ("BinaryNotEquals", Answer::Yes),
        ("Bool", Answer::No),
        ("BoolIfExists", Answer::Yes),
        ("ForAllValues:StringEquals", Answer::Yes),
        ("ForAllValues:StringNotEquals", Answer::Yes),
        ("ForAnyValue:StringEquals", Answer::No),
        ("ForAnyValue:StringNotEquals", Answer::No),
        ("ForAnyValue:StringEqualsIfExists", Answer::Unknown),
    ];
    for (operator, expected) in table {
        assert_eq!(of(operator, r#""x""#, None), expected, "{operator}");
        assert_eq!(of(operator, r#""x""#, Some(Fact::List(Vec::new()))), expected, "{operator} without values");
    }
    assert_eq!((of("Null", "true", None), of("Null", "false", None)), (Answer::Yes, Answer::No));
}

/// IAM user guide, "Multivalued context key examples".
#[test]
fn sets_of_values_are_counted_as_documented() {
    let table: [(&str, &str, &[&str], bool); 10] = [
        ("ForAllValues:StringLike", r#""key1*""#, &["key1:hr", "key1:legal"], true),
        ("ForAllValues:StringLike", r#""key1*""#, &["key1:hr", "key2:audit"], false),
        ("ForAllValues:StringNotLike", r#""key1*""#, &["key1:hr"], false),
        ("ForAllValues:StringNotLike", r#""key1*""#, &["key2:audit"], true),
        ("ForAllValues:StringNotLike", r#"["key1*","key2*"]"#, &["key2:audit", "key3"], false),
        ("ForAnyValue:StringLike", r#"["key1*","key2*"]"#, &["key3", "key2:audit"], true),
        ("ForAnyValue:StringLike", r#""key1*""#, &["key2:audit"], false),
        ("ForAnyValue:StringNotLike", r#""key1*""#, &["key1:hr", "key2:audit"], true),
        ("ForAnyValue:StringNotLike", r#""key1*""#, &["key1:hr", "key1:legal"], false),
        ("ForAnyValue:StringEquals", r#""one""#, &["one"], true),
    ];
    for (operator, values, found, holds) in table {
        let fact = Fact::List(found.iter().map(|text| Fact::text(*text)).collect());
        assert_eq!(of(operator, values, Some(fact)), Answer::from(holds), "{operator} {values} {found:?}");
    }
    let single = of("ForAllValues:StringEquals", r#""a""#, Some(Fact::text("a")));
    assert_eq!(single, Answer::Yes, "a key of one value is a set of one");
}

#[test]
fn several_values_under_an_operator_for_one_are_never_a_yes() {
    let both = || Some(Fact::List(vec![Fact::text("a"), Fact::text("b")]));
    assert_eq!(of("StringEquals", r#"["a","b"]"#, both()), Answer::Unknown);
    assert_eq!(of("StringEquals", r#""c""#, both()), Answer::No);
    assert_eq!(of("StringNotEquals", r#""c""#, both()), Answer::Unknown);
}

#[test]
fn what_cannot_be_read_as_the_operators_type_cannot_be_told() {
    let table = [
        ("Bool", r#""yes""#, Fact::Bool(true)),
        ("Bool", "false", Fact::text("no")),
        ("Bool", "false", Fact::Number(0.0)),
        ("NumericEquals", r#""abc""#, Fact::Number(1.0)),
        ("NumericEquals", r#""NaN""#, Fact::Number(1.0)),
        ("NumericLessThan", r#""inf""#, Fact::Number(1.0)),
        ("NumericNotEquals", r#""abc""#, Fact::Number(1.0)),
        ("NumericEquals", "1", Fact::Number(f64::NAN)),
        ("DateLessThan", r#""tomorrow""#, time("2026-03-01T08:00:00Z")),
        ("DateLessThan", r#""2026-13-01""#, time("2026-03-01T08:00:00Z")),
        ("DateLessThan", r#""2027""#, Fact::text("yesterday")),
        ("IpAddress", r#""203.0.113.0/33""#, address("203.0.113.7")),
        ("NotIpAddress", r#""203.0.113.*""#, address("203.0.113.7")),
        ("NotIpAddress", r#""203.0.113.0/24""#, Fact::text("AWS Internal")),
        ("BinaryEquals", r#""!""#, Fact::Binary(b"one".to_vec())),
        ("ArnLike", r#""*""#, Fact::text("arn:aws:sns:eu-west-1:1:a")),
        ("Null", r#""perhaps""#, Fact::text("x")),
    ];
    for (operator, values, fact) in table {
        assert_eq!(of(operator, values, Some(fact.clone())), Answer::Unknown, "{operator} {values} {fact:?}");
    }
    // A value that fits decides nevertheless, for and against.
    assert_eq!(of("NumericEquals", r#"["abc","1"]"#, Some(Fact::Number(1.0))), Answer::Yes);
    assert_eq!(of("NumericNotEquals", r#"["abc","1"]"#, Some(Fact::Number(1.0))), Answer::No);
}

#[test]
fn truth_values_written_as_text_are_read_as_truth_values() {
    assert_eq!(of("Bool", "false", Some(Fact::text("false"))), Answer::Yes);
    assert_eq!(of("BoolIfExists", r#""false""#, Some(Fact::text("False"))), Answer::Yes);
    assert_eq!(of("Bool", "true", Some(Fact::text("false"))), Answer::No);
}

#[test]
fn variables_count_for_text_arns_and_truth_values_only() {
    let table = [
        ("StringEquals", r#""${aws:username}""#, Fact::text("scott"), Answer::Yes),
        ("StringLike", r#""home/${AWS:UserName}/*""#, Fact::text("home/scott/x"), Answer::Yes),
        ("StringEquals", r#""${aws:userid, 'none'}""#, Fact::text("none"), Answer::Yes),
        ("StringEquals", r#""re${*}""#, Fact::text("re*"), Answer::Yes),
        ("StringLike", r#""re${*}""#, Fact::text("red"), Answer::No),
        ("StringEquals", r#""${$}{x}""#, Fact::text("${x}"), Answer::Yes),
        ("StringEquals", r#""${open""#, Fact::text("${open"), Answer::Yes),
        ("StringEquals", r#""${aws:userid}""#, Fact::text("${aws:userid}"), Answer::No),
        ("StringNotEquals", r#""${aws:userid}""#, Fact::text("x"), Answer::Yes),
        ("ArnLike", r#""arn:aws:iam::1:user/${aws:username}""#, Fact::text("arn:aws:iam::1:user/scott"), Answer::Yes),
        ("NumericEquals", r#""${aws:username}""#, Fact::Number(1.0), Answer::Unknown),
    ];
    for (operator, values, fact, expected) in table {
        assert_eq!(of(operator, values, Some(fact.clone())), expected, "{operator} {values} {fact:?}");
    }
}

#[test]
fn all_operators_and_all_keys_must_hold() {
    let context = Context::default().with("a", Fact::text("1")).with("b", Fact::text("2"));
    let table = [
        (r#"{"StringEquals":{"a":"1","b":"2"}}"#, Answer::Yes),
        (r#"{"StringEquals":{"a":"1","b":"1"}}"#, Answer::No),
        (r#"{"StringEquals":{"a":"1"},"StringLike":{"b":"3*"}}"#, Answer::No),
        (r#"{"StringEquals":{"a":"1"},"Bool":{"b":"true"}}"#, Answer::Unknown),
        (r#"{"StringEquals":{"a":"0"},"Bool":{"b":"true"}}"#, Answer::No),
        (r#"{"StringEquals":{"a":[]}}"#, Answer::No),
        ("{}", Answer::Yes),
    ];
    for (condition, expected) in table {
        assert_eq!(answer(condition, &context), expected, "{condition}");
    }
}
