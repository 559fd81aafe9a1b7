//! Tidings tells the tenants of a cloud what became of their asynchronous operations.
//!
//! Backend services record *messages*. Every text that a tenant can see comes from a [`catalog`] compiled into the
//! program, so no operator-only information can leak. Tenants read messages over block storage's API. Operators and
//! machines receive *events*, in the log or on a message queue.
//!
//! ```text
//! POST /v3/{project}/messages ─ Draft::check(catalog) ──┬─ store.record ─ group commit ─ 201, 202
//! POST /v3/{project}/events   ─ Report::check(catalog) ─┘        │ deliveries
//!                        log, RabbitMQ ◄─ dispatcher: claim ─ deliver ─ settle
//! bus ─ ingest ─ the catalog's rules ─ store.ingest ─ the same commit ─ acknowledged
//! Cinder's and Manila's tables ─ follow ─ store.follow ─ the same commit
//! GET  /v3/{project}/messages ◄─ JSON straight from rows ─ store.read
//! cron: tidings purge ─ bounded batches ─ store.write
//! ```
//!
//! docs/architecture.md describes the modules and their ranks, the invariants and their tests, the journeys of a POST
//! and a GET, and where to start for a change. There are no globals: the store, the configuration and the clock are
//! passed as arguments.

#![allow(
    rustdoc::private_intra_doc_links,
    reason = "the documentation is for those who work on the server, and shows private items"
)]

pub mod api;
pub mod backoff;
mod brief;
pub mod bus;
pub mod cli;
pub mod clock;
pub mod config;
pub mod delivery;
pub mod event;
pub mod failure;
pub mod follow;
pub mod identity;
pub mod ingest;
mod legible;
pub mod listener;
pub mod message;
mod named;
pub mod outbound;
mod page;
pub mod recovery;
pub mod retention;
mod seal;
mod spelling;
pub mod store;
pub mod telemetry;
pub mod worker;

pub use tidings_catalog as catalog;
pub use tidings_client::tls;
