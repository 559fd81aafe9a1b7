//! `[secrets]`.

use std::path::PathBuf;

use super::reader::OptionReader;

/// `[secrets]`: the encryption of listeners' secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Secrets {
    /// A file of keys, one per line: the first encrypts, all decrypt. Without it, SQLite has one beside the database, and
    /// other databases have none.
    pub key_file: Option<PathBuf>,
}

impl Secrets {
    pub(super) fn read(reader: &mut OptionReader) -> Self {
        Self {
            key_file: reader.section("secrets").get("key_file", None),
        }
    }
}
