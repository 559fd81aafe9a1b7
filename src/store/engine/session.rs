//! A thread's connection: made when needed, discarded when lost, and made again with growing pauses.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::{Connection, InstrumentationEvent, SimpleConnection};

use super::routes::{Route, Routes};
use crate::backoff::Backoff;
use crate::store::backend::Backend;
use crate::store::connection::{Conn, Purpose};
use crate::store::error::Error;

/// Pauses between two attempts to reach a server that is down; callers in between get the error at once.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A connection idle for this long is tested before use: servers and proxies close idle ones.
const REST: Duration = Duration::from_millis(500);

/// The most attempts at something that fails temporarily.
pub(super) const ATTEMPTS: usize = 6;

/// The rests between attempts.
const FIRST_REST: Duration = Duration::from_millis(5);
const LONGEST_REST: Duration = Duration::from_millis(160);

/// A connection of one thread.
pub(super) struct Session {
    backend: Backend,
    purpose: Purpose,
    routes: Arc<Routes>,
    conn: Option<Conn>,
    made: Instant,
    used: Instant,
    /// None with an embedded database.
    route: Option<Route>,
    has_failed: Arc<AtomicBool>,
    outage: Option<Outage>,
}

/// A server that could not be reached.
struct Outage {
    backoff: Backoff,
    next_try: Instant,
    error: Error,
}

impl Session {
    /// Connects.
    pub(super) fn open(backend: &Backend, purpose: Purpose, routes: &Arc<Routes>) -> Result<Self, Error> {
        let now = Instant::now();
        let mut session = Self {
            backend: backend.clone(),
            purpose,
            routes: Arc::clone(routes),
            conn: None,
            made: now,
            used: now,
            route: None,
            has_failed: Arc::default(),
            outage: None,
        };
        session.connect()?;
        Ok(session)
    }

    /// The connection; a new one if the last was lost, is too old, or leads to a server that writes no longer go to.
    pub(super) fn conn(&mut self) -> Result<&mut Conn, Error> {
        if self.is_outdated() {
            self.discard();
        } else if self.used.elapsed() > REST && !self.backend.is_embedded() {
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

    /// Discards the connection.
    pub(super) fn discard(&mut self) {
        self.conn = None;
        self.route = None;
    }

    fn is_outdated(&self) -> bool {
        let longest = self.routes.longest_life();
        self.route
            .as_ref()
            .is_some_and(|route| !route.is_current() || self.made.elapsed() > longest)
    }

    fn try_out(&mut self) {
        if let Some(conn) = &mut self.conn
            && let Err(error) = conn.batch_execute("SELECT 1")
        {
            tracing::info!(%error, "an idle connection to the database was lost");
            self.discard();
        }
    }

    fn make(&mut self) -> Result<Conn, Error> {
        let generation = self.routes.generation();
        let mut conn = self.backend.connect(self.purpose)?;
        self.made = Instant::now();
        if let Some(server) = conn.server()? {
            self.route = Some(self.routes.enter(server, generation));
            conn.set_instrumentation(watch(self.has_failed.clone()));
        }
        Ok(conn)
    }

    fn connect(&mut self) -> Result<(), Error> {
        if let Some(outage) = &self.outage
            && Instant::now() < outage.next_try
        {
            return Err(outage.error.clone());
        }
        match self.make() {
            Ok(conn) => {
                if self.outage.take().is_some() {
                    tracing::info!("the database is back");
                }
                self.conn = Some(conn);
                Ok(())
            }
            Err(error) => {
                let known = self.outage.take().map(|outage| outage.backoff);
                if known.is_none() {
                    tracing::error!(%error, "the database is gone");
                }
                let mut backoff = known.unwrap_or_else(|| Backoff::new(FIRST_PAUSE, LONGEST_PAUSE));
                self.outage = Some(Outage {
                    next_try: Instant::now() + backoff.failed(),
                    backoff,
                    error: error.clone(),
                });
                Err(error)
            }
        }
    }
}

/// For writers to a server.
#[cfg(any(feature = "postgres", feature = "mysql"))]
impl Session {
    /// As `conn`, with no failure noted yet.
    pub(super) fn fresh_conn(&mut self) -> Result<&mut Conn, Error> {
        self.conn()?;
        self.has_failed.store(false, Ordering::Relaxed);
        self.conn()
    }

    /// Whether a statement has failed since `fresh_conn`: a closure may have ignored the error, and PostgreSQL would then
    /// answer COMMIT with a rollback that looks like success.
    pub(super) fn has_failed(&self) -> bool {
        self.has_failed.load(Ordering::Relaxed)
    }

    /// Notes a commit on the connection.
    pub(super) fn settle(&mut self) {
        if let Some(route) = &mut self.route {
            route.settle();
        }
    }

    /// Commits.
    pub(super) fn commit(&mut self) -> Result<(), Error> {
        match &mut self.conn {
            Some(conn) => conn.commit(),
            None => Err(Error::Unavailable("there is no connection".to_owned())),
        }
    }

    /// Rolls back.
    pub(super) fn rollback(&mut self) {
        let is_undone = self.conn.as_mut().is_some_and(|conn| conn.rollback().is_ok());
        if !is_undone {
            self.discard();
        }
    }
}

/// Notes failed statements.
fn watch(has_failed: Arc<AtomicBool>) -> impl FnMut(InstrumentationEvent<'_>) + Send + 'static {
    move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::FinishQuery { error: Some(_), .. } = event {
            has_failed.store(true, Ordering::Relaxed);
        }
    }
}

/// Waits before the next attempt.
pub(super) fn rest(what: &str, attempt: usize, error: &Error) {
    tracing::info!(attempt, %error, "a {what} is run again");
    let backoff = Backoff::new(FIRST_REST, LONGEST_REST);
    std::thread::sleep(backoff.after(attempt));
}
