//! Which server each connection leads to.
//!
//! Behind a proxy, connections lead to different servers after a switchover: those made before stay where they were for as
//! long as they live. The first commit on another server therefore outdates every older connection, before its caller hears of it: who
//! reads after a write reads where it went.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::error::Error;
#[cfg(any(feature = "postgres", feature = "mysql"))]
use crate::telemetry::Seldom;

/// The shortest time between two looks whether the proxy leads from a server that only reads to another.
const LOOK: Duration = Duration::from_secs(5);

/// The connections of a store.
#[derive(Debug)]
pub(super) struct Sides {
    /// Goes up when all connections are to be made anew.
    generation: AtomicU64,
    longest_life: Duration,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    /// Where the last write was committed; before the first, where the first connection led.
    home: String,
    last: u64,
    /// When all connections were last made anew for want of one that writes.
    looked: Option<Instant>,
    /// How often writes went elsewhere, which they do with every commit where a proxy leads to two servers.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    moves: Seldom,
    /// The server and the generation of each connection.
    links: HashMap<u64, (String, u64)>,
}

/// A connection's entry, gone when dropped.
#[derive(Debug)]
pub(super) struct Link {
    sides: Arc<Sides>,
    number: u64,
    generation: u64,
}

impl Sides {
    /// `longest_life` is the age from which a connection is made anew.
    pub(super) fn new(longest_life: Duration) -> Arc<Self> {
        Arc::new(Self {
            generation: AtomicU64::new(0),
            longest_life,
            table: Mutex::default(),
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
    pub(super) fn enter(self: &Arc<Self>, server: String, generation: u64) -> Link {
        let mut table = self.table();
        if table.home.is_empty() {
            table.home.clone_from(&server);
        }
        table.last += 1;
        let number = table.last;
        table.links.insert(number, (server, generation));
        Link {
            sides: Arc::clone(self),
            number,
            generation,
        }
    }

    /// Checks that all connections lead to the same server, but for those that are made anew before their next use. Where
    /// they do not, all are made anew.
    ///
    /// # Errors
    /// [`Error::Unavailable`], with the servers.
    pub(super) fn check(&self) -> Result<(), Error> {
        let table = self.table();
        let now = self.generation();
        let current = table.links.values().filter(|(_, generation)| *generation == now);
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

    /// Outdates all connections, as the proxy may lead to a server that writes by now; not with every caller who finds that
    /// theirs only reads.
    pub(super) fn look_elsewhere(&self) {
        let mut table = self.table();
        if table.looked.is_none_or(|at| at.elapsed() >= LOOK) {
            table.looked = Some(Instant::now());
            self.renew();
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Link {
    /// Whether the connection may still be used.
    pub(super) fn is_current(&self) -> bool {
        self.sides.generation() == self.generation
    }

    /// Notes that a write was committed on the connection. Where that is another server than before, all others are
    /// outdated. An outdated connection decides nothing: it may lead to the server that the proxy has left.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub(super) fn settle(&mut self) {
        let mut table = self.sides.table();
        if !self.is_current() {
            return;
        }
        let Table {
            home, links, moves, ..
        } = &mut *table;
        let Some((server, generation)) = links.get_mut(&self.number).filter(|(server, _)| server != home)
        else {
            return;
        };
        home.clone_from(server);
        self.generation = self.sides.renew();
        *generation = self.generation;
        let (server, due) = (server.clone(), moves.due());
        drop(table);
        if let Some(held_back) = due {
            tracing::warn!(
                server,
                held_back,
                "writes go to another database server, or to one that was restarted; reads follow"
            );
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.sides.table().links.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(sides: &Arc<Sides>, server: &str) -> Link {
        sides.enter(server.to_owned(), sides.generation())
    }

    #[cfg(any(feature = "postgres", feature = "mysql"))]
    #[test]
    fn the_first_commit_on_another_server_outdates_all_other_connections() {
        let sides = Sides::new(Duration::MAX);
        let (mut old, reader) = (link(&sides, "a"), link(&sides, "a"));
        old.settle();
        assert!(old.is_current() && reader.is_current());
        let begun_before = sides.generation();
        let mut new = link(&sides, "b");
        new.settle();
        let late = sides.enter("a".to_owned(), begun_before);
        old.settle();
        assert!(
            new.is_current(),
            "the one that committed stays, whatever an old one commits"
        );
        assert!(!old.is_current() && !reader.is_current() && !late.is_current());
        assert_eq!(sides.check(), Ok(()));
    }

    #[test]
    fn connections_that_only_read_are_made_anew_now_and_then() {
        let sides = Sides::new(Duration::MAX);
        let first = link(&sides, "a");
        sides.look_elsewhere();
        assert!(!first.is_current());
        let second = link(&sides, "a");
        sides.look_elsewhere();
        assert!(second.is_current(), "not with every healthcheck");
    }

    #[test]
    fn connections_to_different_servers_are_told_of_and_made_anew() {
        let sides = Sides::new(Duration::MAX);
        let (writer, reader) = (link(&sides, "a"), link(&sides, "b"));
        let told = sides.check().unwrap_err().to_string();
        assert!(told.contains("a, b"), "{told}");
        assert!(!writer.is_current() && !reader.is_current());
        drop(reader);
        let _new = link(&sides, "a");
        assert_eq!(sides.check(), Ok(()));
    }
}
