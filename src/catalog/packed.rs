//! Data that is embedded compressed: a zip, of which one entry at a time is unpacked, when it is asked for.
//!
//! Owns: reading it. Must not: know what the data says, or keep what it unpacked.

use std::io::{Cursor, Read};

use zip::ZipArchive;

/// An embedded zip. Only its directory is kept in memory.
#[derive(Debug)]
pub(super) struct Packed(Option<ZipArchive<Cursor<&'static [u8]>>>);

/// An entry, unpacked.
#[derive(Debug)]
pub(super) struct Entry {
    /// What it says.
    pub text: String,
    /// What is noted beside it.
    pub comment: String,
}

impl Packed {
    /// Reads the directory. `bytes` were made by the refresh tool and are held to be whole by tests; of others, nothing
    /// is found.
    pub fn open(bytes: &'static [u8]) -> Self {
        Packed(ZipArchive::new(Cursor::new(bytes)).ok())
    }

    /// The entry of that name.
    pub fn entry(&self, name: &str) -> Option<Entry> {
        let mut archive = self.0.clone()?;
        let mut packed = archive.by_name(name).ok()?;
        let mut text = String::with_capacity(usize::try_from(packed.size()).ok()?);
        packed.read_to_string(&mut text).ok()?;
        Some(Entry { text, comment: packed.comment().to_owned() })
    }

    /// The names of all entries and what is noted beside them, in order; nothing is unpacked.
    pub fn comments(&self) -> Vec<(String, String)> {
        let Some(mut archive) = self.0.clone() else { return Vec::new() };
        let mut noted = |at| {
            let packed = archive.by_index_raw(at).ok()?;
            Some((packed.name().ok()?.into_owned(), packed.comment().to_owned()))
        };
        (0..self.0.as_ref().map_or(0, ZipArchive::len)).filter_map(&mut noted).collect()
    }

    /// The names of all entries, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let raw = self.0.iter().flat_map(ZipArchive::file_names_raw);
        raw.filter_map(|name| std::str::from_utf8(name).ok())
    }

    /// Source, date and licence of the data.
    pub fn about(&self) -> String {
        self.0.as_ref().map(|archive| String::from_utf8_lossy(archive.comment()).into_owned()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_found_in_bytes_that_are_no_zip() {
        let packed = Packed::open(b"no zip");
        assert!(packed.entry("a").is_none() && packed.names().next().is_none() && packed.about().is_empty());
    }
}
