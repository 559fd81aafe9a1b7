//! The store: what a commit shares and what it keeps apart, migrations, and its end.

#[cfg(feature = "mysql")]
mod cluster;
mod commits;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod connect;
mod migrations;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod outages;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod retries;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod server;
