//! What a tenant is told: drafts as services send them, messages as they are kept, and the questions asked of them.
//!
//! Nothing here knows of HTTP or of a database. The text of a message is not part of it: the catalog renders it on read.

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
