//! Which server each connection leads to.
//!
//! Behind a proxy, connections lead to different servers after a switchover: older ones keep their server for as long as they
//! live. Therefore the first commit on another server outdates every older connection before the caller is answered, so that
//! a read after a write goes to the same server.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::store::error::Error;
#[cfg(any(feature = "postgres", feature = "mysql"))]
use crate::telemetry::LogThrottle;

/// The shortest time between two attempts to reach, through the proxy, a server that accepts writes.
const LOOK: Duration = Duration::from_secs(5);

/// The connections of a store.
#[derive(Debug)]
pub(in crate::store) struct Routes {
    /// Incremented to outdate all connections.
    generation: AtomicU64,
    longest_life: Duration,
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    /// The server of the last commit; before the first one, that of the first connection.
    home: String,
    last: u64,
    /// When all connections were last outdated for lack of a server that accepts writes.
    looked: Option<Instant>,
    /// Limits the log: with a proxy that leads to two servers, writes move with every commit.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    moves: LogThrottle,
    /// The server and the generation of each connection.
    routes: HashMap<u64, (String, u64)>,
}

/// A connection's entry, removed when dropped.
#[derive(Debug)]
pub(super) struct Route {
    routes: Arc<Routes>,
    number: u64,
    generation: u64,
}

impl Routes {
    /// `longest_life` is the age from which a connection is replaced.
    pub(in crate::store) fn new(longest_life: Duration) -> Arc<Self> {
        Arc::new(Self {
            generation: AtomicU64::new(0),
            longest_life,
            entries: Mutex::default(),
        })
    }

    pub(super) fn longest_life(&self) -> Duration {
        self.longest_life
    }

    /// The generation of a connection that is about to be made.
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    /// Enters a connection. `generation` is from before it was made.
    pub(super) fn enter(self: &Arc<Self>, server: String, generation: u64) -> Route {
        let mut entries = self.entries.lock();
        if entries.home.is_empty() {
            entries.home.clone_from(&server);
        }
        entries.last += 1;
        let number = entries.last;
        entries.routes.insert(number, (server, generation));
        Route {
            routes: Arc::clone(self),
            number,
            generation,
        }
    }

    /// Checks that all current connections lead to the same server. Otherwise all are outdated, and [`Error::Unavailable`]
    /// names the servers.
    pub(in crate::store) fn check(&self) -> Result<(), Error> {
        let entries = self.entries.lock();
        let now = self.generation();
        let current = entries
            .routes
            .values()
            .filter(|(_, generation)| *generation == now);
        let mut servers: Vec<&str> = current.map(|(server, _)| server.as_str()).collect();
        servers.sort_unstable();
        servers.dedup();
        if servers.len() < 2 {
            return Ok(());
        }
        self.renew();
        Err(Error::Unavailable(format!(
            "the connections lead to different servers: {}",
            servers.join(", ")
        )))
    }

    /// Outdates all connections and returns the new generation.
    pub(super) fn renew(&self) -> u64 {
        self.generation.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Outdates all connections, as the proxy may lead to a server that accepts writes by now; at most every few seconds.
    pub(in crate::store) fn look_elsewhere(&self) {
        let mut entries = self.entries.lock();
        if entries.looked.is_none_or(|at| at.elapsed() >= LOOK) {
            entries.looked = Some(Instant::now());
            self.renew();
        }
    }
}

impl Route {
    /// Whether the connection may still be used.
    pub(super) fn is_current(&self) -> bool {
        self.routes.generation() == self.generation
    }

    /// Notes a commit on the connection. If its server is not that of the last commit, all other connections are outdated. An
    /// outdated connection changes nothing: it may lead to the server that the proxy has left.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub(super) fn settle(&mut self) {
        let mut entries = self.routes.entries.lock();
        if !self.is_current() {
            return;
        }
        let Entries {
            home, routes, moves, ..
        } = &mut *entries;
        let Some((server, generation)) = routes.get_mut(&self.number).filter(|(server, _)| server != home)
        else {
            return;
        };
        home.clone_from(server);
        self.generation = self.routes.renew();
        *generation = self.generation;
        let (server, due) = (server.clone(), moves.due());
        drop(entries);
        if let Some(held_back) = due {
            tracing::warn!(
                server,
                held_back,
                "writes go to another database server, or to one that was restarted; reads follow"
            );
        }
    }
}

impl Drop for Route {
    fn drop(&mut self) {
        self.routes.entries.lock().routes.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(routes: &Arc<Routes>, server: &str) -> Route {
        routes.enter(server.to_owned(), routes.generation())
    }

    #[cfg(any(feature = "postgres", feature = "mysql"))]
    #[test]
    fn the_first_commit_on_another_server_outdates_all_other_connections() {
        let routes = Routes::new(Duration::MAX);
        let (mut old, reader) = (route(&routes, "a"), route(&routes, "a"));
        old.settle();
        assert!(old.is_current() && reader.is_current());
        let begun_before = routes.generation();
        let mut new = route(&routes, "b");
        new.settle();
        let late = routes.enter("a".to_owned(), begun_before);
        old.settle();
        assert!(
            new.is_current(),
            "the one that committed stays, whatever an old one commits"
        );
        assert!(!old.is_current() && !reader.is_current() && !late.is_current());
        assert_eq!(routes.check(), Ok(()));
    }

    #[test]
    fn read_only_connections_are_replaced_now_and_then() {
        let routes = Routes::new(Duration::MAX);
        let first = route(&routes, "a");
        routes.look_elsewhere();
        assert!(!first.is_current());
        let second = route(&routes, "a");
        routes.look_elsewhere();
        assert!(second.is_current(), "not with every healthcheck");
    }

    #[test]
    fn connections_to_different_servers_are_reported_and_replaced() {
        let routes = Routes::new(Duration::MAX);
        let (writer, reader) = (route(&routes, "a"), route(&routes, "b"));
        let error = routes.check().unwrap_err().to_string();
        assert!(error.contains("a, b"), "{error}");
        assert!(!writer.is_current() && !reader.is_current());
        drop(reader);
        let _new = route(&routes, "a");
        assert_eq!(routes.check(), Ok(()));
    }
}
