//! The store: shared commits and their isolation, migrations, news, read marks, and shutdown.

mod browser_session;
#[cfg(feature = "mysql")]
mod cluster;
mod commits;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod connect;
mod counts;
mod damaged;
mod domains;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod links;
mod listeners;
mod log;
mod migrations;
mod news;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod outages;
mod paging;
mod plans;
#[cfg(feature = "postgres")]
mod pooling;
mod read_state;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod requirements;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod retries;
mod rollups;
mod rollups_late;
mod schema;
mod search;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod server;
#[cfg(all(feature = "postgres", feature = "mysql"))]
mod shapes;
mod sorted;
#[cfg(feature = "mysql")]
mod states;
mod switchover;
mod transfer;
mod wakes;
