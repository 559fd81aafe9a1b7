//! Messages for tenants: drafts as services send them, messages as they are stored, and queries for them.
//!
//! No HTTP and no database here. A message does not contain its text: the catalog renders it on reading.

mod columns;
mod draft;
mod full_form;
mod object;
mod position;
mod query;
mod row;
pub mod time;

pub(crate) use draft::{CheckedDraft, Draft, LONGEST, Parameters};
pub(crate) use full_form::FullForm;
pub(crate) use object::Object;
pub use position::Position;
pub use query::{Column, Condition, Direction, Query, Scope};
pub use row::Message;
