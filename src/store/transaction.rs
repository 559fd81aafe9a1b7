//! A transaction as closures see it.

use std::collections::BTreeSet;

use prometheus_client::metrics::counter::Counter;

use super::connection::Conn;

/// A transaction in progress. Only [`Store::write`](super::Store::write) makes one, so everything done with it is committed
/// together or not at all.
pub struct Tx<'a> {
    conn: &'a mut Conn,
    written: Written,
}

/// What follows from the commit of a transaction: what watchers are notified of, and what is counted.
#[derive(Default)]
pub(super) struct Written {
    pub(super) projects: BTreeSet<String>,
    pub(super) has_events: bool,
    counted: Vec<Counter>,
}

impl<'a> Tx<'a> {
    pub(super) fn new(conn: &'a mut Conn) -> Self {
        Self {
            conn,
            written: Written::default(),
        }
    }

    /// The connection, for statements that only read.
    pub fn conn(&mut self) -> &mut Conn {
        self.conn
    }

    /// Counts once the transaction is committed: it may run several times until then, or in vain.
    pub fn count(&mut self, counter: Counter) {
        self.written.counted.push(counter);
    }

    /// Notes messages of these projects.
    pub(super) fn wrote_messages<'p>(&mut self, projects: impl Iterator<Item = &'p str>) {
        for project in projects {
            if !self.written.projects.contains(project) {
                self.written.projects.insert(project.to_owned());
            }
        }
    }

    /// Notes events.
    pub(super) fn wrote_events(&mut self) {
        self.written.has_events = true;
    }

    pub(super) fn into_written(self) -> Written {
        self.written
    }
}

impl Written {
    /// Counts what is counted after the commit.
    pub(super) fn count(&self) {
        for counter in &self.counted {
            counter.inc();
        }
    }
}
