//! Follows one service's table.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::failure::Failure;
use super::foreign::Foreign;
use super::pace::Pace;
use super::rows::{Brought, Rows, parts};
use super::status::Status;
use super::tenure::{RENEWAL, Tenure};
use super::window::{Window, times};
use crate::backoff::Backoff;
use crate::clock::Clock;
use crate::config::{Config, Connection};
use crate::event::Reporter;
use crate::message::{Message, time};
use crate::store::follow::{FollowBatch, FollowPosition};
use crate::store::foreign::{ForeignRow, ForeignService};
use crate::store::{self, Backend, Store};
use crate::telemetry::Metrics;
use crate::worker::{Next, Rest, Task, Worker};

/// The interval at which a process without the lease tries to take it.
const STANDBY: Duration = Duration::from_secs(1);

/// Rows of a page of the walk.
const WALK: i64 = 500;

/// The waits after failures.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));

/// Follows one service's table.
pub struct Follower {
    service: ForeignService,
    foreign: Foreign,
    store: Store,
    clock: Clock,
    reporter: Reporter,
    rows: Rows,
    pairs_within: i64,
    tenure: Tenure,
    /// `None` until the lease was taken.
    window: Option<Window>,
    pace: Pace,
    backoff: Backoff,
    status: Status,
}

impl Follower {
    /// Creates a follower for each service that the configuration names. Does not connect yet.
    pub fn all(
        config: &Config,
        store: &Store,
        clock: &Clock,
        reporter: &Reporter,
        metrics: &Metrics,
    ) -> Vec<Self> {
        let services = [
            (ForeignService::Cinder, &config.follow.cinder),
            (ForeignService::Manila, &config.follow.manila),
        ];
        let named = services
            .into_iter()
            .filter_map(|(service, connection)| Some((service, connection.as_ref()?)));
        named
            .map(|(service, connection)| {
                Self::new(service, connection, config, store, clock, reporter, metrics)
            })
            .collect()
    }

    fn new(
        service: ForeignService,
        connection: &Connection,
        config: &Config,
        store: &Store,
        clock: &Clock,
        reporter: &Reporter,
        metrics: &Metrics,
    ) -> Self {
        let backend = Backend::of(connection, config.database.busy_timeout);
        let name = service.name();
        Self {
            service,
            status: Status::new(name, backend.describe(), metrics.follow.of(name)),
            foreign: Foreign::new(backend, service),
            store: store.clone(),
            clock: clock.clone(),
            reporter: reporter.clone(),
            rows: Rows::new(service, config.api.project_id_regex.clone()),
            pairs_within: i64::try_from(config.ingest.dedup_ttl.as_micros()).unwrap_or(i64::MAX),
            tenure: Tenure::new(store.clone(), service),
            window: None,
            pace: Pace::new(service),
            backoff: Backoff::new(BACKOFF.0, BACKOFF.1),
        }
    }

    /// Returns the follower as a task to start.
    pub fn task(self) -> Task {
        Task::new(self.tenure.name().to_owned(), self)
    }

    /// Looks for new rows or reads the next page of all, if that is due: one of both, as the lease is renewed in between.
    async fn follow(&mut self) -> Result<(), Failure> {
        let now = self.clock.now();
        if self.tenure.is_due(now) {
            self.renew(now).await?;
        }
        if self.pace.look_is_due() {
            self.look(now).await
        } else if self.pace.walk_is_due() {
            self.walk(now).await
        } else {
            Ok(())
        }
    }

    /// Takes the lease or renews it, and continues from what is recorded, unless no other process can have recorded anything.
    async fn renew(&mut self, now: i64) -> Result<(), Failure> {
        let own = self.window.as_ref().filter(|_| self.tenure.is_held(now));
        let (is_own, position) = match own {
            Some(window) => (true, window.position.clone()),
            None => (false, Window::beginning(now)),
        };
        let position = self.tenure.renew(now, position).await?;
        if !is_own {
            self.window = Some(Window::from(position));
        }
        Ok(())
    }

    /// Looks for new rows where they come in the order of expiry.
    async fn look(&mut self, now: i64) -> Result<(), Failure> {
        let Some(window) = &self.window else { return Ok(()) };
        let range = window.range(now);
        let (found, mut took) = match self.foreign.ask(move |table| table.expiring(&range)).await {
            // Without an index: the walk finds the rows.
            Err(error @ store::Error::Exhausted(_)) if self.service == ForeignService::Manila => {
                tracing::debug!(%error, "a look was given up");
                self.pace.looked(Duration::MAX, false);
                self.status.looks_are_slow();
                return Ok(());
            }
            looked => looked.map_err(Failure::Foreign)?,
        };
        let (unknown, position) = (window.unknown(&found), window.after(&found, now));
        let mut learnt = Vec::new();
        if !unknown.is_empty() {
            let ask = self.foreign.ask(move |table| table.find(&unknown));
            let (rows, longer) = ask.await.map_err(Failure::Foreign)?;
            took += longer;
            learnt = times(&rows);
            self.record(rows, position, now).await?;
        }
        if let Some(window) = &mut self.window {
            let continues = window.recorded(found, now);
            window.learn(&learnt, now);
            self.pace.looked(took, continues);
        }
        Ok(())
    }

    /// Reads the next page of all rows. Its failures do not keep looks from finding new rows.
    async fn walk(&mut self, now: i64) -> Result<(), Failure> {
        match self.next_page(now).await {
            Err(failure @ (Failure::Foreign(_) | Failure::Store(_))) => {
                let is_too_slow = matches!(&failure, Failure::Foreign(store::Error::Exhausted(_)));
                self.pace.walk_failed(is_too_slow);
                self.status.walk_failed(&failure);
                Ok(())
            }
            walked => walked,
        }
    }

    async fn next_page(&mut self, now: i64) -> Result<(), Failure> {
        let Some(window) = &self.window else { return Ok(()) };
        let mut position = window.position.clone();
        let after = position.walked.clone();
        let (page, took) = self
            .foreign
            .ask(move |table| table.page(Some(&*after).filter(|id| !id.is_empty()), WALK))
            .await
            .map_err(Failure::Foreign)?;
        let is_last = i64::try_from(page.len()).is_ok_and(|length| length < WALK);
        let walked = page.last().filter(|_| !is_last).map(|row| row.id.clone());
        position.walked = walked.unwrap_or_default();
        let learnt = times(&page);
        let news = news(&self.store, page, now).await.map_err(Failure::Store)?;
        if !news.is_empty() {
            self.record(news, position.clone(), now).await?;
        }
        if let Some(window) = &mut self.window {
            window.position = position;
            window.learn(&learnt, now);
        }
        self.pace.walked(took, is_last);
        Ok(())
    }

    /// Records rows, which lead to `position`.
    async fn record(
        &mut self,
        rows: Vec<ForeignRow>,
        position: FollowPosition,
        now: i64,
    ) -> Result<(), Failure> {
        let Some(window) = &self.window else { return Ok(()) };
        let before = window.position.clone();
        let Brought {
            messages,
            deleted,
            refused,
        } = self.rows.bring(rows);
        self.status.refused(refused);
        let mut parts = parts(messages, now, self.pairs_within);
        let last = parts.pop().unwrap_or_default();
        for part in parts {
            self.write(part, Vec::new(), before.clone(), now).await?;
        }
        self.write(last, deleted, position, now).await
    }

    async fn write(
        &mut self,
        messages: Vec<Message>,
        deleted: Vec<Uuid>,
        position: FollowPosition,
        now: i64,
    ) -> Result<(), Failure> {
        let since = position.since;
        let created = messages.iter().map(|message| message.created_at);
        let newest = created.filter(|created| *created >= since).max();
        let batch = Arc::new(FollowBatch {
            lease: self.tenure.lease(now),
            service: self.service.name(),
            now,
            pairs_within: self.pairs_within,
            messages,
            deleted,
            position,
        });
        let followed = self.store.follow(batch, &self.reporter).await;
        let outcome = followed.map_err(Failure::Store)??;
        let lag = newest.map(|created| self.clock.now().saturating_sub(created) / time::SECOND);
        self.status.recorded(outcome, lag);
        Ok(())
    }

    /// Takes a step. Who cannot read the table leaves it to others.
    async fn attempt(&mut self) -> Result<(), Failure> {
        let followed = self.follow().await;
        match &followed {
            Err(Failure::Foreign(_)) => self.tenure.release().await,
            Err(Failure::Held(_)) => self.tenure.lost(),
            _ => {}
        }
        followed
    }
}

impl Worker for Follower {
    async fn step(&mut self, stop: &CancellationToken) -> Next {
        let followed = tokio::select! {
            followed = self.attempt() => followed,
            () = stop.cancelled() => return Next::Step,
        };
        Next::Rest(Rest::of(match followed {
            Ok(()) => {
                self.status.follows();
                self.backoff.succeeded();
                self.pace.rest().min(RENEWAL)
            }
            Err(failure) => {
                self.status.failed(&failure);
                match failure {
                    Failure::Held(_) => STANDBY,
                    _ => self.backoff.failed(),
                }
            }
        }))
    }

    async fn end(mut self) {
        self.status.ended();
        self.tenure.release().await;
    }
}

/// Returns the rows that are not recorded, or deleted since; without those that had expired at `now`.
async fn news(store: &Store, page: Vec<ForeignRow>, now: i64) -> Result<Vec<ForeignRow>, store::Error> {
    let id = |row: &ForeignRow| Uuid::try_parse(&row.id).unwrap_or_default();
    let ids: Vec<Uuid> = page.iter().map(id).collect();
    let known = store.read(move |read| store::follow::notes(read, &ids)).await?;
    let is_news = |row: &ForeignRow| match known.get(&id(row)) {
        Some(message) => row.is_deleted() && message.is_some(),
        None => !row.is_deleted() && row.expires_at().is_none_or(|end| end > now),
    };
    Ok(page.into_iter().filter(is_news).collect())
}
