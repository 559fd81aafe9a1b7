//! The selection in a list: each ticked row is a message or a group of repeats.

use std::collections::{HashMap, HashSet};
use std::fmt;

use uuid::Uuid;

use crate::catalog::canonical_uuid;
use crate::message::{Column, Condition, Position, Query, Scope};
use crate::store::message::{self, MessageRow};
use crate::store::{self, Read, Store};

/// Ids of one query.
const IDS: usize = 100;

/// Most messages of one form.
pub const MOST: usize = 1000;

/// Most ticks, as many as the longest page that `[page] page_size` allows.
pub const MOST_TICKS: usize = 150;

/// A ticked row: the newest and the oldest message, which differ for repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Tick {
    newest: Uuid,
    oldest: Uuid,
}

/// The ticks of a form, and the list that it belongs to.
#[derive(Debug, Clone)]
pub struct Selection {
    all: Vec<Tick>,
    scope: Scope,
    /// The conditions of the list.
    shown: Vec<Condition>,
}

/// Repeats to search for, from the oldest up to but without the newest.
struct Range {
    tick: usize,
    newest: Position,
    oldest: Position,
}

/// What repeats have in common: the code and the resource.
type Kind = (String, String);

impl Selection {
    /// Ticks, as forms send them, each once, and no more than a page has.
    pub fn of<'a>(given: impl Iterator<Item = &'a str>, scope: Scope, shown: Vec<Condition>) -> Self {
        let mut ticks: Vec<Tick> = Vec::new();
        for tick in given.filter_map(Tick::parse) {
            if ticks.len() == MOST_TICKS {
                break;
            }
            if !ticks.contains(&tick) {
                ticks.push(tick);
            }
        }
        Self {
            all: ticks,
            scope,
            shown,
        }
    }

    /// Whether every tick is a single message, to be read by its id.
    pub fn is_direct(&self) -> bool {
        self.all.iter().all(|tick| tick.newest == tick.oldest)
    }

    /// Runs `work`: at once where the ticks are direct, otherwise as a search.
    ///
    /// # Errors
    /// The errors of [`Store::search`].
    pub async fn read<T, F>(self, store: &Store, work: F) -> Result<T, store::Error>
    where
        T: Send + 'static,
        F: Fn(&mut Read<'_>, &Self) -> Result<T, store::Error> + Send + 'static,
    {
        let (scope, is_direct) = (self.scope.clone(), self.is_direct());
        let work = move |read: &mut Read<'_>| work(read, &self);
        if is_direct {
            store.read(work).await
        } else {
            store.search(&scope, work).await
        }
    }

    /// The number of ticks.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// The ticks, as forms send them.
    pub fn texts(&self) -> Vec<String> {
        self.all.iter().map(Tick::to_string).collect()
    }

    /// Calls `visit` with the index of a tick and each of its messages: first the newest of every tick, then its
    /// repeats down to the oldest, as far as they exist and the list still shows them. Visits each message once, [`MOST`] in
    /// all.
    ///
    /// # Errors
    /// [`store::Error::Exhausted`] when the ticks are too far apart.
    pub fn visit(
        &self,
        read: &mut Read<'_>,
        mut visit: impl FnMut(usize, &MessageRow),
    ) -> Result<(), store::Error> {
        let ends = self.ends(read)?;
        let shown = self.shown_among(read, &ends)?;
        let mut left = MOST;
        let mut seen: Vec<Uuid> = Vec::new();
        let mut ranges: HashMap<Kind, Vec<Range>> = HashMap::new();
        for (index, tick) in self.all.iter().enumerate() {
            let Some(newest) = ends.get(&tick.newest) else {
                continue;
            };
            if !seen.contains(&newest.id) {
                seen.push(newest.id);
                if shown.contains(&newest.id) {
                    visit(index, newest);
                    left = left.saturating_sub(1);
                }
            }
            if let (Some(resource), Some(oldest)) = (newest.resource_uuid(), ends.get(&tick.oldest))
                && oldest.position() < newest.position()
            {
                let kind = (newest.event_id().to_owned(), resource.to_owned());
                ranges.entry(kind).or_default().push(Range {
                    tick: index,
                    newest: newest.position(),
                    oldest: oldest.position(),
                });
            }
        }
        let Some(query) = self.repeats(&ranges) else {
            return Ok(());
        };
        message::walk(read, &query, None, &mut |row| {
            if let Some(tick) = tick_of(&ranges, row).filter(|_| !seen.contains(&row.id)) {
                visit(tick, row);
                left = left.saturating_sub(1);
            }
            left > 0
        })
    }

    /// The newest and oldest messages of the ticks that still exist.
    fn ends(&self, read: &mut Read<'_>) -> Result<HashMap<Uuid, MessageRow>, store::Error> {
        let ids: HashSet<Uuid> = self
            .all
            .iter()
            .flat_map(|tick| [tick.newest, tick.oldest])
            .collect();
        let mut ends = HashMap::new();
        self.named(read, ids, &[], &mut |row| {
            ends.insert(row.id, row.clone());
        })?;
        Ok(ends)
    }

    /// Which of these messages the list shows.
    fn shown_among(
        &self,
        read: &mut Read<'_>,
        ends: &HashMap<Uuid, MessageRow>,
    ) -> Result<HashSet<Uuid>, store::Error> {
        let mut shown = ends.keys().copied().collect();
        if self.shown.is_empty() {
            return Ok(shown);
        }
        let all = std::mem::take(&mut shown);
        self.named(read, all, &self.shown, &mut |row| {
            shown.insert(row.id);
        })?;
        Ok(shown)
    }

    /// Visits the messages with these ids that fulfil the conditions.
    fn named(
        &self,
        read: &mut Read<'_>,
        ids: HashSet<Uuid>,
        conditions: &[Condition],
        visit: &mut dyn FnMut(&MessageRow),
    ) -> Result<(), store::Error> {
        let mut ids: Vec<Uuid> = ids.into_iter().collect();
        // The same statement for the same page.
        ids.sort_unstable();
        for chunk in ids.chunks(IDS) {
            let mut conditions = conditions.to_vec();
            conditions.push(Condition::Ids(chunk.to_vec()));
            let limit = i64::try_from(chunk.len()).unwrap_or(i64::MAX);
            let query = Query {
                conditions,
                ..Query::newest(self.scope.clone(), limit)
            };
            message::list(read, &query, visit)?;
        }
        Ok(())
    }

    /// One query for the repeats of all ticks; none without repeats.
    fn repeats(&self, ranges: &HashMap<Kind, Vec<Range>>) -> Option<Query> {
        let all = || ranges.values().flatten();
        let newest = all().map(|range| range.newest).max()?;
        let oldest = all().map(|range| range.oldest).min()?;
        let (codes, resources) = ranges.keys().cloned().unzip();
        let mut conditions = vec![
            Condition::Since(Column::CreatedAt, oldest.created_at),
            Condition::Before(Column::CreatedAt, newest.created_at.saturating_add(1)),
            Condition::In(Column::EventId, codes),
            Condition::In(Column::ResourceUuid, resources),
        ];
        conditions.extend_from_slice(&self.shown);
        Some(Query {
            conditions,
            ..Query::newest(self.scope.clone(), i64::MAX)
        })
    }
}

impl Tick {
    /// Parses a value of the form.
    fn parse(value: &str) -> Option<Self> {
        let (newest, oldest) = value.split_once('_').unwrap_or((value, value));
        Some(Self {
            newest: canonical_uuid(newest)?,
            oldest: canonical_uuid(oldest)?,
        })
    }
}

impl fmt::Display for Tick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.newest == self.oldest {
            write!(f, "{}", self.newest)
        } else {
            write!(f, "{}_{}", self.newest, self.oldest)
        }
    }
}

/// The tick that a repeat belongs to.
fn tick_of(ranges: &HashMap<Kind, Vec<Range>>, row: &MessageRow) -> Option<usize> {
    let kind = (row.event_id().to_owned(), row.resource_uuid()?.to_owned());
    let at = row.position();
    let range = ranges
        .get(&kind)?
        .iter()
        .find(|range| range.oldest <= at && at < range.newest)?;
    Some(range.tick)
}
