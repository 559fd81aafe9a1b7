//! The message store: the only module that knows a database.

mod backend;
mod connection;
mod counts;
mod dialect;
mod engine;
mod error;
mod handle;
mod migration;
mod read;
mod schema;
mod settings;
mod tables;
mod transaction;
pub mod transfer;

pub(crate) use backend::Backend;
pub use connection::Conn;
pub(crate) use engine::activity::Watch;
pub use engine::recorder::Batch;
pub use error::Error;
pub use handle::Store;
pub use read::{Limits, Read};
pub use settings::Settings;
pub(crate) use tables::holder;
pub use tables::idempotency::Recorded;
pub use tables::timed::Timed;
pub use tables::{
    browser_session, confirmation, delivery, event, failure, follow, foreign, idempotency, ingest, lease,
    listener, message, read_state, rollup, subscription,
};
pub use transaction::Tx;
