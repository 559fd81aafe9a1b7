//! The integration tests, in one binary; the folders mirror `src/`.
#![warn(clippy::disallowed_methods)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on panics"
)]

mod api;
mod build;
mod catalog;
mod cli;
mod client;
mod config;
mod delivery;
mod event;
mod failure;
mod follow;
mod identity;
mod ingest;
mod openapi;
mod outbound;
mod page;
mod process;
mod recovery;
mod retention;
mod rules;
mod store;
mod support;
mod telemetry;
mod tls;
mod worker;
