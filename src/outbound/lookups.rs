//! Bounds the look-ups of names that others supply. The system's resolver blocks a thread for each, for as long as a name server
//! takes, and a look-up cannot be cancelled: a project with slow names must not take the threads of all others.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use tokio::sync::Semaphore;

tokio::task_local! {
    /// The party on whose behalf a call is made.
    static CALLER: Arc<str>;
}

/// The most look-ups at a time.
const MOST: usize = 64;

/// The most look-ups at a time on behalf of one caller.
const MOST_OF_ONE: usize = 4;

/// The look-ups in progress.
#[derive(Debug)]
pub struct Lookups {
    all: Arc<Semaphore>,
    /// The look-ups of each caller.
    by_caller: Mutex<HashMap<Arc<str>, Weak<Semaphore>>>,
}

/// Makes a call on behalf of a party, whose look-ups are counted together.
pub async fn on_behalf_of<T>(caller: &str, call: impl Future<Output = T>) -> T {
    CALLER.scope(caller.into(), call).await
}

/// Returns the party on whose behalf the current task makes a call.
pub(super) fn caller() -> Option<Arc<str>> {
    CALLER.try_with(Arc::clone).ok()
}

impl Default for Lookups {
    fn default() -> Self {
        Self::new()
    }
}

impl Lookups {
    /// None are in progress.
    pub fn new() -> Self {
        Self {
            all: Arc::new(Semaphore::new(MOST)),
            by_caller: Mutex::default(),
        }
    }

    /// Runs a look-up once there is room. It counts until it has ended, even if its caller has given up.
    ///
    /// # Errors
    /// That of the look-up.
    pub async fn run<T: Send + 'static>(
        &self,
        caller: Option<Arc<str>>,
        lookup: impl Future<Output = io::Result<T>> + Send + 'static,
    ) -> io::Result<T> {
        let mut permits = Vec::with_capacity(2);
        if let Some(caller) = caller {
            permits.push(self.of(caller).acquire_owned().await.map_err(io::Error::other)?);
        }
        let all = Arc::clone(&self.all);
        permits.push(all.acquire_owned().await.map_err(io::Error::other)?);
        let lookup = tokio::spawn(async move {
            let found = lookup.await;
            drop(permits);
            found
        });
        lookup.await.map_err(io::Error::other)?
    }

    fn of(&self, caller: Arc<str>) -> Arc<Semaphore> {
        let mut by_caller = self.by_caller.lock();
        if let Some(known) = by_caller.get(&caller).and_then(Weak::upgrade) {
            return known;
        }
        by_caller.retain(|_, in_use| in_use.strong_count() > 0);
        let new = Arc::new(Semaphore::new(MOST_OF_ONE));
        by_caller.insert(caller, Arc::downgrade(&new));
        new
    }
}

#[cfg(test)]
mod tests {
    use std::future;

    use futures_util::FutureExt;
    use tokio::sync::oneshot;

    use super::*;

    /// Lets spawned tasks run.
    async fn pass() {
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_caller_with_slow_names_holds_up_no_other() {
        let lookups = Lookups::new();
        let never = || future::pending::<io::Result<()>>();
        for _ in 0..MOST_OF_ONE {
            // Its caller gives up, but the thread is still taken.
            let mut given_up = Box::pin(lookups.run(Some("slow".into()), never()));
            assert!(given_up.as_mut().now_or_never().is_none());
        }
        pass().await;
        let mut waiting = Box::pin(lookups.run(Some("slow".into()), future::ready(Ok(1))));
        assert!(waiting.as_mut().now_or_never().is_none());
        for other in [Some("quick".into()), None] {
            assert_eq!(lookups.run(other, future::ready(Ok(2))).await.unwrap(), 2);
        }
        pass().await;
        assert!(waiting.as_mut().now_or_never().is_none(), "there is no room yet");
    }

    #[tokio::test]
    async fn a_look_up_that_has_ended_makes_room() {
        let lookups = Lookups::new();
        let (end, ended) = oneshot::channel::<()>();
        let slow = async move { ended.await.map_err(io::Error::other) };
        let mut slow = Box::pin(lookups.run(Some("a".into()), slow));
        assert!(slow.as_mut().now_or_never().is_none());
        assert_eq!(lookups.by_caller.lock().len(), 1);
        end.send(()).unwrap();
        slow.await.unwrap();
        lookups
            .run(Some("b".into()), future::ready(Ok(())))
            .await
            .unwrap();
        assert_eq!(lookups.by_caller.lock().len(), 1, "a is forgotten");
    }

    #[tokio::test]
    async fn a_call_knows_on_whose_behalf_it_is_made() {
        assert_eq!(caller(), None);
        let known = on_behalf_of("p1", async { caller() }).await;
        assert_eq!(known.as_deref(), Some("p1"));
    }
}
