//! Writing answers: XML as IAM's Query protocol lays it out.
//!
//! Only form, no meaning: which elements an answer has is said by the actions.

use std::fmt::{Display, Write as _};

use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// RFC 3986: everything but the unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A piece of XML under way.
#[derive(Debug, Default)]
pub struct Xml {
    out: String,
}

impl Xml {
    /// An element that holds text, escaped.
    pub fn text(&mut self, name: &str, value: &str) {
        self.within(name, |xml| escape(value, &mut xml.out));
    }

    /// An element that holds text, left out when there is none.
    pub fn maybe(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// An element that holds a number or a switch, which need no escape.
    pub fn plain(&mut self, name: &str, value: impl Display) {
        self.within(name, |xml| {
            // Writing to a String cannot fail.
            let _ = write!(xml.out, "{value}");
        });
    }

    /// An element that holds a time, in whole seconds.
    pub fn time(&mut self, name: &str, time: Timestamp) {
        self.plain(name, time.strftime("%Y-%m-%dT%H:%M:%SZ"));
    }

    /// An element that holds a policy document, percent-encoded.
    pub fn document(&mut self, name: &str, document: &str) {
        self.plain(name, utf8_percent_encode(document, RESERVED));
    }

    /// An element that holds what `inside` writes.
    pub fn within(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        self.open(name);
        inside(self);
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    /// A list: there even when it is empty.
    pub fn list<T>(&mut self, name: &str, items: impl IntoIterator<Item = T>, mut write: impl FnMut(&mut Self, T)) {
        self.within(name, |xml| {
            for item in items {
                xml.within("member", |xml| write(xml, item));
            }
        });
    }

    /// A list of texts: there even when it is empty.
    pub fn texts(&mut self, name: &str, items: impl IntoIterator<Item = impl AsRef<str>>) {
        self.within(name, |xml| items.into_iter().for_each(|item| xml.text("member", item.as_ref())));
    }

    /// A root element with its namespace.
    pub fn root(&mut self, name: &str, namespace: &str, inside: impl FnOnce(&mut Self)) {
        self.open(&format!("{name} xmlns=\"{namespace}\""));
        inside(self);
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    /// Adds a piece that was written before.
    pub fn append(&mut self, other: &Self) {
        self.out.push_str(&other.out);
    }

    /// What has been written.
    pub fn into_string(self) -> String {
        self.out
    }

    fn open(&mut self, tag: &str) {
        self.out.push('<');
        self.out.push_str(tag);
        self.out.push('>');
    }
}

/// Escapes text for XML. What XML 1.0 cannot hold becomes U+FFFD, and a carriage return a
/// reference, since a reader would turn it into a line feed.
fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#xD;"),
            '\t' | '\n' => out.push(c),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_stays_well_formed() {
        let mut xml = Xml::default();
        xml.text("A", "<&>\"\r\u{1}");
        assert_eq!(xml.into_string(), "<A>&lt;&amp;&gt;&quot;&#xD;\u{fffd}</A>");
    }

    #[test]
    fn documents_are_encoded_but_for_the_unreserved_characters() {
        let mut xml = Xml::default();
        xml.document("D", "{\"a-b_c.d~e\": \"*\"}");
        assert_eq!(xml.into_string(), "<D>%7B%22a-b_c.d~e%22%3A%20%22%2A%22%7D</D>");
    }

    #[test]
    fn texts_of_a_list_are_escaped() {
        let mut xml = Xml::default();
        xml.texts("L", ["a", "&"]);
        assert_eq!(xml.into_string(), "<L><member>a</member><member>&amp;</member></L>");
    }

    #[test]
    fn an_empty_list_is_there() {
        let mut xml = Xml::default();
        xml.list("Users", Vec::<&str>::new(), |xml, u| xml.text("N", u));
        assert_eq!(xml.into_string(), "<Users></Users>");
    }
}
