//! The store: what a commit shares and what it keeps apart, migrations, what is new, and its end.

#[cfg(feature = "mysql")]
mod cluster;
mod commits;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod connect;
mod migrations;
mod news;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod outages;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod retries;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod server;
mod transfer;
