//! A transaction as closures see it.

use std::collections::BTreeSet;

use prometheus_client::metrics::counter::Counter;

use super::connection::Conn;
use crate::message::{Message, Position, Tallied};

/// A transaction in progress. Only [`Store::write`](super::Store::write) makes one, so everything done with it is committed
/// together or not at all.
pub struct Tx<'a> {
    conn: &'a mut Conn,
    written: Written,
}

/// What follows from a transaction: what watchers are notified of after the commit, and what is counted.
#[derive(Default)]
pub(super) struct Written {
    pub(super) projects: BTreeSet<String>,
    /// The messages that it recorded, and those that it deleted.
    pub(super) recorded: Vec<Tallied>,
    pub(super) removed: Vec<Tallied>,
    /// The messages that it moved to another time, each with where it was.
    pub(super) moved: Vec<(Position, Tallied)>,
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

    /// Notes new messages.
    pub(super) fn recorded_messages<'m>(&mut self, messages: impl Iterator<Item = &'m Message>) {
        for message in messages {
            self.changed_messages(&message.project_id);
            self.written.recorded.push(Tallied::of(message));
        }
    }

    /// Notes deleted messages.
    pub(super) fn removed_messages(&mut self, messages: impl IntoIterator<Item = Tallied>) {
        self.written.removed.extend(messages);
    }

    /// Notes a message that is no longer where it was.
    pub(super) fn moved_message(&mut self, from: Position, message: &Message) {
        self.written.moved.push((from, Tallied::of(message)));
    }

    /// Notes that messages of a project were written that are not new.
    pub(super) fn changed_messages(&mut self, project: &str) {
        if !self.written.projects.contains(project) {
            self.written.projects.insert(project.to_owned());
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
