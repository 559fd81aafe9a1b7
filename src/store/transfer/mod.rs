//! Moving what one database holds into another, of whatever kind.
//!
//! Both are read side by side in the order of their keys, page by page, which tells for every row whether it is missing,
//! foreign, different or the same. The same walk looks before anything is written, copies, and verifies afterwards; what
//! an interrupted copy has left is found to be the same the next time. Every table of the schema is either copied or named
//! in `left` with the reason why it stays behind.

mod digest;
mod events;
mod late;
mod left;
mod notifications;
mod read_state;
mod table;
mod walk;

use super::backend::{Backend, Conn, Purpose};
use super::error::Error;
use super::event::KeptRow;
use super::idempotency::Line;
use super::ingest::{KeyLine, OwnerLine};
use super::write::{self, Tx};
use super::{Store, migration};
use crate::message::Message;
use digest::Digest;
use events::Waiting;
use late::{Arrival, raise_turn};
pub use left::Left;
use read_state::{Marked, Watermarked};
use table::Table;
use walk::{Cursor, Found, Walk};

/// Rows of one transaction.
const CHUNK: usize = 1000;

/// A database that is read row by row.
pub struct Side {
    conn: Conn,
}

impl Side {
    /// Connects.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database cannot be opened, [`Error::Conflict`] when its schema is older or newer
    /// than this program's.
    pub fn open(backend: &Backend) -> Result<Self, Error> {
        let mut conn = backend.connect(Purpose::Look)?;
        migration::check(&mut conn)?;
        Ok(Self { conn })
    }
}

/// What a walk does besides looking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Nothing, and goes no further than the rows of the target: what the source has behind them is not counted.
    Look,
    /// Nothing.
    Compare,
    /// Inserts what the target lacks, and replaces what is updated in place.
    Insert,
    /// Makes the target the same as the source: inserts, replaces and deletes.
    Mirror,
}

/// What a walk through one table found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// The table's name.
    pub table: &'static str,
    /// All rows of the source.
    pub source: Tally,
    /// Those rows of the target that the source has, too.
    pub target: Tally,
    /// Rows that the target lacked.
    pub missing: u64,
    /// Rows of the target that the source has not.
    pub foreign: u64,
    /// Rows of the same key and other contents.
    pub different: u64,
    /// Whether rows of this table are updated in place, so that [`Act::Insert`] replaces the different ones.
    pub changes_in_place: bool,
    /// Which was the first of the different ones.
    pub first_different: Option<String>,
}

/// How many rows, and what they hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Their number.
    pub rows: u64,
    /// SHA-256 of all their columns, in the order of their keys, as hexadecimal digits.
    pub checksum: String,
}

impl Findings {
    /// Whether the target has every row of the source as it is there.
    pub fn is_whole(&self) -> bool {
        self.source == self.target
    }
}

/// A table that is copied.
struct Copied {
    name: &'static str,
    walk: Step,
}

/// The walk through one table.
type Step = fn(&mut Transfer, Act, &mut dyn FnMut()) -> Result<Findings, Error>;

impl Copied {
    const fn of<T: Table>() -> Self {
        Self {
            name: T::NAME,
            walk: Transfer::walk_table::<T>,
        }
    }
}

/// The tables that are copied, in this order.
const COPIED: [Copied; 9] = [
    Copied::of::<Message>(),
    Copied::of::<Line>(),
    Copied::of::<Waiting>(),
    Copied::of::<KeptRow>(),
    Copied::of::<KeyLine>(),
    Copied::of::<OwnerLine>(),
    Copied::of::<Marked>(),
    Copied::of::<Watermarked>(),
    Copied::of::<Arrival>(),
];

/// Two databases side by side.
pub struct Transfer {
    source: Side,
    target: Side,
    store: Store,
    now: i64,
}

impl Transfer {
    /// From `source` to `target`, into which `store` writes. What has expired at `now`, in microseconds
    /// since 1970, are taken for gone.
    pub fn new(source: Side, target: Side, store: Store, now: i64) -> Self {
        Self {
            source,
            target,
            store,
            now,
        }
    }

    /// How many messages the source has now.
    ///
    /// # Errors
    /// Those of the store.
    pub fn messages(&mut self) -> Result<u64, Error> {
        let count = super::message::count(&mut self.source.conn)?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Walks through all tables, each from its beginning. `progress` is called for each message of the source.
    ///
    /// Not to be called on a thread that runs asynchronous work, since it waits for the writer.
    ///
    /// # Errors
    /// Those of the store. What was written before stays, and a later walk goes on from it.
    pub fn walk(&mut self, act: Act, progress: &mut dyn FnMut()) -> Result<Vec<Findings>, Error> {
        let walks = COPIED.iter().map(|table| {
            if table.name == Message::NAME {
                (table.walk)(self, act, progress)
            } else {
                (table.walk)(self, act, &mut || ())
            }
        });
        let found = walks.collect::<Result<_, _>>()?;
        if matches!(act, Act::Insert | Act::Mirror) {
            write(&self.store, raise_turn)?;
        }
        Ok(found)
    }

    /// Returns the tables of the source that are not copied.
    ///
    /// # Errors
    /// Those of the store.
    pub fn left_behind(&mut self) -> Result<Vec<Left>, Error> {
        left::behind(&mut self.source.conn, &COPIED.map(|table| table.name))
    }

    fn walk_table<T: Table>(&mut self, act: Act, progress: &mut dyn FnMut()) -> Result<Findings, Error> {
        let mut walk = Walk::<T>::new(
            Cursor::new(&mut self.source.conn, self.now),
            Cursor::new(&mut self.target.conn, self.now),
        );
        let mut counts = Counts::default();
        let (mut source, mut target) = (Digest::default(), Digest::default());
        let mut changes = Changes::<T>::default();
        while let Some(found) = walk.next()? {
            if act == Act::Look && walk.is_past_target() {
                break;
            }
            counts.add(&found);
            if let Some(row) = found.source() {
                source.add(row);
                progress();
            }
            if let (Some(_), Some(row)) = (found.source(), found.target()) {
                target.add(row);
            }
            changes.add(found, act);
            if changes.len() >= CHUNK {
                changes.write(&self.store)?;
            }
        }
        changes.write(&self.store)?;
        Ok(Findings {
            table: T::NAME,
            source: source.tally(),
            target: target.tally(),
            missing: counts.missing,
            foreign: counts.foreign,
            different: counts.different,
            changes_in_place: T::CHANGES_IN_PLACE,
            first_different: counts.first_different,
        })
    }
}

#[derive(Default)]
struct Counts {
    missing: u64,
    foreign: u64,
    different: u64,
    first_different: Option<String>,
}

impl Counts {
    fn add<T: Table>(&mut self, found: &Found<T>) {
        match found {
            Found::Missing(_) => self.missing += 1,
            Found::Foreign(_) => self.foreign += 1,
            Found::Different { source, .. } => {
                self.different += 1;
                self.first_different.get_or_insert_with(|| source.shown());
            }
            Found::Same(_) => {}
        }
    }
}

/// What is to be written next.
struct Changes<T> {
    gone: Vec<Vec<u8>>,
    fresh: Vec<T>,
}

impl<T> Default for Changes<T> {
    fn default() -> Self {
        Self {
            gone: Vec::new(),
            fresh: Vec::new(),
        }
    }
}

impl<T: Table> Changes<T> {
    fn add(&mut self, found: Found<T>, act: Act) {
        match (act, found) {
            (Act::Insert | Act::Mirror, Found::Missing(row)) => self.fresh.push(row),
            (Act::Mirror, Found::Foreign(row)) => self.gone.push(row.key().to_vec()),
            (Act::Insert | Act::Mirror, Found::Different { source, .. })
                if act == Act::Mirror || T::CHANGES_IN_PLACE =>
            {
                self.gone.push(source.key().to_vec());
                self.fresh.push(source);
            }
            _ => {}
        }
    }

    fn len(&self) -> usize {
        self.gone.len() + self.fresh.len()
    }

    /// Writes it as one transaction.
    fn write(&mut self, store: &Store) -> Result<(), Error> {
        if self.len() == 0 {
            return Ok(());
        }
        let Self { gone, fresh } = std::mem::take(self);
        write(store, move |tx| {
            T::delete(tx, &gone)?;
            T::insert(tx, &fresh)
        })
    }
}

/// Does some work as one transaction of the target.
fn write(
    store: &Store,
    work: impl FnMut(&mut Tx<'_>) -> Result<(), Error> + Send + 'static,
) -> Result<(), Error> {
    let (job, reply) = write::job(work);
    store.inner.writer.submit(job)?;
    reply
        .blocking_recv()
        .unwrap_or_else(|_| Err(Error::Unavailable("the store is closed".to_owned())))
}
