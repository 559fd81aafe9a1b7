//! Changing the states of messages: by id, of a whole list, and back.

use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use super::states::{self, MOST_CHANGED, MOST_LOOKED_AT};
use crate::api::app::App;
use crate::message::{Change, Condition, Scope};
use crate::store;
use crate::store::read_state::{self, ProjectUser, Seen, Undo, Unread};

/// How long one request may change messages. A stretch that has begun is completed.
const LONGEST: Duration = Duration::from_secs(10);

/// Most ids of one transaction.
const MOST: usize = 1000;

/// What was changed.
#[derive(Debug, Clone, Copy)]
pub struct Outcome {
    /// The number of messages whose state is another one now.
    pub count: usize,
    /// Whether there may be more, which were not changed.
    pub is_more: bool,
    /// Undoes it; an undoing has none.
    pub undo: Option<Undo>,
    /// The unread messages afterwards, if they had to be counted.
    pub unread: Option<Unread>,
}

/// Changes the states of messages, on behalf of a reader.
pub struct Changer<'a> {
    app: &'a App,
    reader: ProjectUser,
    undo: Undo,
}

impl<'a> Changer<'a> {
    /// For one action.
    pub fn new(app: &'a App, reader: ProjectUser) -> Self {
        Self {
            app,
            reader,
            undo: Undo::new(),
        }
    }

    /// Changes messages by id, in several transactions.
    pub async fn ids(&self, change: Change, ids: &[Uuid]) -> Result<Outcome, store::Error> {
        let mut count = 0;
        for chunk in ids.chunks(MOST) {
            let (reader, chunk, undo) = (self.reader.clone(), chunk.to_vec(), self.undo);
            let write = self
                .app
                .store
                .write(move |tx| read_state::change(tx, &reader, &chunk, change, undo));
            count += write.await?;
        }
        Ok(self.outcome(count, false))
    }

    /// Changes the messages that a list showed, a stretch at a time. Messages beyond the bounds stay as they are.
    pub async fn list(
        &self,
        change: Change,
        shown: &[Condition],
        seen: Seen,
    ) -> Result<Outcome, store::Error> {
        let scope = Scope::Project(self.reader.project.clone());
        let deadline = Instant::now() + LONGEST;
        let (mut count, mut looked_at, mut after) = (0, 0, None);
        loop {
            let (reader, conditions) = (self.reader.clone(), shown.to_vec());
            let read = self.app.store.search(&scope, move |read| {
                states::stretch(read, &reader, &conditions, change, seen, after)
            });
            let mut stretch = match read.await {
                // Changes up to here count.
                Err(store::Error::Exhausted(_)) if after.is_some() => return Ok(self.outcome(count, true)),
                stretch => stretch?,
            };
            stretch.ids.truncate(MOST_CHANGED - count);
            looked_at += stretch.len;
            count += self.ids(change, &stretch.ids).await?.count;
            let Some(next) = stretch.next else { break };
            if count >= MOST_CHANGED || looked_at >= MOST_LOOKED_AT || Instant::now() >= deadline {
                return Ok(self.outcome(count, true));
            }
            after = Some(next);
        }
        if change != Change::Read {
            return Ok(self.outcome(count, false));
        }
        let (reader, conditions) = (self.reader.clone(), shown.to_vec());
        let read = self.app.store.search(&scope, move |read| {
            states::below(read, &reader, &conditions, seen)
        });
        let mut below = match read.await {
            Err(store::Error::Exhausted(_)) if count > 0 => return Ok(self.outcome(count, true)),
            below => below?,
        };
        let left = MOST_CHANGED - count;
        let is_more = below.len() > left;
        below.truncate(left);
        count += self.ids(change, &below).await?.count;
        Ok(self.outcome(count, is_more))
    }

    /// Marks everything that was `seen` as read. The number is that of the unread messages before, up to `most`.
    pub async fn all_read(&self, seen: Seen, most: u32) -> Result<Outcome, store::Error> {
        let reader = self.reader.clone();
        let unread = |reader: ProjectUser| {
            self.app
                .store
                .read(move |conn| read_state::unread(conn, &reader, most))
        };
        let before = unread(reader.clone()).await?;
        let (now, undo) = (self.app.clock.now(), self.undo);
        let write = self
            .app
            .store
            .write(move |tx| read_state::mark_until(tx, &reader, seen, now, undo));
        let undo = write.await?;
        let after = unread(self.reader.clone()).await?;
        self.app
            .hub
            .changed(&self.reader.project, Some(&self.reader.user));
        Ok(Outcome {
            count: usize::try_from(before.count.saturating_sub(after.count)).unwrap_or(0),
            is_more: before.is_more,
            undo: Some(undo),
            unread: Some(after),
        })
    }

    /// Undoes an action, and returns how many messages it restored that are marked one by one.
    pub async fn undo(&self, undo: Undo) -> Result<Outcome, store::Error> {
        let reader = self.reader.clone();
        let write = self
            .app
            .store
            .write(move |tx| read_state::undo(tx, &reader, &undo));
        Ok(Outcome {
            undo: None,
            ..self.outcome(write.await?, false)
        })
    }

    /// The outcome, of which the reader's other windows learn.
    fn outcome(&self, count: usize, is_more: bool) -> Outcome {
        self.app
            .hub
            .changed(&self.reader.project, Some(&self.reader.user));
        Outcome {
            count,
            is_more,
            undo: Some(self.undo),
            unread: None,
        }
    }
}
