//! Notifying those who wait for commits: for messages of a project, or for events; and what commits are counted by.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

use super::horizon::Horizon;
use super::tally::Tally;
use crate::message::{Message, level_of};
use crate::store::transaction::Written;
use crate::telemetry::RecordedMetrics;

/// The watchers. The writer wakes them after a commit, as its caller may be gone by then. Clones share them.
#[derive(Clone, Default)]
pub(in crate::store) struct Activity {
    watched: Arc<Watched>,
    reported: Arc<Notify>,
    tally: Tally,
    horizon: Horizon,
}

#[derive(Default)]
struct Watched {
    projects: Mutex<HashMap<String, Project>>,
    /// The number of projects in the map, to be read without its lock.
    count: AtomicUsize,
}

struct Project {
    recorded: Arc<Notify>,
    watchers: usize,
}

/// A subscription to a project's messages, until it is dropped.
pub struct Watch {
    project: String,
    recorded: Arc<Notify>,
    watched: Arc<Watched>,
}

impl Activity {
    /// Starts without watchers. What is recorded is counted in the metrics.
    pub(in crate::store) fn new(metrics: &RecordedMetrics) -> Self {
        Self {
            tally: Tally::new(metrics),
            ..Self::default()
        }
    }

    /// How far roll-ups may have counted.
    pub(in crate::store) fn horizon(&self) -> &Horizon {
        &self.horizon
    }

    /// Counts recorded messages.
    pub(super) fn count(&self, messages: &[Message]) {
        for message in messages {
            self.tally
                .count(&message.event_id, level_of(&message.message_level));
        }
    }

    pub(in crate::store) fn watch(&self, project: &str) -> Watch {
        let mut projects = self.watched.projects.lock();
        let known = projects.entry(project.to_owned()).or_insert_with(|| Project {
            recorded: Arc::default(),
            watchers: 0,
        });
        known.watchers += 1;
        let recorded = Arc::clone(&known.recorded);
        self.watched.count.store(projects.len(), Ordering::Relaxed);
        Watch {
            project: project.to_owned(),
            recorded,
            watched: Arc::clone(&self.watched),
        }
    }

    /// Counts what a transaction recorded, and wakes those who wait for what it wrote.
    pub(super) fn announce(&self, written: &Written) {
        for message in &written.recorded {
            self.tally.count(&message.code, message.level);
        }
        self.announce_each(written.has_events, written.projects.iter().map(String::as_str));
    }

    /// Wakes those who wait for events, if there are any, and those who watch one of the projects.
    pub(super) fn announce_each<'a>(&self, has_events: bool, projects: impl Iterator<Item = &'a str>) {
        if has_events {
            self.reported.notify_waiters();
        }
        if !self.is_watched() {
            return;
        }
        let watched = self.watched.projects.lock();
        for known in projects.filter_map(|project| watched.get(project)) {
            known.recorded.notify_waiters();
        }
    }

    /// Completes at the next commit of events.
    pub(in crate::store) fn reported(&self) -> OwnedNotified {
        Arc::clone(&self.reported).notified_owned()
    }

    /// Whether there are watchers. A slightly outdated answer does no harm: watchers also poll.
    fn is_watched(&self) -> bool {
        self.watched.count.load(Ordering::Relaxed) > 0
    }
}

impl Watch {
    /// Completes at the next commit of a message of the project through this store.
    pub fn recorded(&self) -> OwnedNotified {
        Arc::clone(&self.recorded).notified_owned()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut projects = self.watched.projects.lock();
        if let Some(known) = projects.get_mut(&self.project) {
            known.watchers -= 1;
            if known.watchers == 0 {
                projects.remove(&self.project);
            }
        }
        self.watched.count.store(projects.len(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_watcher_is_woken_by_its_project_only() {
        let activity = Activity::default();
        let watch = activity.watch("a");
        let woken = watch.recorded();
        tokio::pin!(woken);
        activity.announce_each(true, ["b"].into_iter());
        assert!(futures_util::poll!(woken.as_mut()).is_pending());
        activity.announce_each(false, ["b", "a"].into_iter());
        assert!(futures_util::poll!(woken.as_mut()).is_ready());
    }

    #[test]
    fn a_project_is_forgotten_with_its_last_watcher() {
        let activity = Activity::default();
        assert!(!activity.is_watched());
        let (one, two) = (activity.watch("a"), activity.watch("a"));
        let other = activity.watch("b");
        drop(one);
        drop(other);
        assert!(activity.is_watched());
        drop(two);
        assert!(!activity.is_watched());
        assert!(activity.watched.projects.lock().is_empty());
    }
}
