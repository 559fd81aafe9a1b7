//! The connection that all listeners share.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until, timeout};

use super::fault::Fault;
use super::parcel::Parcel;
use crate::backoff::Backoff;

/// The waits after failed connections. By default, the longest one leaves an attempt the time to connect.
const FIRST_REST: Duration = Duration::from_millis(250);
const LONGEST_REST: Duration = Duration::from_secs(4);

/// Opens connections of one protocol.
pub(super) trait Connector {
    /// Its connection.
    type Link: Link;

    /// Opens one.
    fn connect(&self) -> impl Future<Output = Result<Self::Link, Fault>> + Send;

    /// Reports that an open one has failed, so that another broker is tried first.
    fn failed(&self);
}

/// An open connection.
pub(super) trait Link {
    /// Whether it is still open.
    fn is_usable(&self) -> bool;

    /// Sends a message and waits until the broker has taken it.
    fn send(&self, parcel: &Parcel<'_>) -> impl Future<Output = Result<(), Fault>> + Send;

    /// Forgets what only messages to the same place need, after one of them was not taken in time.
    fn forget(&self, parcel: &Parcel<'_>);

    /// Drops the connection without notifying the broker, which would not read it, and returns the likely reason.
    fn cut(&self) -> String;

    /// Closes it cleanly.
    fn close(&self) -> impl Future<Output = ()> + Send;
}

/// A connection that is opened when needed, and again after a failure.
#[derive(Debug)]
pub(super) struct Shared<C: Connector> {
    connector: C,
    /// The time limit for one attempt, including the connection.
    patience: Duration,
    state: Mutex<State<C::Link>>,
    /// When the broker last took a message.
    heard: parking_lot::Mutex<Option<Instant>>,
}

#[derive(Debug)]
struct State<L> {
    link: Option<Arc<L>>,
    backoff: Backoff,
    /// The last attempt to connect, if it failed.
    failed: Option<Failed>,
}

#[derive(Debug)]
struct Failed {
    at: Instant,
    fault: Fault,
    /// When the next attempt is due.
    due: Instant,
}

impl<C: Connector> Shared<C> {
    pub(super) fn new(connector: C, patience: Duration) -> Self {
        Self {
            connector,
            patience,
            state: Mutex::new(State {
                link: None,
                backoff: Backoff::new(FIRST_REST, LONGEST_REST),
                failed: None,
            }),
            heard: parking_lot::Mutex::default(),
        }
    }

    /// Sends a message, within the time limit.
    pub(super) async fn send(&self, parcel: &Parcel<'_>) -> Result<(), Fault> {
        let began = Instant::now();
        let Ok(outcome) = timeout(self.patience, self.attempt(parcel)).await else {
            let reason = self.give_up(parcel, began);
            return Err(Fault::new(format!("{reason} ({} s)", self.patience.as_secs())));
        };
        outcome
    }

    async fn attempt(&self, parcel: &Parcel<'_>) -> Result<(), Fault> {
        let link = self.link().await?;
        let outcome = link.send(parcel).await;
        match &outcome {
            Ok(()) => *self.heard.lock() = Some(Instant::now()),
            Err(fault) if fault.is_fatal => {
                let mut state = self.state.lock().await;
                if state.link.take_if(|open| Arc::ptr_eq(open, &link)).is_some() {
                    self.connector.failed();
                }
            }
            Err(_) => {}
        }
        outcome
    }

    /// Gives up a message with everything that may hold it up, and returns the reason.
    fn give_up(&self, parcel: &Parcel<'_>, began: Instant) -> String {
        let Ok(mut state) = self.state.try_lock() else {
            return "the broker cannot be reached".to_owned();
        };
        if *self.heard.lock() > Some(began) {
            // Only this place is held up, such as by a queue that has lost its quorum.
            if let Some(link) = &state.link {
                link.forget(parcel);
            }
            return "the broker has not confirmed the message".to_owned();
        }
        let Some(link) = state.link.take() else {
            return "the broker cannot be reached".to_owned();
        };
        self.connector.failed();
        link.cut()
    }

    /// Returns the open connection. Attempts that have waited for the same one share its failure.
    async fn link(&self) -> Result<Arc<C::Link>, Fault> {
        let asked = Instant::now();
        let mut state = self.state.lock().await;
        if let Some(link) = state.link.take_if(|link| !link.is_usable()) {
            drop(link);
        }
        if let Some(link) = &state.link {
            return Ok(Arc::clone(link));
        }
        if let Some(failed) = &state.failed {
            if failed.at > asked {
                return Err(failed.fault.clone());
            }
            sleep_until(failed.due).await;
        }
        match self.connector.connect().await {
            Ok(link) => {
                state.failed = None;
                state.backoff.succeeded();
                Ok(Arc::clone(state.link.insert(Arc::new(link))))
            }
            Err(fault) => {
                let at = Instant::now();
                let due = at + state.backoff.failed();
                state.failed = Some(Failed {
                    at,
                    fault: fault.clone(),
                    due,
                });
                Err(fault)
            }
        }
    }

    /// Closes the connection cleanly.
    pub(super) async fn close(self) {
        if let Some(link) = self.state.into_inner().link {
            // The broker also notices a connection that is merely gone.
            let _ = timeout(self.patience, link.close()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use futures_util::future::join_all;

    use super::*;
    use crate::event::{Envelope, Priority};
    use crate::listener::{Amqp, Format};

    const PATIENCE: Duration = Duration::from_secs(15);

    /// A broker that counts connections, and refuses them until it `accepts`.
    #[derive(Default)]
    struct Fake {
        accepts: AtomicBool,
        calls: AtomicUsize,
    }

    struct FakeLink {
        is_open: AtomicBool,
    }

    impl Connector for Fake {
        type Link = FakeLink;

        async fn connect(&self) -> Result<FakeLink, Fault> {
            let call = self.calls.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            let link = FakeLink {
                is_open: AtomicBool::new(true),
            };
            let accepts = self.accepts.load(Ordering::Relaxed);
            accepts
                .then_some(link)
                .ok_or_else(|| Fault::new(call.to_string()))
        }

        fn failed(&self) {}
    }

    impl Link for FakeLink {
        fn is_usable(&self) -> bool {
            self.is_open.load(Ordering::Relaxed)
        }

        async fn send(&self, _: &Parcel<'_>) -> Result<(), Fault> {
            let was_open = self.is_open.swap(false, Ordering::Relaxed);
            was_open.then_some(()).ok_or_else(|| Fault::new("closed"))
        }

        fn forget(&self, _: &Parcel<'_>) {}

        fn cut(&self) -> String {
            "stuck".to_owned()
        }

        async fn close(&self) {}
    }

    async fn send(shared: &Shared<Fake>) -> Result<(), Fault> {
        let event = Envelope {
            message_id: uuid::Uuid::nil(),
            publisher_id: "image.host1".to_owned(),
            event_type: "image.upload".to_owned(),
            priority: Priority::Info,
            timestamp: 0,
            payload: "{}".to_owned(),
            request_id: None,
            project_id: None,
            call_report: None,
        };
        let target = Amqp::default();
        let parcel = Parcel::new(&event, Format::Pulp, &target, "amq.topic").unwrap();
        shared.send(&parcel).await
    }

    #[tokio::test]
    async fn those_who_wait_for_one_connection_share_its_failure() {
        let shared = Shared::new(Fake::default(), PATIENCE);
        let outcomes = join_all((0..10).map(|_| send(&shared))).await;
        assert!(outcomes.iter().all(|outcome| *outcome == Err(Fault::new("0"))));
    }

    #[tokio::test]
    async fn the_next_attempt_waits_and_then_connects_again() {
        let shared = Shared::new(Fake::default(), PATIENCE);
        send(&shared).await.unwrap_err();
        let failed = Instant::now();
        shared.connector.accepts.store(true, Ordering::Relaxed);
        send(&shared).await.unwrap();
        assert!(failed.elapsed() + Duration::from_millis(5) >= FIRST_REST / 2);
        // The link closes after each message; without a failure, there is no wait.
        send(&shared).await.unwrap();
        assert_eq!(shared.connector.calls.load(Ordering::Relaxed), 3);
    }
}
