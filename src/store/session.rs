//! A thread's connection: made when it is needed, thrown away when it is lost, made again with growing pauses.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::{Connection, InstrumentationEvent, SimpleConnection};
use uuid::Uuid;

use super::backend::{Backend, Conn, Purpose};
use super::error::Error;

/// Pauses between two tries to reach a server that is gone; callers in between are told so at once.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A connection that has rested for so long is tried before it is used: servers and proxies close idle ones.
const REST: Duration = Duration::from_millis(500);

/// A connection of one thread.
pub(super) struct Session {
    backend: Backend,
    purpose: Purpose,
    conn: Option<Conn>,
    used: Instant,
    has_failed: Arc<AtomicBool>,
    outage: Option<Outage>,
}

/// A server that could not be reached.
struct Outage {
    pause: Duration,
    next_try: Instant,
    error: Error,
}

impl Session {
    /// Connects.
    pub(super) fn open(backend: &Backend, purpose: Purpose) -> Result<Self, Error> {
        let mut session = Self {
            backend: backend.clone(),
            purpose,
            conn: None,
            used: Instant::now(),
            has_failed: Arc::default(),
            outage: None,
        };
        session.connect()?;
        Ok(session)
    }

    /// The connection, made anew if the last one was lost.
    ///
    /// # Errors
    /// [`Error::Unavailable`] while there is none.
    pub(super) fn conn(&mut self) -> Result<&mut Conn, Error> {
        if self.used.elapsed() > REST && !self.backend.is_embedded() {
            self.try_out();
        }
        if self.conn.is_none() {
            self.connect()?;
        }
        self.used = Instant::now();
        self.conn
            .as_mut()
            .ok_or_else(|| Error::Unavailable("there is no connection".to_owned()))
    }

    /// Throws the connection away.
    pub(super) fn discard(&mut self) {
        self.conn = None;
    }

    fn try_out(&mut self) {
        if let Some(conn) = &mut self.conn
            && let Err(error) = conn.batch_execute("SELECT 1")
        {
            tracing::info!(%error, "an idle connection to the database was lost");
            self.discard();
        }
    }

    fn connect(&mut self) -> Result<(), Error> {
        if let Some(outage) = &self.outage
            && Instant::now() < outage.next_try
        {
            return Err(outage.error.clone());
        }
        match self.backend.connect(self.purpose) {
            Ok(mut conn) => {
                if !self.backend.is_embedded() {
                    conn.set_instrumentation(watch(self.has_failed.clone()));
                }
                if self.outage.take().is_some() {
                    tracing::info!("the database is back");
                }
                self.conn = Some(conn);
                Ok(())
            }
            Err(error) => {
                let pause = match &self.outage {
                    Some(outage) => (outage.pause * 2).min(LONGEST_PAUSE),
                    None => FIRST_PAUSE,
                };
                if self.outage.is_none() {
                    tracing::error!(%error, "the database is gone");
                }
                let next_try = Instant::now() + jittered(pause);
                self.outage = Some(Outage {
                    pause,
                    next_try,
                    error: error.clone(),
                });
                Err(error)
            }
        }
    }
}

/// For those who write to a server.
#[cfg(any(feature = "postgres", feature = "mysql"))]
impl Session {
    /// As `conn`, with no failure on its account.
    pub(super) fn fresh_conn(&mut self) -> Result<&mut Conn, Error> {
        self.conn()?;
        self.has_failed.store(false, Ordering::Relaxed);
        self.conn()
    }

    /// Whether a statement has failed since `fresh_conn`, seen or not: a closure may have passed over the error, and
    /// PostgreSQL would then answer COMMIT with a rollback that looks like success.
    pub(super) fn has_failed(&self) -> bool {
        self.has_failed.load(Ordering::Relaxed)
    }

    /// Ends a transaction that is to last.
    pub(super) fn commit(&mut self) -> Result<(), Error> {
        match &mut self.conn {
            Some(conn) => conn.commit(),
            None => Err(Error::Unavailable("there is no connection".to_owned())),
        }
    }

    /// Ends a transaction that is not to be committed.
    pub(super) fn rollback(&mut self) {
        let is_undone = self.conn.as_mut().is_some_and(|conn| conn.rollback().is_ok());
        if !is_undone {
            self.discard();
        }
    }
}

/// Notes that a statement failed.
fn watch(has_failed: Arc<AtomicBool>) -> impl FnMut(InstrumentationEvent<'_>) + Send + 'static {
    move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::FinishQuery { error: Some(_), .. } = event {
            has_failed.store(true, Ordering::Relaxed);
        }
    }
}

/// Between half of the pause and all of it, so that those who collided do not meet again.
pub(super) fn jittered(pause: Duration) -> Duration {
    let half = pause / 2;
    let share = u32::from(Uuid::new_v4().as_bytes()[0]);
    half + half * share / 255
}
