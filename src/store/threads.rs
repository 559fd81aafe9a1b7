//! How the store's threads end.

use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;

/// Threads, each of which ends when it is ordered to.
pub(super) struct Threads {
    handles: Mutex<Vec<JoinHandle<()>>>,
    /// How long they may take, where they wait for a server: one that hangs never answers. As long as it takes, when
    /// none.
    patience: Option<Duration>,
}

/// How often a thread is looked at that takes its time.
const LOOK: Duration = Duration::from_millis(10);

impl Threads {
    pub(super) fn new(handles: Vec<JoinHandle<()>>, patience: Option<Duration>) -> Self {
        Self {
            handles: Mutex::new(handles),
            patience,
        }
    }

    /// Sends each the order to stop, behind what was ordered before, and waits for it.
    pub(super) fn stop<T>(&self, orders: &Sender<T>, stop: impl Fn() -> T) {
        let handles = std::mem::take(&mut *self.handles.lock().unwrap_or_else(PoisonError::into_inner));
        let until = self.patience.map(|patience| Instant::now() + patience);
        for _ in &handles {
            // Fails when the threads are gone, which is what is wanted, and when they hang, which shows below.
            let _ = match until {
                None => orders.send(stop()).is_ok(),
                Some(until) => orders.send_deadline(stop(), until).is_ok(),
            };
        }
        for handle in handles {
            if let Some(until) = until {
                while !handle.is_finished() && Instant::now() < until {
                    std::thread::sleep(LOOK);
                }
                if !handle.is_finished() {
                    tracing::warn!("a thread that waits for the database is left behind");
                    continue;
                }
            }
            if handle.join().is_err() {
                tracing::error!("a thread of the store had panicked");
            }
        }
    }
}
