use proptest::prelude::*;

use super::*;

#[test]
fn a_star_stands_for_any_text_and_a_question_mark_for_one_character() {
    let table = [
        ("", "", true),
        ("*", "", true),
        ("*", "s3:GetObject", true),
        ("s3:*", "s3:GetObject", true),
        ("s3:*", "s3", false),
        ("s3:Get*Tagging", "s3:GetObjectTagging", true),
        ("s3:Get*Tagging", "s3:GetObjectTaggingX", false),
        ("*a*b", "xaxbxab", true),
        ("*a*b", "xaxbxa", false),
        ("?", "", false),
        ("?", "é", true),
        ("?", "ab", false),
        ("a?c", "aéc", true),
        ("*é?", "xéy", true),
        ("a", "A", false),
        ("**", "x", true),
    ];
    for (pattern, text, expected) in table {
        assert_eq!(matches(pattern, text), expected, "{pattern} and {text}");
    }
}

#[test]
fn many_stars_take_no_time() {
    let pattern = "a*".repeat(2_000);
    assert!(!matches(&pattern, &"a".repeat(1_999)));
    assert!(!matches(&format!("{pattern}b"), &"a".repeat(4_000)));
    assert!(!covers(&format!("{pattern}b"), &format!("{pattern}c")));
}

/// All words of these letters up to a length, the shortest first.
fn words(letters: &str, longest: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut from = 0;
    for _ in 0..longest {
        let end = all.len();
        for at in from..end {
            all.extend(letters.chars().map(|letter| format!("{}{letter}", all[at])).collect::<Vec<_>>());
        }
        from = end;
    }
    all
}

/// Every pattern of up to four symbols against every text of up to eight letters, one of them in no pattern: no
/// counterexample is longer.
#[test]
fn covering_and_overlapping_are_what_matching_every_text_says() {
    let (patterns, texts) = (words("ab*?", 4), words("abc", 8));
    let sets: Vec<Vec<bool>> =
        patterns.iter().map(|pattern| texts.iter().map(|text| matches(pattern, text)).collect()).collect();
    let packed: Vec<Vec<u128>> = sets
        .iter()
        .map(|set| set.chunks(128).map(|bits| bits.iter().fold(0, |word, bit| word << 1 | u128::from(*bit))).collect())
        .collect();
    for (pattern, mine) in patterns.iter().zip(&packed) {
        for (other, theirs) in patterns.iter().zip(&packed) {
            let within = mine.iter().zip(theirs).all(|(mine, theirs)| theirs & !mine == 0);
            assert_eq!(covers(pattern, other), within, "{pattern} covers {other}");
            let common = mine.iter().zip(theirs).any(|(mine, theirs)| theirs & mine != 0);
            assert_eq!(overlaps(pattern, other), common, "{pattern} overlaps {other}");
        }
    }
}

/// The definition, letter by letter.
fn plainly(pattern: &[char], text: &[char]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        (['*', rest @ ..], _) => plainly(rest, text) || (!text.is_empty() && plainly(pattern, &text[1..])),
        (['?', rest @ ..], [_, behind @ ..]) => plainly(rest, behind),
        ([letter, rest @ ..], [found, behind @ ..]) => letter == found && plainly(rest, behind),
        _ => false,
    }
}

proptest! {
    #[test]
    fn matching_is_as_defined(pattern in "[aé*?]{0,7}", text in "[aéb]{0,9}") {
        let chars = |text: &str| text.chars().collect::<Vec<char>>();
        prop_assert_eq!(matches(&pattern, &text), plainly(&chars(&pattern), &chars(&text)));
    }

    #[test]
    fn a_pattern_covers_and_overlaps_what_it_covers(a in "[ab*?]{0,9}", b in "[ab*?]{0,9}") {
        prop_assert!(covers(&a, &a) && overlaps(&a, &a));
        prop_assert_eq!(overlaps(&a, &b), overlaps(&b, &a));
        if covers(&a, &b) {
            prop_assert!(overlaps(&a, &b));
        }
    }
}
