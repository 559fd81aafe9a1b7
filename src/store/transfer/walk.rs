//! The walk through all tables.

use super::checksum::Checksum;
use super::compare::{Comparison, SideBySide};
use super::failures::raise_ids;
use super::findings::Findings;
use super::late::raise_turn;
use super::skipped::{self, Skipped};
use super::table::Table;
use crate::message::Message;
use crate::store::backend::Backend;
use crate::store::connection::{Conn, Purpose};
use crate::store::error::Error;
use crate::store::handle::Store;
use crate::store::migration;
use crate::store::tables::confirmation::ConfirmationRow;
use crate::store::tables::delivery::{AttemptRow, DeliveryRow};
use crate::store::tables::event::{EventRow, OutboxRow, PendingRow};
use crate::store::tables::failure::{HostRow, NotificationRow, SegmentRow, StepRow, UpdateRow, VMoveRow};
use crate::store::tables::follow::{PairingRow, PositionRow, RowNote};
use crate::store::tables::idempotency::IdempotencyRow;
use crate::store::tables::ingest::{KeyRow, OwnerRow, UnmatchedRow};
use crate::store::tables::listener::ListenerRow;
use crate::store::tables::message::count;
use crate::store::tables::read_state::{LateMessage, Mark, Watermark};
use crate::store::tables::rollup::{CountRow, UntilRow};
use crate::store::tables::subscription::{self, SubscriptionRow};

/// Rows of one transaction.
const CHUNK: usize = 1000;

/// The source or the target, for reading.
pub struct Endpoint {
    conn: Conn,
}

impl Endpoint {
    /// Connects. [`Error::Conflict`] if the schema is older or newer than this program's.
    pub fn open(backend: &Backend) -> Result<Self, Error> {
        let mut conn = backend.connect(Purpose::Look)?;
        migration::check(&mut conn)?;
        Ok(Self { conn })
    }
}

/// What a walk changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Nothing. It ends after the target's last row: further rows of the source are not counted.
    Look,
    /// Nothing.
    Compare,
    /// Inserts what the target lacks, and replaces rows that are updated in place.
    Insert,
    /// Makes the target equal to the source: inserts, replaces and deletes.
    Mirror,
}

/// A table that is copied.
struct Copied {
    name: &'static str,
    walk: Step,
}

/// The walk through one table.
type Step = fn(&mut Transfer, Mode, &mut dyn FnMut()) -> Result<Findings, Error>;

impl Copied {
    const fn of<T: Table>() -> Self {
        Self {
            name: T::NAME,
            walk: Transfer::walk_table::<T>,
        }
    }
}

/// The tables that are copied, in this order.
const COPIED: [Copied; 27] = [
    Copied::of::<Message>(),
    Copied::of::<IdempotencyRow>(),
    Copied::of::<OutboxRow<'static>>(),
    Copied::of::<EventRow<'static>>(),
    // Events before their deliveries, so that servers of the target find them.
    Copied::of::<PendingRow>(),
    Copied::of::<DeliveryRow<'static>>(),
    Copied::of::<AttemptRow>(),
    Copied::of::<KeyRow>(),
    Copied::of::<OwnerRow>(),
    Copied::of::<RowNote>(),
    Copied::of::<PairingRow>(),
    Copied::of::<PositionRow>(),
    Copied::of::<Mark>(),
    Copied::of::<Watermark>(),
    Copied::of::<LateMessage>(),
    Copied::of::<ConfirmationRow>(),
    Copied::of::<CountRow>(),
    Copied::of::<UntilRow>(),
    Copied::of::<UnmatchedRow>(),
    // Segments before their hosts, which refer to them.
    Copied::of::<SegmentRow>(),
    Copied::of::<HostRow>(),
    Copied::of::<NotificationRow>(),
    Copied::of::<UpdateRow>(),
    Copied::of::<StepRow>(),
    Copied::of::<VMoveRow>(),
    // Last, so that servers of the target deliver once all is there.
    Copied::of::<ListenerRow>(),
    Copied::of::<SubscriptionRow>(),
];

/// Two databases side by side.
pub struct Transfer {
    source: Endpoint,
    target: Endpoint,
    store: Store,
    now: i64,
}

impl Transfer {
    /// From `source` to `target`, which `store` writes to. Rows that have expired at `now`, in microseconds since 1970, count
    /// as deleted.
    pub fn new(source: Endpoint, target: Endpoint, store: Store, now: i64) -> Self {
        Self {
            source,
            target,
            store,
            now,
        }
    }

    /// Counts the source's messages.
    pub fn messages(&mut self) -> Result<u64, Error> {
        let count = count(&mut self.source.conn)?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Walks through all tables from their beginning. `progress` is called for each message of the source. After an error,
    /// everything written before stays, and a later walk continues.
    ///
    /// Waits for the writer, so it must not be called on a thread that runs asynchronous work.
    pub fn walk(&mut self, mode: Mode, progress: &mut dyn FnMut()) -> Result<Vec<Findings>, Error> {
        let walks = COPIED.iter().map(|table| {
            if table.name == Message::NAME {
                (table.walk)(self, mode, progress)
            } else {
                (table.walk)(self, mode, &mut || ())
            }
        });
        let found = walks.collect::<Result<_, _>>()?;
        if matches!(mode, Mode::Insert | Mode::Mirror) {
            self.store.blocking_write(|tx| {
                raise_turn(tx)?;
                raise_ids(tx)?;
                subscription::renew(tx)
            })?;
        }
        Ok(found)
    }

    /// Returns the tables of the source that are not copied.
    pub fn skipped(&mut self) -> Result<Vec<Skipped>, Error> {
        skipped::tables(&mut self.source.conn, &COPIED.map(|table| table.name))
    }

    fn walk_table<T: Table>(&mut self, mode: Mode, progress: &mut dyn FnMut()) -> Result<Findings, Error> {
        let mut rows = SideBySide::<T>::new(&mut self.source.conn, &mut self.target.conn, self.now);
        let mut counts = Counts::default();
        let (mut source, mut target) = (Checksum::default(), Checksum::default());
        let mut changes = Changes::<T>::default();
        while let Some(next) = rows.next()? {
            if mode == Mode::Look && rows.is_past_target() {
                break;
            }
            counts.add(&next);
            if let Some(row) = next.source() {
                source.add(row);
                progress();
            }
            if let (Some(_), Some(row)) = (next.source(), next.target()) {
                target.add(row);
            }
            changes.add(next, mode);
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
    fn add<T: Table>(&mut self, found: &Comparison<T>) {
        match found {
            Comparison::Missing(_) => self.missing += 1,
            Comparison::Foreign(_) => self.foreign += 1,
            Comparison::Different { source, .. } => {
                self.different += 1;
                self.first_different.get_or_insert_with(|| source.shown());
            }
            Comparison::Same(_) => {}
        }
    }
}

/// The next changes to the target.
struct Changes<T: Table> {
    deleted: Vec<T::Key>,
    inserted: Vec<T>,
}

impl<T: Table> Default for Changes<T> {
    fn default() -> Self {
        Self {
            deleted: Vec::new(),
            inserted: Vec::new(),
        }
    }
}

impl<T: Table> Changes<T> {
    fn add(&mut self, found: Comparison<T>, mode: Mode) {
        match (mode, found) {
            (Mode::Insert | Mode::Mirror, Comparison::Missing(row)) => self.inserted.push(row),
            (Mode::Mirror, Comparison::Foreign(row)) => self.deleted.push(row.key()),
            (Mode::Insert | Mode::Mirror, Comparison::Different { source, .. })
                if mode == Mode::Mirror || T::CHANGES_IN_PLACE =>
            {
                self.deleted.push(source.key());
                self.inserted.push(source);
            }
            _ => {}
        }
    }

    fn len(&self) -> usize {
        self.deleted.len() + self.inserted.len()
    }

    /// Writes them in one transaction.
    fn write(&mut self, store: &Store) -> Result<(), Error> {
        if self.len() == 0 {
            return Ok(());
        }
        let Self { deleted, inserted } = std::mem::take(self);
        store.blocking_write(move |tx| {
            T::delete(tx, &deleted)?;
            T::insert(tx, &inserted)
        })
    }
}
