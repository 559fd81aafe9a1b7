//! The connection that all listeners share.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until, timeout};

use super::fault::Fault;
use super::parcel::Parcel;
use crate::backoff::Backoff;

/// The time limit for one attempt, including the connection.
const PATIENCE: Duration = Duration::from_secs(15);

/// The waits after failed connections. The longest one leaves an attempt the time to connect.
const FIRST_REST: Duration = Duration::from_millis(250);
const LONGEST_REST: Duration = Duration::from_secs(4);

/// Opens connections of one protocol.
pub(super) trait Connector {
    /// Its connection.
    type Link: Link;

    /// Opens one.
    fn connect(&self) -> impl Future<Output = Result<Self::Link, Fault>> + Send;
}

/// An open connection.
pub(super) trait Link {
    /// Whether it is still open.
    fn is_usable(&self) -> bool;

    /// Sends a message and waits until the broker has taken it.
    fn send(&self, parcel: &Parcel<'_>) -> impl Future<Output = Result<(), Fault>> + Send;

    /// Gives up a message that was not taken in time, with everything that may hold it up, and returns what is known of the
    /// reason.
    fn give_up(&self, parcel: &Parcel<'_>, began: Instant) -> String;

    /// Closes it cleanly.
    fn close(&self) -> impl Future<Output = ()> + Send;
}

/// A connection that is opened when needed, and again after a failure.
#[derive(Debug)]
pub(super) struct Shared<C: Connector> {
    connector: C,
    state: Mutex<State<C::Link>>,
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
    pub(super) fn new(connector: C) -> Self {
        Self {
            connector,
            state: Mutex::new(State {
                link: None,
                backoff: Backoff::new(FIRST_REST, LONGEST_REST),
                failed: None,
            }),
        }
    }

    /// Sends a message, within the time limit.
    pub(super) async fn send(&self, parcel: &Parcel<'_>) -> Result<(), Fault> {
        let began = Instant::now();
        let attempt = async { self.link().await?.send(parcel).await };
        if let Ok(outcome) = timeout(PATIENCE, attempt).await {
            return outcome;
        }
        let seconds = PATIENCE.as_secs();
        // It is locked while it is being opened.
        let link = self.state.try_lock().ok().and_then(|state| state.link.clone());
        Err(Fault::new(match link {
            Some(link) => format!("{} ({seconds} s)", link.give_up(parcel, began)),
            None => format!("no connection to the broker in {seconds} s"),
        }))
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
            let _ = timeout(PATIENCE, link.close()).await;
        }
    }
}
