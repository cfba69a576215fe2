//! Pages: `MaxItems`, `Marker`, `IsTruncated`.
//!
//! A marker carries the key of the last item given, not a position: what is added or removed between two calls neither
//! repeats nor hides another item. Only of a key that is too long for a marker it carries the beginning and a digest; if
//! that item goes meanwhile, those that begin alike are given again.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest as _, Sha256};

use super::{error::Error, limits, params::Reader, rules, xml::Xml};

/// Which page is asked for.
#[derive(Debug)]
pub struct Page {
    after: Option<Place>,
    max: usize,
}

/// The item after which a page begins.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    /// The one of this key.
    Key(String),
    /// The one whose key begins with these bytes and has this digest.
    Cut(Vec<u8>, Vec<u8>),
}

/// The items of one page, and where the next begins.
#[derive(Debug)]
pub struct Paged<T> {
    /// The items, each without its key.
    pub items: Vec<T>,
    next: Option<String>,
}

impl Page {
    /// Reads `MaxItems` and `Marker`.
    pub fn read(reader: &mut Reader<'_>) -> Self {
        let most = i64::try_from(limits::PAGE_MAX).unwrap_or(i64::MAX);
        let max = reader.number("MaxItems", (1, most));
        let after = reader.optional("Marker", &rules::MARKER).and_then(|text| {
            let place = Place::read(text);
            if place.is_none() {
                reader.refuse(Error::validation("Invalid Marker."));
            }
            place
        });
        Self { after, max: max.and_then(|max| usize::try_from(max).ok()).unwrap_or(limits::PAGE_DEFAULT) }
    }

    /// Takes the page out of all items, which come in the order of their keys.
    pub fn take<K: AsRef<str>, T>(&self, all: impl IntoIterator<Item = (K, T)>) -> Paged<T> {
        let after = self.after.as_ref();
        let behind = |key: &K| after.is_some_and(|place| place.is_behind(key.as_ref()));
        let alike = |key: &K| after.is_some_and(|place| place.begins(key.as_ref()));
        let mut rest = all.into_iter().skip_while(|(key, _)| behind(key)).peekable();
        let same: Vec<_> = std::iter::from_fn(|| rest.next_if(|(key, _)| alike(key))).collect();
        let given = same.iter().position(|(key, _)| after.is_some_and(|place| place.is(key.as_ref())));
        let mut rest = same.into_iter().skip(given.map_or(0, |at| at + 1)).chain(rest);
        let mut items = Vec::new();
        let mut last = None;
        for (key, item) in rest.by_ref().take(self.max) {
            last = Some(key);
            items.push(item);
        }
        let more = rest.next().is_some();
        let next = last.filter(|_| more).map(|key| Place::of(key.as_ref()).marker());
        Paged { items, next }
    }
}

impl<T> Paged<T> {
    /// Writes `IsTruncated`, and `Marker` when there is more.
    pub fn finish(&self, xml: &mut Xml) {
        xml.plain("IsTruncated", self.next.is_some());
        xml.maybe("Marker", self.next.as_deref());
    }
}

impl Place {
    /// Bytes that fit into a marker, which base64 makes longer by a third.
    const MOST: usize = rules::MARKER.max / 4 * 3;
    /// Bytes of a long key's beginning: the rest is for its digest.
    const HEAD: usize = Self::MOST - 32;

    fn of(key: &str) -> Self {
        match key.as_bytes().get(..Self::HEAD) {
            Some(head) if key.len() >= Self::MOST => Self::Cut(head.to_vec(), digest(key)),
            _ => Self::Key(key.to_owned()),
        }
    }

    /// A whole key is always shorter than what stands for a cut one.
    fn read(marker: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(marker.as_bytes()).ok()?;
        if bytes.len() < Self::MOST {
            return String::from_utf8(bytes).ok().map(Self::Key);
        }
        let (head, digest) = bytes.split_at_checked(Self::HEAD)?;
        Some(Self::Cut(head.to_vec(), digest.to_vec()))
    }

    fn marker(&self) -> String {
        match self {
            Self::Key(key) => BASE64URL_NOPAD.encode(key.as_bytes()),
            Self::Cut(head, digest) => BASE64URL_NOPAD.encode(&[head.as_slice(), digest].concat()),
        }
    }

    /// Whether a key is certain to have been given.
    fn is_behind(&self, key: &str) -> bool {
        match self {
            Self::Key(last) => key <= last.as_str(),
            Self::Cut(head, _) => key.as_bytes() < head.as_slice(),
        }
    }

    /// Whether a key is one of those among which only the digest tells what has been given.
    fn begins(&self, key: &str) -> bool {
        matches!(self, Self::Cut(head, _) if key.as_bytes().starts_with(head))
    }

    fn is(&self, key: &str) -> bool {
        matches!(self, Self::Cut(_, last) if *last == digest(key))
    }
}

fn digest(key: &str) -> Vec<u8> {
    Sha256::digest(key).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::params::Params;

    fn page(pairs: &[(&str, &str)]) -> Result<Page, Error> {
        let params = Params::of(pairs.iter().copied());
        let mut reader = params.reader();
        let page = Page::read(&mut reader);
        reader.finish().map(|()| page)
    }

    const ALL: [(&str, u8); 4] = [("a", 1), ("b", 2), ("c", 3), ("d", 4)];

    #[test]
    fn the_marker_leads_to_the_next_page_and_the_last_page_has_none() {
        let first = page(&[("MaxItems", "3")]).unwrap().take(ALL);
        assert_eq!(first.items, [1, 2, 3]);
        let marker = first.next.unwrap();
        let second = page(&[("MaxItems", "3"), ("Marker", &marker)]).unwrap();
        let second = second.take(ALL);
        assert_eq!(second.items, [4]);
        assert_eq!(second.next, None);
    }

    #[test]
    fn a_page_that_holds_exactly_the_rest_is_the_last() {
        assert_eq!(page(&[("MaxItems", "4")]).unwrap().take(ALL).next, None);
    }

    #[test]
    fn what_vanishes_between_two_pages_hides_nothing_else() {
        let first = page(&[("MaxItems", "2")]).unwrap().take(ALL);
        let marker = first.next.unwrap();
        let without_b = [("a", 1), ("c", 3), ("d", 4)];
        let second = page(&[("Marker", &marker)]).unwrap().take(without_b);
        assert_eq!(second.items, [3, 4]);
    }

    #[test]
    fn keys_too_long_for_a_marker_lead_on_all_the_same() {
        let key = |n: u32| format!("{}{n}", "\u{d55c}".repeat(127));
        let all = [key(1), key(2), key(3), format!("{}4", "\u{d55d}".repeat(60))];
        let keyed = |keys: &[String]| keys.iter().map(|key| (key.clone(), key.clone())).collect::<Vec<_>>();
        let mut after = page(&[("MaxItems", "1")]).unwrap();
        for expected in &all {
            let paged = after.take(keyed(&all));
            assert_eq!(paged.items, [expected.as_str()]);
            let Some(marker) = paged.next else { continue };
            assert!(marker.len() <= rules::MARKER.max, "{}", marker.len());
            after = page(&[("MaxItems", "1"), ("Marker", &marker)]).unwrap();
        }
        let gone = Place::of(&key(2)).marker();
        let rest = page(&[("Marker", &gone)]).unwrap().take(keyed(&[key(1), key(3)]));
        assert_eq!(rest.items, [key(1), key(3)], "none is hidden when the item of the marker is gone");
    }

    #[test]
    fn the_longest_key_that_stands_whole_and_the_shortest_that_is_cut_fill_a_marker() {
        for length in [Place::MOST - 1, Place::MOST, Place::MOST + 1] {
            let place = Place::of(&"k".repeat(length));
            assert_eq!(matches!(place, Place::Key(_)), length < Place::MOST);
            assert_eq!(Place::read(&place.marker()), Some(place), "{length}");
        }
    }

    #[test]
    fn a_marker_that_nobody_gave_out_is_refused() {
        assert!(page(&[("Marker", "z!")]).is_err());
    }
}
