//! Documents as the live account delivers them.
//!
//! Owns: [`LiveDocument`]. Must not: refuse one.

use super::{Document, Likeness};

/// A document as the live account delivered it. What cannot be read is kept as it is and never spoils a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveDocument {
    /// A document we understand, with its text.
    Known {
        /// The text, percent-decoded.
        text: String,
        /// What it says.
        document: Document,
    },
    /// A text we do not understand: equal to another only byte for byte.
    Opaque {
        /// The text, percent-decoded.
        text: String,
    },
}

impl LiveDocument {
    /// Reads what IAM returned. Real IAM percent-encodes documents (RFC 3986) and the SDK does not decode them;
    /// some emulators return plain JSON. JSON never begins with `%`.
    #[must_use]
    pub fn read(returned: &str) -> Self {
        let text = if returned.trim_start().starts_with('{') {
            returned.to_owned()
        } else {
            percent_encoding::percent_decode_str(returned).decode_utf8_lossy().into_owned()
        };
        match Document::parse(&text) {
            Ok(document) => LiveDocument::Known { text, document },
            Err(_) => LiveDocument::Opaque { text },
        }
    }

    /// The text, percent-decoded.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            LiveDocument::Known { text, .. } | LiveDocument::Opaque { text } => text,
        }
    }

    /// Whether it counts as a guard. What cannot be read may deny something, so it is treated with the care of one.
    #[must_use]
    pub fn may_deny(&self) -> bool {
        match self {
            LiveDocument::Known { document, .. } => document.is_guard(),
            LiveDocument::Opaque { .. } => true,
        }
    }

    /// Whether this means the same as a document of ours, whose text is `our_text`.
    #[must_use]
    pub fn means_the_same(&self, ours: &Document, our_text: &str) -> bool {
        match self {
            LiveDocument::Known { document, .. } => document.means_the_same(ours),
            LiveDocument::Opaque { text } => text == our_text,
        }
    }

    /// What it says, where it can be read.
    #[must_use]
    pub fn known(&self) -> Option<&Document> {
        match self {
            LiveDocument::Known { document, .. } => Some(document),
            LiveDocument::Opaque { .. } => None,
        }
    }

    /// How alike this is to a document of ours, whose text is `our_text`.
    #[must_use]
    pub fn likeness(&self, ours: &Document, our_text: &str) -> Likeness {
        match self {
            _ if self.text() == our_text => Likeness::Identical,
            LiveDocument::Known { document, .. } => document.likeness(ours),
            LiveDocument::Opaque { .. } => Likeness::Different,
        }
    }

    /// Whether replacing this by `new` can only take access away.
    #[must_use]
    pub fn restricted_by(&self, new: &Document) -> bool {
        matches!(self, LiveDocument::Known { document, .. } if new.only_restricts(document))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;

    #[test]
    fn live_documents_are_percent_decoded_once_and_unreadable_ones_are_opaque() {
        let ours = &Document::parse(BASE).unwrap();
        let encoded = percent_encoding::utf8_percent_encode(BASE, percent_encoding::NON_ALPHANUMERIC).to_string();
        assert!(LiveDocument::read(&encoded).means_the_same(ours, BASE));
        assert!(LiveDocument::read(BASE).means_the_same(ours, BASE));
        let odd = LiveDocument::read(r#"{"Version":"2031-01-01"}"#);
        assert!(matches!(odd, LiveDocument::Opaque { .. }) && odd.may_deny());
        assert!(odd.means_the_same(ours, r#"{"Version":"2031-01-01"}"#));
        assert!(!odd.means_the_same(ours, BASE));
    }

    #[test]
    fn only_the_text_itself_is_identical() {
        let ours = &Document::parse(BASE).unwrap();
        assert_eq!(LiveDocument::read(BASE).likeness(ours, BASE), Likeness::Identical);
        assert_eq!(LiveDocument::read(&BASE.replace(':', ": ")).likeness(ours, BASE), Likeness::Different);
        assert_eq!(LiveDocument::read(&BASE.replace(",\"", ", \"")).likeness(ours, BASE), Likeness::Structural);
        let odd = LiveDocument::read("{}");
        assert_eq!((odd.likeness(ours, "{}"), odd.likeness(ours, BASE)), (Likeness::Identical, Likeness::Different));
    }
}
