//! The [`Recorder`] and its parts. Data flows from `recorder` through `worker`, `gather` and `backlog` to
//! `transport`.

mod auth;
mod backlog;
mod batch;
mod builder;
mod disposition;
mod error;
mod gather;
mod health;
mod lane;
mod ledger;
mod record;
#[allow(
    clippy::module_inception,
    reason = "the folder is named after its public face"
)]
mod recorder;
mod spool;
mod transport;
mod worker;

pub use auth::Auth;
pub use builder::Builder;
pub use error::Error;
pub use ledger::Stats;
pub use record::Record;
pub use recorder::Recorder;
