//! What came in as notifications: each is recorded once, for the project that the resource belongs to.
//!
//! The keys of what was recorded and the owners of resources are read and written in the transaction of the messages, so
//! that a notification that is delivered again after a crash finds its key.

mod probe;
mod settle;
mod table;

use std::borrow::Cow;

use super::backend::Conn;
use super::error::Error;
use super::event::outbox;
use super::message;
use super::write::Tx;
use crate::event::{Origin, Reporter};
use crate::message::Message;

pub(super) use probe::batch as probe;
pub use settle::{Known, NewKey, Settled};
pub use table::delete_expired;
pub(super) use table::{KeyLine, OwnerLine};

/// What stands for a notification, a failure or a resource.
pub type Key = [u8; 16];

/// What arrived together, to be recorded in one transaction.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// The time, in microseconds since 1970.
    pub now: i64,
    /// Whose resources are, as notifications of this batch say.
    pub owners: Vec<Owner>,
    /// What there is to record, in the order of arrival.
    pub arrivals: Vec<Arrival>,
}

/// Whose a resource is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The resource.
    pub resource: Key,
    /// Its project.
    pub project_id: String,
    /// When this is forgotten, in microseconds since 1970.
    pub expires_at: i64,
}

/// What one notification brought.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The messages that it makes, mostly one; ids and times are fixed.
    pub messages: Vec<Message>,
    /// The resource whose project may read them, where the notification itself names none.
    pub resource: Option<Key>,
    /// Its own key, by which it is known when it is delivered again, and when that is forgotten, in microseconds since 1970.
    pub own: Option<(Key, i64)>,
    /// The failure that it tells of, where others may tell of the same.
    pub failure: Option<Occurrence>,
}

/// A failure that several notifications may tell of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occurrence {
    /// What all of them share.
    pub key: Key,
    /// When this one says that it happened, in microseconds since 1970.
    pub at: i64,
    /// So much earlier or later it is the same failure, in microseconds.
    pub window: i64,
}

/// What became of an arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Its messages were recorded now.
    Recorded {
        /// The project that was looked up for them.
        owner: Option<String>,
    },
    /// The same notification, or the same failure, was recorded before.
    Repeated,
    /// Nobody knows whose its resource is.
    Ownerless,
}

/// Records a batch, all of it or, on an error, nothing, and gives what became of each arrival, in their order.
pub(super) fn record(tx: &mut Tx<'_>, batch: &Batch, reporter: &Reporter) -> Result<Vec<Outcome>, Error> {
    let conn = tx.conn();
    let settled = known(conn, batch)?.settle(batch);
    table::write_owners(conn, settled.owners)?;
    table::write_keys(conn, settled.keys)?;
    let each = settled.each;
    let arrivals = batch.arrivals.iter().zip(&each);
    let rows: Vec<Cow<'_, Message>> = arrivals
        .flat_map(|(arrival, outcome)| messages(arrival, outcome))
        .collect();
    let rows: Vec<&Message> = rows.iter().map(AsRef::as_ref).collect();
    message::insert(conn, &rows)?;
    tx.written()
        .messages(rows.iter().map(|row| row.project_id.as_str()));
    let told = rows
        .iter()
        .map(|row| (Origin::of(&row.project_id, &row.request_id), row.payload()));
    outbox::add(tx, &reporter.recorded(told, batch.now))?;
    Ok(each)
}

impl Arrival {
    /// The keys by which it may be known.
    fn keys(&self) -> impl Iterator<Item = &Key> {
        let own = self.own.iter().map(|(key, _)| key);
        own.chain(self.failure.iter().map(|failure| &failure.key))
    }
}

/// The messages of an arrival that are to be recorded, each with its project.
fn messages<'a>(arrival: &'a Arrival, outcome: &'a Outcome) -> impl Iterator<Item = Cow<'a, Message>> {
    let messages = match outcome {
        Outcome::Recorded { .. } => arrival.messages.as_slice(),
        Outcome::Repeated | Outcome::Ownerless => &[],
    };
    messages.iter().map(move |message| outcome.of(message))
}

impl Outcome {
    /// A message of the arrival, with the project that was looked up for it.
    pub fn of<'a>(&self, message: &'a Message) -> Cow<'a, Message> {
        match self {
            Self::Recorded { owner: Some(owner) } => Cow::Owned(Message {
                project_id: owner.clone(),
                ..message.clone()
            }),
            _ => Cow::Borrowed(message),
        }
    }
}

/// What the database knows of what a batch brings.
fn known(conn: &mut Conn, batch: &Batch) -> Result<Known, Error> {
    let keys = batch.arrivals.iter().flat_map(Arrival::keys);
    let keys: Vec<&Key> = keys.collect();
    let lookups = batch
        .arrivals
        .iter()
        .filter_map(|arrival| arrival.resource.as_ref());
    let told = batch.owners.iter().map(|owner| &owner.resource);
    let resources: Vec<&Key> = lookups.chain(told).collect();
    Ok(Known {
        keys: table::read_keys(conn, &keys)?,
        owners: table::read_owners(conn, &resources)?,
    })
}
