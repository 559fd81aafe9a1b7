//! Checksums of tables.

use std::fmt::Write;

use sha2::{Digest as _, Sha256};

use super::Tally;

/// The checksum of the rows so far. Each column goes in with its length, so that none can pass for a part of another.
#[derive(Default)]
pub(super) struct Digest {
    rows: u64,
    hash: Sha256,
}

/// What a checksum is made of.
pub(super) trait Columns {
    /// Puts in every column, always in the same order.
    fn columns(&self, digest: &mut Digest);
}

/// In the place of a length: there is no value.
const NULL: u64 = u64::MAX;

impl Digest {
    pub(super) fn add(&mut self, row: &impl Columns) {
        self.rows += 1;
        row.columns(self);
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.hash.update((bytes.len() as u64).to_be_bytes());
        self.hash.update(bytes);
    }

    pub(super) fn number(&mut self, number: i64) {
        self.bytes(&number.to_be_bytes());
    }

    pub(super) fn text(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.bytes(text.as_bytes()),
            None => self.hash.update(NULL.to_be_bytes()),
        }
    }

    pub(super) fn time(&mut self, time: Option<i64>) {
        match time {
            Some(at) => self.number(at),
            None => self.text(None),
        }
    }

    pub(super) fn tally(self) -> Tally {
        Tally {
            rows: self.rows,
            checksum: digits(&self.hash.finalize()),
        }
    }
}

/// Bytes as people know them.
pub(super) fn digits(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing into memory does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Texts<'a>(&'a [Option<&'a str>]);

    impl Columns for Texts<'_> {
        fn columns(&self, digest: &mut Digest) {
            self.0.iter().for_each(|text| digest.text(*text));
        }
    }

    #[test]
    fn other_columns_have_another_checksum() {
        let tallies = [
            &[Some("a"), Some("b")][..],
            &[Some("ab"), Some("")],
            &[Some(""), Some("ab")],
            &[Some("ab"), None],
            &[None, Some("ab")],
        ]
        .map(|texts| {
            let mut digest = Digest::default();
            digest.add(&Texts(texts));
            digest.tally()
        });
        for (index, tally) in tallies.iter().enumerate() {
            assert_eq!((tally.rows, tally.checksum.len()), (1, 64));
            assert!(!tallies[..index].contains(tally), "{index}");
        }
    }
}
