//! Limits how many messages are recorded for a project: in all, and per minute.
//!
//! Each server keeps both by itself, so the rate is that of one server. A request counts the messages in the database
//! every few seconds, and what this server records meanwhile is added. The next count shows what others record or delete.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lru::LruCache;
use parking_lot::Mutex;

use super::bucket::Bucket;
use super::tally::Tally;
use crate::api::error::Error;
use crate::config::Quota;
use crate::message::{Scope, time};
use crate::store::Store;

/// Most projects that are remembered: the most recent ones.
const PROJECTS: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();
/// Shortest time for which a count holds, in microseconds.
const COUNT_EVERY: i64 = 5 * time::SECOND;
/// A count holds for this many times as long as it took.
const REST: i64 = 20;
/// Longest time that a count may take.
const LONGEST_COUNT: Duration = Duration::from_secs(10);
/// Seconds until a retry for a full project: deleting and purging make room.
const FULL_FOR: u64 = 60;

/// The limits, and the use of each project.
pub struct Quotas {
    limits: Quota,
    projects: Mutex<LruCache<String, Arc<Project>>>,
}

#[derive(Default)]
struct Project {
    /// Held while counting; others wait for the result.
    counting: tokio::sync::Mutex<()>,
    tally: Mutex<Tally>,
    bucket: Mutex<Option<Bucket>>,
}

/// Room for messages that are about to be recorded. Dropping it gives the room back, in number and rate: messages that
/// were recorded before, or could not be, cost nothing.
#[must_use = "dropping it gives the room back"]
pub struct Reservation {
    project: Option<Arc<Project>>,
    count: u64,
    is_counted: bool,
    is_rated: bool,
}

impl Quotas {
    /// No project has used anything yet.
    pub fn new(limits: Quota) -> Self {
        Self {
            limits,
            projects: Mutex::new(LruCache::new(PROJECTS)),
        }
    }

    /// Reserves room for `count` messages of a project at `now`, in microseconds.
    ///
    /// # Errors
    /// [`Error::OverLimit`] where there is no room; the error of the store where counting fails.
    pub async fn reserve(
        &self,
        store: &Store,
        name: &str,
        count: usize,
        now: i64,
    ) -> Result<Reservation, Error> {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        let Quota {
            messages_per_project: most,
            messages_per_minute: rate,
            burst,
        } = self.limits;
        if most == 0 && rate == 0 {
            return Ok(Reservation {
                project: None,
                count: 0,
                is_counted: false,
                is_rated: false,
            });
        }
        let project = self.project(name);
        if most > 0 {
            project.count(store, name, most, now).await?;
            let mut tally = project.tally.lock();
            if !tally.take(count, most) {
                return Err(full(name, tally.stored(), most));
            }
        }
        // Gives the number back where the rate is exceeded.
        let mut reservation = Reservation {
            project: Some(Arc::clone(&project)),
            count,
            is_counted: most > 0,
            is_rated: false,
        };
        if rate > 0 {
            let mut bucket = project.bucket.lock();
            let bucket = bucket.get_or_insert_with(|| Bucket::full(rate, burst, now));
            bucket
                .take(count, now)
                .map_err(|wait| too_fast(name, rate, wait))?;
            reservation.is_rated = true;
        }
        Ok(reservation)
    }

    fn project(&self, name: &str) -> Arc<Project> {
        let mut projects = self.projects.lock();
        if let Some(project) = projects.get(name) {
            return Arc::clone(project);
        }
        let project = Arc::<Project>::default();
        projects.put(name.to_owned(), Arc::clone(&project));
        project
    }
}

impl Project {
    /// Counts the project's messages, up to its quota, if the last count is too old.
    async fn count(&self, store: &Store, name: &str, most: u64, now: i64) -> Result<(), Error> {
        if self.tally.lock().is_fresh(now) {
            return Ok(());
        }
        let _counting = self.counting.lock().await;
        if self.tally.lock().is_fresh(now) {
            return Ok(());
        }
        let begun = Instant::now();
        let kept = self.tally.lock().kept();
        let counted = store.count_messages(Scope::Project(name.to_owned()), most);
        let counted = tokio::time::timeout(LONGEST_COUNT, counted).await.map_err(|_| {
            Error::Unavailable(format!(
                "counting the messages of the project {name} takes too long"
            ))
        })??;
        let took = i64::try_from(begun.elapsed().as_micros()).unwrap_or(i64::MAX);
        let lasts = COUNT_EVERY.max(took.saturating_mul(REST));
        self.tally.lock().counted(counted, kept, now, lasts);
        Ok(())
    }
}

impl Reservation {
    /// Keeps the room: the messages are recorded.
    pub fn keep(mut self) {
        if let Some(project) = self.project.take()
            && self.is_counted
        {
            project.tally.lock().keep(self.count);
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let Some(project) = self.project.take() else {
            return;
        };
        if self.is_counted {
            project.tally.lock().give_back(self.count);
        }
        if self.is_rated
            && let Some(bucket) = project.bucket.lock().as_mut()
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
