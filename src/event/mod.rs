//! Events: what happened, reported to operators and machines in Glance's envelope.
//!
//! A [`Report`] is validated against the catalog, gets its [`Envelope`] from the [`Reporter`], and is written in the
//! same transaction as the change that it reports. No databases or brokers here.

mod check;
mod envelope;
mod fault;
mod outgoing;
mod priority;
mod report;
mod reporter;
mod subscribers;

pub use envelope::Envelope;
pub use outgoing::{Outgoing, Sinks};
pub use priority::Priority;
pub(crate) use report::CheckedReport;
pub use report::Report;
pub use reporter::{Origin, Reporter};
pub use subscribers::{Subscribed, Subscribers};
