//! `[follow]`.

use super::connection::Connection;
use super::reader::OptionReader;

/// `[follow]`: reads the messages that other services write into their own databases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Follow {
    /// Block storage's database.
    pub cinder: Option<Connection>,
    /// The shared file system's database.
    pub manila: Option<Connection>,
}

impl Follow {
    pub(super) fn read(reader: &mut OptionReader) -> Self {
        let mut section = reader.section("follow");
        Self {
            cinder: section.get("cinder", None),
            manila: section.get("manila", None),
        }
    }
}
