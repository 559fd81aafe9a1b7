//! Copying one database into another, of whatever kind.
//!
//! Both are read side by side in the order of their keys, page by page, which shows for every row whether it is missing,
//! foreign, different or the same. The same walk looks before anything is written, copies, and verifies afterwards; after an
//! interrupted copy, it finds the copied rows to be the same. Every table of the schema is either copied or listed in
//! `skipped` with the reason.

mod checksum;
mod compare;
mod copied;
mod counts;
mod events;
mod failures;
mod findings;
mod late;
mod listeners;
mod skipped;
mod table;
mod walk;

pub use findings::{Findings, Tally};
pub use skipped::Skipped;
pub use walk::{Endpoint, Mode, Transfer};
