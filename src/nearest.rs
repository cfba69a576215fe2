//! "Did you mean …?": the known names that resemble an unknown one.
//!
//! Owns: the measure of likeness. Must not: know what the names stand for.

/// Names below this likeness (Jaro–Winkler, 0 to 1) are not offered.
const LIKE_ENOUGH: f64 = 0.8;

/// The `most` names that resemble `wanted` best, best first; ties in the order of the alphabet.
pub fn to<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>, most: usize) -> Vec<&'a str> {
    let wanted = folded(wanted);
    let mut scored: Vec<(f64, &str)> = known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&wanted, &folded(name)), name))
        .filter(|(score, _)| *score >= LIKE_ENOUGH)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored.into_iter().take(most).map(|(_, name)| name).collect()
}

/// A name in small letters, its numbers without zeros in front: `V05` and `v5` are alike.
fn folded(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    let mut chars = name.chars().peekable();
    while let Some(char) = chars.next() {
        let in_number = folded.ends_with(|last: char| last.is_ascii_digit());
        let leads = char == '0' && !in_number && chars.peek().is_some_and(char::is_ascii_digit);
        if !leads {
            folded.push(char.to_ascii_lowercase());
        }
    }
    folded
}

/// Names in backquotes with commas: `` `a`, `b` ``.
pub fn quoted<S: AsRef<str>>(names: &[S]) -> String {
    names.iter().map(|name| format!("`{}`", name.as_ref())).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_alike_by_their_value() {
        assert_eq!(to("v5", ["V04", "V05", "V15", "V50"], 3), ["V05", "V50"]);
        assert_eq!(["M007", "10", "a0", "V00"].map(folded), ["m7", "10", "a0", "v0"]);
    }

    #[test]
    fn offers_the_nearest_names_first_and_nothing_far_off() {
        let known = ["AmazonAPIGatewayAdministrator", "AmazonAPIGatewayInvokeFullAccess", "IAMFullAccess"];
        assert_eq!(to("AmazonAPIGatewayReadOnlyAccess", known, 3), [known[1], known[0]]);
        assert!(to("zzz", known, 3).is_empty());
    }
}
