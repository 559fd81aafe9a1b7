//! Checksums of tables.

use std::fmt::Write;
use std::hash::{Hash, Hasher};

use sha2::{Digest, Sha256};

use super::findings::Tally;

/// The checksum of the rows so far.
#[derive(Default)]
pub(super) struct Checksum {
    rows: u64,
    hasher: ShaHasher,
}

/// Feeds what a row's `Hash` writes to SHA-256. `Hash` delimits each column, so that none can pass for a part of another.
#[derive(Default)]
struct ShaHasher(Sha256);

impl Hasher for ShaHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Not used: the digest has more than 64 bits.
    fn finish(&self) -> u64 {
        0
    }
}

impl Checksum {
    pub(super) fn add(&mut self, row: &impl Hash) {
        self.rows += 1;
        row.hash(&mut self.hasher);
    }

    pub(super) fn tally(self) -> Tally {
        Tally {
            rows: self.rows,
            checksum: digits(&self.hasher.0.finalize()),
        }
    }
}

/// Bytes as hexadecimal digits.
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

    #[test]
    fn different_columns_have_different_checksums() {
        let tallies = [
            [Some("a"), Some("b")],
            [Some("ab"), Some("")],
            [Some(""), Some("ab")],
            [Some("ab"), None],
            [None, Some("ab")],
        ]
        .map(|columns| {
            let mut checksum = Checksum::default();
            checksum.add(&columns);
            checksum.tally()
        });
        for (index, tally) in tallies.iter().enumerate() {
            assert_eq!((tally.rows, tally.checksum.len()), (1, 64));
            assert!(!tallies[..index].contains(tally), "{index}");
        }
    }
}
