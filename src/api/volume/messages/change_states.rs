//! Changing the states of messages: by id, of a whole list, and back.

use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use super::states::{self, MOST_CHANGED, MOST_LOOKED_AT};
use crate::api::app::App;
use crate::message::{Change, Condition, Scope};
use crate::store;
use crate::store::read_state::{self, MarkedUntil, ProjectUser, Seen, Undo, Unread};

/// How long one request may change messages. A stretch that has begun is completed.
const LONGEST: Duration = Duration::from_secs(10);

/// Most ids of one transaction.
const MOST: usize = 1000;

/// The most unread messages that are counted to tell how many an undoing of all restored.
const MOST_COUNTED: u32 = 1000;

/// What was changed.
#[derive(Debug, Clone, Copy)]
pub struct Outcome {
    /// The number of messages whose state is another one now.
    pub count: usize,
    /// Whether more may have been changed than were counted.
    pub is_least: bool,
    /// Whether there may be more, which were not changed.
    pub is_more: bool,
    /// Undoes it; an undoing has none.
    pub undo: Option<Undo>,
    /// The unread messages afterwards, if they had to be counted.
    pub unread: Option<Unread>,
}

/// Changes the states of messages in one action, on behalf of a reader. When it is dropped, the reader's other windows learn of it,
/// even if it failed halfway.
pub struct Changer<'a> {
    app: &'a App,
    reader: ProjectUser,
    undo: Undo,
    has_changed: bool,
}

impl Drop for Changer<'_> {
    fn drop(&mut self) {
        if self.has_changed {
            self.app
                .hub
                .changed(&self.reader.project, Some(&self.reader.user));
        }
    }
}

impl<'a> Changer<'a> {
    /// For one action.
    pub fn new(app: &'a App, reader: ProjectUser) -> Self {
        Self {
            app,
            reader,
            undo: Undo::new(),
            has_changed: false,
        }
    }

    /// Changes messages by id, in several transactions.
    pub async fn ids(mut self, change: Change, ids: &[Uuid]) -> Result<Outcome, store::Error> {
        let count = self.change(change, ids).await?;
        Ok(self.outcome(count, false))
    }

    /// Changes the messages that a list showed, a stretch at a time: those that were `seen`, and the `recent` ones. Messages beyond
    /// the bounds stay as they are.
    pub async fn list(
        mut self,
        change: Change,
        shown: &[Condition],
        seen: Seen,
        recent: &[Uuid],
    ) -> Result<Outcome, store::Error> {
        let scope = Scope::Project(self.reader.project.clone());
        let deadline = Instant::now() + LONGEST;
        let mut looked_at = 0;
        let mut count = self.change(change, recent).await?;
        for part in states::parts(shown, change) {
            let mut after = None;
            loop {
                let (reader, conditions) = (self.reader.clone(), shown.to_vec());
                let read = self.app.store.search(&scope, move |read| {
                    states::stretch(read, &reader, &conditions, (change, part), seen, after)
                });
                let mut stretch = match read.await {
                    // Changes up to here count.
                    Err(store::Error::Exhausted(_)) if looked_at > 0 => {
                        return Ok(self.outcome(count, true));
                    }
                    stretch => stretch?,
                };
                stretch.ids.truncate(MOST_CHANGED - count);
                looked_at += stretch.len;
                count += self.change(change, &stretch.ids).await?;
                let Some(next) = stretch.next else { break };
                if count >= MOST_CHANGED || looked_at >= MOST_LOOKED_AT || Instant::now() >= deadline {
                    return Ok(self.outcome(count, true));
                }
                after = Some(next);
            }
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
        count += self.change(change, &below).await?;
        Ok(self.outcome(count, is_more))
    }

    /// Marks everything that was `seen` as read, and the `recent` messages. The number is that of the unread messages before, counted
    /// up to `most`.
    pub async fn all_read(mut self, seen: Seen, recent: &[Uuid], most: u32) -> Result<Outcome, store::Error> {
        let before = self.unread(most).await?;
        let now = self.app.clock.now();
        let mut marked = MarkedUntil::Some;
        for _ in 0..MOST_CHANGED / MOST {
            let (reader, undo) = (self.reader.clone(), self.undo);
            let write = self
                .app
                .store
                .write(move |tx| read_state::mark_until(tx, &reader, seen, now, undo));
            marked = write.await?;
            self.has_changed = before.count > 0 || before.is_more;
            if marked != MarkedUntil::Some {
                break;
            }
        }
        self.change(Change::Read, recent).await?;
        let after = self.unread(most).await?;
        let undo = match marked {
            MarkedUntil::All(undo) => undo,
            MarkedUntil::Some => self.undo,
        };
        Ok(Outcome {
            is_least: before.is_more,
            undo: Some(undo),
            unread: Some(after),
            ..self.outcome(fewer(before, after), marked == MarkedUntil::Some)
        })
    }

    /// Undoes an action, and returns how many messages it restored. If they were all marked as read, they are counted by the unread
    /// ones before and after.
    pub async fn undo(mut self, undo: Undo) -> Result<Outcome, store::Error> {
        let before = if undo.is_of_all() {
            Some(self.unread(MOST_COUNTED).await?)
        } else {
            None
        };
        let reader = self.reader.clone();
        let write = self
            .app
            .store
            .write(move |tx| read_state::undo(tx, &reader, &undo));
        let mut count = write.await?;
        self.has_changed = count > 0 || undo.is_of_all();
        let (mut is_least, mut unread) = (false, None);
        if let Some(before) = before {
            let after = self.unread(MOST_COUNTED).await?;
            count = count.max(fewer(after, before));
            is_least = after.is_more;
            unread = Some(after);
        }
        Ok(Outcome {
            is_least,
            undo: None,
            unread,
            ..self.outcome(count, false)
        })
    }

    /// Changes messages by id and returns how many it changed.
    async fn change(&mut self, change: Change, ids: &[Uuid]) -> Result<usize, store::Error> {
        let mut count = 0;
        for chunk in ids.chunks(MOST) {
            let (reader, chunk, undo) = (self.reader.clone(), chunk.to_vec(), self.undo);
            let write = self
                .app
                .store
                .write(move |tx| read_state::change(tx, &reader, &chunk, change, undo));
            count += write.await?;
            self.has_changed |= count > 0;
        }
        Ok(count)
    }

    /// The reader's unread messages, counted up to `most`.
    async fn unread(&self, most: u32) -> Result<Unread, store::Error> {
        let reader = self.reader.clone();
        let read = self
            .app
            .store
            .read(move |conn| read_state::unread(conn, &reader, most));
        read.await
    }

    fn outcome(&self, count: usize, is_more: bool) -> Outcome {
        Outcome {
            count,
            is_least: false,
            is_more,
            undo: Some(self.undo),
            unread: None,
        }
    }
}

/// How many more there are in the first count than in the second.
fn fewer(more: Unread, less: Unread) -> usize {
    usize::try_from(more.count.saturating_sub(less.count)).unwrap_or(0)
}
