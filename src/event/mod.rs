//! Events: what happened, told to operators and machines in Glance's envelope.
//!
//! A [`Report`] is held against the catalog, gets its [`Envelope`] from the [`Reporter`], and is written in the
//! transaction of what it tells of. Nothing here knows of databases or brokers.

mod check;
mod envelope;
mod fault;
mod outgoing;
mod priority;
mod report;
mod reporter;

pub use envelope::Envelope;
pub use outgoing::{Outgoing, Sinks};
pub use priority::Priority;
pub(crate) use report::CheckedReport;
pub use report::Report;
pub use reporter::{Origin, Reporter};
