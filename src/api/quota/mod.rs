//! How much may be recorded for one project: so many messages in all, and so many a minute.
//!
//! Both are kept by each server for itself. The rate is therefore that of one server. The number of messages is counted
//! in the database every few seconds, by a request that comes then, and what this server records meanwhile is added;
//! what others record or delete shows at the next count.

mod bucket;
mod tally;

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lru::LruCache;

use super::error::Error;
use crate::config::Quota;
use crate::message::{Scope, time};
use crate::store::Store;
use bucket::Bucket;
use tally::Tally;

/// Projects that are remembered: those that were recorded for last.
const PROJECTS: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();
/// How long a count holds at least, in microseconds.
const COUNT_EVERY: i64 = 5 * time::SECOND;
/// A count that took long holds for so many times as long.
const REST: i64 = 20;
/// How long a count may take.
const LONGEST_COUNT: Duration = Duration::from_secs(10);
/// Seconds after which a full project is worth another try: room comes when messages are deleted or purged.
const FULL_FOR: u64 = 60;

/// The limits, and how far each project is from them.
pub struct Quotas {
    limits: Quota,
    projects: Mutex<LruCache<String, Arc<Project>>>,
}

#[derive(Default)]
struct Project {
    /// Held by the one that counts; others wait for its result.
    counting: tokio::sync::Mutex<()>,
    tally: Mutex<Tally>,
    bucket: Mutex<Option<Bucket>>,
}

/// Room that is taken for messages until they are recorded. Dropped, it is given back, to the number of messages and
/// to the rate: what was recorded before, or could not be, costs nothing.
#[must_use = "dropping it gives the room back"]
pub struct Room {
    project: Option<Arc<Project>>,
    count: u64,
    is_counted: bool,
    is_rated: bool,
}

impl Quotas {
    /// Nobody has recorded anything yet.
    pub fn new(limits: Quota) -> Self {
        Self {
            limits,
            projects: Mutex::new(LruCache::new(PROJECTS)),
        }
    }

    /// Takes room for `count` messages of a project at `now`, in microseconds.
    ///
    /// # Errors
    /// [`Error::OverLimit`] where there is none; that of the store where it cannot be found out.
    pub async fn take(&self, store: &Store, name: &str, count: usize, now: i64) -> Result<Room, Error> {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        let Quota {
            messages_per_project: most,
            messages_per_minute: rate,
            burst,
        } = self.limits;
        if most == 0 && rate == 0 {
            return Ok(Room {
                project: None,
                count: 0,
                is_counted: false,
                is_rated: false,
            });
        }
        let project = self.project(name);
        if most > 0 {
            project.count(store, name, most, now).await?;
            let mut tally = lock(&project.tally);
            if !tally.take(count, most) {
                return Err(full(name, tally.stored(), most));
            }
        }
        // What is taken is given back when the rate says no.
        let mut room = Room {
            project: Some(Arc::clone(&project)),
            count,
            is_counted: most > 0,
            is_rated: false,
        };
        if rate > 0 {
            let mut bucket = lock(&project.bucket);
            let bucket = bucket.get_or_insert_with(|| Bucket::full(rate, burst, now));
            bucket
                .take(count, now)
                .map_err(|wait| too_fast(name, rate, wait))?;
            room.is_rated = true;
        }
        Ok(room)
    }

    fn project(&self, name: &str) -> Arc<Project> {
        let mut projects = lock(&self.projects);
        if let Some(project) = projects.get(name) {
            return Arc::clone(project);
        }
        let project = Arc::<Project>::default();
        projects.put(name.to_owned(), Arc::clone(&project));
        project
    }
}

impl Project {
    /// Counts the project's messages, no further than its quota, if the last count is too old.
    async fn count(&self, store: &Store, name: &str, most: u64, now: i64) -> Result<(), Error> {
        if lock(&self.tally).is_fresh(now) {
            return Ok(());
        }
        let _counting = self.counting.lock().await;
        if lock(&self.tally).is_fresh(now) {
            return Ok(());
        }
        let begun = Instant::now();
        let kept = lock(&self.tally).kept();
        let counted = store.count_messages(Scope::Project(name.to_owned()), most);
        let counted = tokio::time::timeout(LONGEST_COUNT, counted).await.map_err(|_| {
            Error::Unavailable(format!(
                "the messages of the project {name} take too long to count"
            ))
        })??;
        let took = i64::try_from(begun.elapsed().as_micros()).unwrap_or(i64::MAX);
        let lasts = COUNT_EVERY.max(took.saturating_mul(REST));
        lock(&self.tally).counted(counted, kept, now, lasts);
        Ok(())
    }
}

impl Room {
    /// The messages are recorded.
    pub fn keep(mut self) {
        if let Some(project) = self.project.take()
            && self.is_counted
        {
            lock(&project.tally).keep(self.count);
        }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let Some(project) = self.project.take() else {
            return;
        };
        if self.is_counted {
            lock(&project.tally).give_back(self.count);
        }
        if self.is_rated
            && let Some(bucket) = lock(&project.bucket).as_mut()
        {
            bucket.give_back(self.count);
        }
    }
}

fn full(project: &str, stored: u64, most: u64) -> Error {
    Error::OverLimit {
        message: format!("The project {project} has {stored} of at most {most} messages."),
        wait: FULL_FOR,
    }
}

fn too_fast(project: &str, rate: u64, wait: u64) -> Error {
    Error::OverLimit {
        message: format!("More than {rate} messages a minute are recorded for the project {project}."),
        wait,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
