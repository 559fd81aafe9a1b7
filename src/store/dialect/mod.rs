//! Everything in which the databases differ.

pub(super) mod among;
pub(super) mod chunks;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod connection_error;
mod expressions;
mod foreign;
pub(super) mod insert;
pub(super) mod locked;
mod migration_lock;
#[cfg(feature = "mysql")]
pub(super) mod mysql;
mod numbers;
#[cfg(feature = "postgres")]
pub(super) mod postgres;
mod purge;
mod requirements;
mod server;
#[cfg(all(feature = "mysql", target_os = "linux"))]
mod sockets;
#[cfg(feature = "sqlite")]
pub(super) mod sqlite;
#[cfg(feature = "sqlite")]
pub(super) mod sqlite_log;
mod transactions;
