//! Shares one answer among all who wait for it.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use parking_lot::Mutex;

type Answer<V> = Shared<BoxFuture<'static, Option<V>>>;

/// Pending requests. Each is a separate task, so a caller that goes away does not cancel the answer for others.
pub(super) struct SingleFlight<K: Hash + Eq, V>(Arc<Mutex<HashMap<K, Answer<V>>>>);

impl<K: Hash + Eq, V> Default for SingleFlight<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

/// Removes the pending request, also if its task is cancelled at shutdown.
struct Landing<K: Hash + Eq, V> {
    key: K,
    single_flight: Arc<Mutex<HashMap<K, Answer<V>>>>,
}

impl<K: Hash + Eq, V> Drop for Landing<K, V> {
    fn drop(&mut self) {
        self.single_flight.lock().remove(&self.key);
    }
}

impl<K, V> SingleFlight<K, V>
where
    K: Hash + Eq + Copy + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Returns the answer for `key`: that of `known`, else of a pending request, else of `ask`, which must store it where
    /// `known` looks. `None` if the request was cancelled.
    pub(super) async fn join<F>(
        &self,
        key: K,
        known: impl FnOnce() -> Option<V>,
        ask: impl FnOnce() -> F,
    ) -> Option<V>
    where
        F: Future<Output = V> + Send + 'static,
    {
        let answer = {
            let mut single_flight = self.0.lock();
            // Another request may have finished since the caller last looked.
            if let Some(answer) = known() {
                return Some(answer);
            }
            let waiting = single_flight.entry(key);
            waiting.or_insert_with(|| self.take_off(key, ask())).clone()
        };
        answer.await
    }

    fn take_off(&self, key: K, asking: impl Future<Output = V> + Send + 'static) -> Answer<V> {
        let landing = Landing {
            key,
            single_flight: Arc::clone(&self.0),
        };
        let asked = tokio::spawn(async move {
            let value = asking.await;
            drop(landing);
            value
        });
        asked.map(Result::ok).boxed().shared()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn many_who_ask_the_same_make_one_question() {
        let single_flight = Arc::new(SingleFlight::<u8, u8>::default());
        let asked = Arc::new(AtomicUsize::new(0));
        let askers = (0..100).map(|_| {
            let (single_flight, asked) = (Arc::clone(&single_flight), Arc::clone(&asked));
            tokio::spawn(async move {
                let ask = || async move {
                    tokio::task::yield_now().await;
                    u8::try_from(asked.fetch_add(1, Ordering::Relaxed)).unwrap()
                };
                single_flight.join(1, || None, ask).await
            })
        });
        for asker in askers.collect::<Vec<_>>() {
            assert_eq!(asker.await.unwrap(), Some(0));
        }
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        assert!(single_flight.0.lock().is_empty());
    }

    #[tokio::test]
    async fn a_caller_who_goes_away_takes_no_other_callers_answer_along() {
        let single_flight = Arc::new(SingleFlight::<u8, u8>::default());
        let (open, gate) = tokio::sync::oneshot::channel::<()>();
        let first = Arc::clone(&single_flight);
        let first = tokio::spawn(async move {
            let ask = || async move {
                let _ = gate.await;
                7
            };
            first.join(1, || None, ask).await
        });
        tokio::task::yield_now().await;
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        let second = Arc::clone(&single_flight);
        let second = tokio::spawn(async move { second.join(1, || None, || async { 8 }).await });
        tokio::task::yield_now().await;
        open.send(()).unwrap();
        assert_eq!(second.await.unwrap(), Some(7));
    }
}
