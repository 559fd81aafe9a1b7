//! The library face for Rust services: a [`Recorder`] that sends messages to a Tidings server and never gets
//! in its caller's way.
//!
//! [`Recorder::record`] puts a message in a bounded queue and returns: no network, no disk, no error. One
//! background thread gathers what is recorded into batches by project and posts them. What a server that is
//! down cannot take waits in a spool on disk (when the builder was given a directory) and is sent when the
//! server is back, after a restart of the program if need be.
//!
//! ```no_run
//! use tidings::catalog;
//! use tidings::client::{Auth, Record, Recorder};
//!
//! # fn main() -> Result<(), tidings::client::Error> {
//! let recorder = Recorder::builder("http://127.0.0.1:8790", Auth::NoAuth { user: "cinder".into() })
//!     .spool("/var/spool/cinder/tidings")
//!     .build()?;
//!
//! recorder.record(
//!     "6e4ba1b5f0ad4c5a8b0c1e9b3a6f7d21",
//!     Record::new(catalog::volume::UNABLE_TO_ALLOCATE)
//!         .resource_type("VOLUME")
//!         .resource("0b0c2ff5-6a3c-4d0e-9d0f-6c5b7a4e3d21")
//!         .request_id("req-2f7c1b9e-55a0-4e0b-9c55-0d6a4f5b8e11"),
//! );
//! # Ok(())
//! # }
//! ```
//!
//! # What is promised
//! - **Once, as a rule.** Every batch has an `Idempotency-Key` that stays the same over retries and restarts,
//!   so a retry after a lost answer records nothing twice. The server remembers a key for 24 hours: only a
//!   batch whose answer was lost and that is sent again later than that may be recorded twice. Losing it
//!   would be the worse choice.
//! - **What the spool took is kept** until the server answers for it. When the spool is full the newest
//!   messages lose: they stay in the memory queue, and when that is full too, further ones are dropped,
//!   counted and logged.
//! - **A refused message harms no other.** The server takes a batch as a whole or not at all; one that it
//!   refuses (400, 413, 422) is halved until the message at fault stands alone and is counted as refused.
//! - **A wrong set-up loses nothing.** 401, 403 (also for a host name that the server does not know as its
//!   own), 404 and other answers that no message can be at fault for keep the messages and are tried again
//!   slowly (the longest backoff), with a warning: correct the token or the endpoint and they arrive.
//! - The server stamps the time at which a message arrives; one that waited in the spool carries that later
//!   time.
//!
//! The spool holds messages only, never the token. Its directory belongs to one recorder at a time. A full
//! memory queue and an unclean end of the process (a signal, `std::process::exit`) lose what was neither sent
//! nor spooled yet; [`Recorder::flush`] makes sure of it, and dropping the last clone of a recorder does so
//! for a bounded time.

mod auth;
mod backlog;
mod batch;
mod builder;
mod error;
mod gather;
mod health;
mod lane;
mod ledger;
mod record;
mod recorder;
mod spool;
mod transport;
mod verdict;
mod worker;

pub use auth::Auth;
pub use builder::Builder;
pub use error::Error;
pub use ledger::Stats;
pub use record::Record;
pub use recorder::Recorder;
