//! Who waits for news of a project.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// The projects that somebody watches.
#[derive(Default)]
pub(super) struct Activity {
    watched: Arc<Watched>,
}

#[derive(Default)]
struct Watched {
    projects: Mutex<HashMap<String, Project>>,
    /// How many projects there are in the map, to be read without its lock.
    count: AtomicUsize,
}

struct Project {
    recorded: Arc<Notify>,
    watchers: usize,
}

/// Somebody's interest in a project, which ends when it is dropped.
pub struct Watch {
    project: String,
    recorded: Arc<Notify>,
    watched: Arc<Watched>,
}

impl Activity {
    pub(super) fn watch(&self, project: &str) -> Watch {
        let mut projects = self.watched.lock();
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

    /// Whether anybody watches anything. An answer that is a moment late does no harm: watchers also look by themselves
    /// now and then.
    pub(super) fn is_watched(&self) -> bool {
        self.watched.count.load(Ordering::Relaxed) > 0
    }

    pub(super) fn touch(&self, project: &str) {
        if let Some(known) = self.watched.lock().get(project) {
            known.recorded.notify_waiters();
        }
    }
}

impl Watched {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Project>> {
        self.projects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch {
    /// Ends when a message of the project was recorded through this store after it was enabled.
    pub fn recorded(&self) -> Notified<'_> {
        self.recorded.notified()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut projects = self.watched.lock();
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
        woken.as_mut().enable();
        activity.touch("b");
        assert!(futures_util::poll!(woken.as_mut()).is_pending());
        activity.touch("a");
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
        assert!(activity.watched.lock().is_empty());
    }
}
