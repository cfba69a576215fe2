//! The fuzzers' entries (`fuzz/`): any text to the parser, made-up policies to the evaluator, and what must hold.
//!
//! Compiled for the fuzzer and for tests only. Must not: hold a rule of IAM's.

mod choices;

use choices::{Asked, Choices};

use super::evaluate::{Decision, Request, evaluate as decide};
use super::{Document, Effect, Likeness, Statement};
use crate::located::Span;

/// Gives any bytes to the parser.
///
/// # Panics
/// When a mistake has no place, or a document is not like itself.
pub fn parse(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Document::parse(text) {
        Err(problems) => {
            assert!(!problems.is_empty(), "a refusal has a reason");
            for problem in problems {
                within(&problem.span, text);
            }
        }
        Ok(document) => {
            for written in document.written() {
                within(written.place.statement(), text);
                let said = &written.statement;
                let values = said.actions.patterns().iter().chain(said.resources.patterns());
                for value in values {
                    within(written.place.of(value), text);
                }
            }
            assert_eq!(document.likeness(&document), Likeness::Structural, "{text}");
            let spread = Document::parse(&spread(text)).ok();
            assert_eq!(spread, Some(document), "{text}");
        }
    }
}

fn within(span: &Span, text: &str) {
    let holds = span.line > 0 && span.column > 0 && text.get(span.start..span.end).is_some();
    assert!(holds, "{span:?} of {text}");
}

/// The same JSON with white space wherever it may be.
fn spread(text: &str) -> String {
    let (mut out, mut inside, mut escaped) = (String::new(), false, false);
    for character in text.chars() {
        out.push(character);
        inside ^= character == '"' && !escaped;
        escaped = inside && character == '\\' && !escaped;
        if !inside && "{}[],:".contains(character) {
            out.push_str("\n\t ");
        }
    }
    out
}

/// Makes policies and a request of the bytes, and evaluates them.
///
/// # Panics
/// When a decision is not what its statements say.
pub fn evaluate(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let documents: Vec<Document> = (0..=choices.below(3)).map(|_| choices.document()).collect();
    let asked = choices.asked();
    let decided = |documents: &[&Document]| decide(documents.iter().copied(), &asked.request()).decision;
    let all: Vec<&Document> = documents.iter().collect();
    let decision = decided(&all);
    assert_eq!(decision, from_single_statements(&all, &asked), "{documents:?} {asked:?}");
    let reversed: Vec<&Document> = documents.iter().rev().collect();
    assert_eq!(decision, decided(&reversed), "order must not matter: {documents:?} {asked:?}");
    let closed = choices::everything(Effect::Deny);
    let denied = decided(&[all.clone(), vec![&closed]].concat());
    assert!(asked.is_free() || denied == Decision::ExplicitlyDenied, "{documents:?} {asked:?}");
    let open = choices::everything(Effect::Allow);
    for one in &all {
        for other in &all {
            let alone = |document: &Document| decided(&[document, &open]) != Decision::ExplicitlyDenied;
            let allows = |document: &Document| decided(&[document]) == Decision::Allowed;
            if one.likeness(other) <= Likeness::SameMeaning {
                assert_eq!(decided(&[one]), decided(&[other]), "{one:?} {other:?} {asked:?}");
            }
            if one.only_restricts(other) {
                assert!(!allows(one) || allows(other), "{one:?} only restricts {other:?}, not for {asked:?}");
                assert!(!alone(one) || alone(other), "{one:?} only restricts {other:?}, not for {asked:?}");
            }
        }
    }
}

/// The decision that follows from asking each statement alone: a Deny that applies wins, else an Allow is needed.
fn from_single_statements(documents: &[&Document], asked: &Asked) -> Decision {
    let request: Request<'_> = asked.request();
    let applies = |effect: Effect| {
        documents.iter().any(|document| {
            let alone = document.statements().filter(|statement| statement.effect == effect);
            alone.map(|statement: &Statement| document.alone(statement)).any(|single| {
                let decision = decide([&single], &request).decision;
                decision == if effect == Effect::Deny { Decision::ExplicitlyDenied } else { Decision::Allowed }
            })
        })
    };
    match (asked.is_free(), applies(Effect::Deny), applies(Effect::Allow)) {
        (true, ..) | (_, false, true) => Decision::Allowed,
        (_, true, _) => Decision::ExplicitlyDenied,
        (_, false, false) => Decision::ImplicitlyDenied,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seeds(folder: &str) -> Vec<Vec<u8>> {
        let folder = format!("{}/fuzz/{folder}", env!("CARGO_MANIFEST_DIR"));
        let seeds = std::fs::read_dir(folder).unwrap();
        seeds.map(|seed| std::fs::read(seed.unwrap().path()).unwrap()).collect()
    }

    #[test]
    fn the_seeds_of_the_fuzzers_hold() {
        let (texts, choices) = (seeds("seeds-parse"), seeds("seeds-evaluate"));
        assert!(texts.len() >= 10 && choices.len() >= 5, "{} and {}", texts.len(), choices.len());
        for bytes in texts {
            parse(&bytes);
        }
        for bytes in choices {
            evaluate(&bytes);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn made_up_policies_are_decided_as_their_statements_say(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            evaluate(&bytes);
        }

        #[test]
        fn any_text_is_read_or_refused_with_a_place(text in r#"[\{\}\[\]",:a-zA-Z0-9\\ \n*é]{0,60}"#) {
            parse(text.as_bytes());
        }
    }
}
