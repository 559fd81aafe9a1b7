//! Tidings tells the tenants of a cloud what became of their asynchronous operations.
//!
//! Backend services record *messages*; every text a tenant can see comes from a [`catalog`] compiled into the program,
//! so nothing that only operators may know can leak. Tenants read them over the API of block storage. What happened is
//! told to operators and machines as *events*, in the log or on a message queue.
//!
//! ```text
//! POST /v3/{project}/messages ─ Draft::check(catalog) ──┬─ store.record ─ group commit ─ 201, 202
//! POST /v3/{project}/events   ─ Report::check(catalog) ─┘        │ outbox
//!                        log, RabbitMQ ◄─ dispatcher: claim ─ deliver ─ settle
//! bus ─ ingest ─ the catalog's rules ─ store.ingest ─ the same commit ─ acknowledged
//! GET  /v3/{project}/messages ◄─ JSON straight from rows ─ store.read
//! cron: tidings purge ─ bounded batches ─ store.write
//! ```
//!
//! The modules have ranks; one may import what stands below it, never above, and none of its own rank. A test holds the
//! source against this:
//!
//! | rank | modules | what they know |
//! |---|---|---|
//! | 1 | [`cli`] | prose and tables for people |
//! | 2 | [`api`] | HTTP; alone knows the web framework |
//! | 3 | [`page`], [`delivery`], [`ingest`], [`retention`] | HTML; sending events; messages from notifications; deleting what expired |
//! | 4 | [`identity`], [`bus`] | who calls, and what they may do; message brokers and what oslo.messaging writes |
//! | 5 | [`store`] | the database; alone knows diesel |
//! | 6 | [`message`], [`event`] | drafts, messages, queries; what operators and machines are told |
//! | 7 | [`catalog`] | every text there is |
//!
//! Services written in Rust record with the crate `tidings-client`, which stands beside the catalog: the server takes its Keystone
//! tokens and TLS from it.
//!
//! [`brief`], [`config`], [`telemetry`], [`clock`], `legible`, `spelling` and [`tls`] import nothing of ours but `spelling`, and anyone may import
//! them. There are no globals: the store, the configuration and the clock are passed.

pub mod api;
pub mod brief;
pub mod bus;
pub mod cli;
pub mod clock;
pub mod config;
pub mod delivery;
pub mod event;
pub mod identity;
pub mod ingest;
mod legible;
pub mod message;
pub mod page;
pub mod retention;
mod spelling;
pub mod store;
pub mod telemetry;

pub use tidings_catalog as catalog;
pub use tidings_client::tls;
