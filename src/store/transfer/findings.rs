//! What a walk finds.

/// What a walk through one table found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// The table's name.
    pub table: &'static str,
    /// All rows of the source.
    pub source: Tally,
    /// The rows of the target that the source has as well.
    pub target: Tally,
    /// Rows that the target lacked.
    pub missing: u64,
    /// Rows of the target that the source lacks.
    pub foreign: u64,
    /// Rows with the same key and different contents.
    pub different: u64,
    /// Whether rows of this table are updated in place, so that [`Mode::Insert`](super::Mode::Insert) replaces different ones.
    pub changes_in_place: bool,
    /// The first different row.
    pub first_different: Option<String>,
}

/// The number of rows, and what they contain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// The number of rows.
    pub rows: u64,
    /// SHA-256 of all their columns, in the order of their keys, as hexadecimal digits.
    pub checksum: String,
}

impl Findings {
    /// Whether the target has every row of the source unchanged.
    pub fn is_whole(&self) -> bool {
        self.source == self.target
    }
}
