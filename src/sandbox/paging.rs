//! Pages: `MaxItems`, `Marker`, `IsTruncated`.
//!
//! A marker carries the key of the last item given, not a position: what is added or removed
//! between two calls neither repeats nor hides another item.

use data_encoding::HEXLOWER;

use super::{error::Error, limits, params::Reader, rules, xml::Xml};

/// Which page is asked for.
#[derive(Debug)]
pub struct Page {
    after: Option<String>,
    max: usize,
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
        let max = reader.number("MaxItems", 1, most);
        let after = reader.optional("Marker", &rules::MARKER).and_then(|text| {
            let key = decode(text);
            if key.is_none() {
                reader.refuse(Error::validation("Invalid Marker."));
            }
            key
        });
        Self { after, max: max.and_then(|max| usize::try_from(max).ok()).unwrap_or(limits::PAGE_DEFAULT) }
    }

    /// Takes the page out of all items, which come in the order of their keys.
    pub fn take<K: AsRef<str>, T>(&self, all: impl IntoIterator<Item = (K, T)>) -> Paged<T> {
        let after = self.after.as_deref();
        let mut rest = all.into_iter().skip_while(|(key, _)| after.is_some_and(|after| key.as_ref() <= after));
        let mut items = Vec::new();
        let mut last = None;
        for (key, item) in rest.by_ref().take(self.max) {
            last = Some(key);
            items.push(item);
        }
        let more = rest.next().is_some();
        let next = last.filter(|_| more).map(|key| HEXLOWER.encode(key.as_ref().as_bytes()));
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

fn decode(marker: &str) -> Option<String> {
    let bytes = HEXLOWER.decode(marker.as_bytes()).ok()?;
    String::from_utf8(bytes).ok()
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
    fn a_marker_that_nobody_gave_out_is_refused() {
        assert!(page(&[("Marker", "zz")]).is_err());
    }
}
