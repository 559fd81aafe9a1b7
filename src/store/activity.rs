//! Who waits for news of a project.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::Notify;

/// The projects that somebody watches. A project that nobody watches any more is forgotten.
#[derive(Default)]
pub(super) struct Activity {
    watched: Mutex<HashMap<String, Weak<Notify>>>,
}

impl Activity {
    pub(super) fn watch(&self, project: &str) -> Arc<Notify> {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.retain(|_, notify| notify.strong_count() > 0);
        if let Some(notify) = watched.get(project).and_then(Weak::upgrade) {
            return notify;
        }
        let notify = Arc::new(Notify::new());
        watched.insert(project.to_owned(), Arc::downgrade(&notify));
        notify
    }

    pub(super) fn touch(&self, project: &str) {
        let watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(notify) = watched.get(project).and_then(Weak::upgrade) {
            notify.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_watcher_is_woken_by_its_project_only() {
        let activity = Activity::default();
        let notify = activity.watch("a");
        let woken = notify.notified();
        tokio::pin!(woken);
        woken.as_mut().enable();
        activity.touch("b");
        assert!(futures_util::poll!(woken.as_mut()).is_pending());
        activity.touch("a");
        assert!(futures_util::poll!(woken.as_mut()).is_ready());
    }
}
