//! "Did you mean …?": the known names that resemble an unknown one.
//!
//! Owns: the measure of likeness. Must not: know what the names stand for.

/// Names below this likeness (Jaro–Winkler, 0 to 1) are not offered.
const LIKE_ENOUGH: f64 = 0.8;

/// The `most` names that resemble `wanted` best, best first; ties in the order of the alphabet.
pub fn to<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>, most: usize) -> Vec<&'a str> {
    let wanted = wanted.to_ascii_lowercase();
    let mut scored: Vec<(f64, &str)> = known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&wanted, &name.to_ascii_lowercase()), name))
        .filter(|(score, _)| *score >= LIKE_ENOUGH)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored.into_iter().take(most).map(|(_, name)| name).collect()
}

/// Names in backquotes with commas: `` `a`, `b` ``.
pub fn quoted<S: AsRef<str>>(names: &[S]) -> String {
    names.iter().map(|name| format!("`{}`", name.as_ref())).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_the_nearest_names_first_and_nothing_far_off() {
        let known = ["AmazonAPIGatewayAdministrator", "AmazonAPIGatewayInvokeFullAccess", "IAMFullAccess"];
        assert_eq!(to("AmazonAPIGatewayReadOnlyAccess", known, 3), [known[1], known[0]]);
        assert!(to("zzz", known, 3).is_empty());
    }
}
