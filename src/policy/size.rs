//! How large a document may be and which characters it may hold.
//!
//! Owns: the counting. Must not: parse.

/// Characters of a managed policy, white space not counted (IAM quotas: "managed policy size").
pub const MAX_WITHOUT_WHITESPACE: usize = 6_144;

/// Characters of a document in a request, white space included (API model, `policyDocumentType`).
pub const MAX_REQUEST: usize = 131_072;

/// Bytes of the longest text that is looked into at all: twice what IAM takes at two bytes a
/// character (UTF-8). Beyond, one problem says it all.
pub const MAX_READ: usize = 4 * MAX_REQUEST;

/// The size that IAM holds against its quota: characters without white space.
#[must_use]
pub fn size_without_whitespace(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).count()
}

/// The first character that IAM refuses in a document, with its byte offset: only tab, line feed, carriage return
/// and U+0020 to U+00FF are taken (API model, `policyDocumentType`).
#[must_use]
pub fn foreign_character(text: &str) -> Option<(usize, char)> {
    text.char_indices().find(|(_, c)| !matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{FF}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_is_free_and_only_latin_1_is_taken() {
        assert_eq!(size_without_whitespace("{ \"a\":\n\t1 }"), 7);
        assert_eq!(foreign_character("{\"Sid\": \"é\"}"), None);
        assert_eq!(foreign_character("{\"개\"}"), Some((2, '개')));
    }
}
