//! The worker that mails requests for confirmation.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::wanting::wanting;
use crate::catalog::Language;
use crate::clock::Clock;
use crate::config::{self, Config, Endpoint};
use crate::delivery::notifiers::{EmailNotifier, Question, Verdict};
use crate::listener::{Confirmation, ConfirmationToken, ListenerSeal, RetrySchedule};
use crate::message::time;
use crate::store::confirmation::{Claim, Mailed, claim, forget, next_due, settle};
use crate::store::{Error, Store};
use crate::telemetry::LogThrottle;
use crate::tls;
use crate::worker::{Next, Rest, Task, Worker};

/// How often the database is asked for requests.
const POLL: Duration = Duration::from_secs(1);

/// How long to wait while the database is unavailable.
const UNAVAILABLE: Duration = Duration::from_secs(5);

/// How long a claim lasts, in microseconds: longer than mailing takes.
const LEASE: i64 = 60 * time::SECOND;

/// Mails requests, one after the other: they are few, and must not keep the mail server from events.
pub struct Asker {
    store: Store,
    clock: Clock,
    seal: Arc<ListenerSeal>,
    notifier: EmailNotifier,
    endpoint: Endpoint,
    log: LogThrottle,
}

impl Asker {
    /// Follows the configuration. Returns `None` if e-mails are not enabled, or there is no address for links to lead to.
    ///
    /// # Errors
    /// Fails if the file of certificates cannot be used.
    pub fn new(
        config: &Config,
        store: Store,
        clock: Clock,
        seal: Arc<ListenerSeal>,
    ) -> Result<Option<Self>, tls::Error> {
        let one = config::Email {
            max_connections: 1,
            ..config.email.clone()
        };
        let notifier = EmailNotifier::new(&one)?;
        let both = notifier.zip(config.api.public_endpoint.clone());
        Ok(both.map(|(notifier, endpoint)| Self {
            store,
            clock,
            seal,
            notifier,
            endpoint,
            log: LogThrottle::default(),
        }))
    }

    /// Returns the worker to start.
    pub fn task(self) -> Task {
        Task::new("delivery:confirmations", self)
    }

    /// Mails the request that is due next; returns whether there was any.
    async fn ask_next(&mut self) -> Result<bool, Error> {
        let now = self.clock.now();
        let Some(due) = self.store.read(move |read| next_due(read, now)).await? else {
            return Ok(false);
        };
        let wanting = wanting(&self.store, &self.seal, &due).await?;
        let Some(listener) = wanting.first() else {
            self.store.write(move |tx| forget(tx, &due)).await?;
            return Ok(true);
        };
        let token = ConfirmationToken::random()
            .ok_or_else(|| Error::Unavailable("the system provides no random numbers".to_owned()))?;
        let (digest, read) = (token.digest(), due.clone());
        // A server that dies is followed by the next try, not by one each minute.
        let until = now.saturating_add(wait_after(&due).unwrap_or(0).max(LEASE));
        let claimed = self.store.write(move |tx| claim(tx, &read, &digest, now, until));
        if claimed.await? == Claim::Held {
            let mailed = self.mail(&due, &token, listener.settings.language).await;
            self.store.write(move |tx| settle(tx, &digest, mailed)).await?;
        }
        Ok(true)
    }

    async fn mail(&mut self, asked: &Confirmation, token: &ConfirmationToken, language: Language) -> Mailed {
        let Ok(address) = asked.address.parse() else {
            return Mailed::Never;
        };
        let question = Question {
            address,
            project: asked.project.clone(),
            link: token.link(self.endpoint.as_str(), language),
            language,
        };
        let outcome = self.notifier.ask(&question, self.clock.now()).await;
        match outcome.verdict {
            Verdict::Delivered => return Mailed::Sent,
            Verdict::Refused | Verdict::Gone => return Mailed::Never,
            Verdict::Failed(_) => {}
        }
        if let Some(held_back) = self.log.due() {
            // The answer begins with the address, which is no business of the log.
            let (project, status) = (&asked.project, outcome.status);
            tracing::warn!(
                project,
                status,
                held_back,
                "a request for confirmation cannot be mailed"
            );
        }
        wait_after(asked).map_or(Mailed::Never, |wait| {
            Mailed::Later(self.clock.now().saturating_add(wait))
        })
    }
}

/// How long after the try that follows the next one is due, in microseconds; none after the last.
fn wait_after(asked: &Confirmation) -> Option<i64> {
    let tries = usize::try_from(asked.tries).unwrap_or(usize::MAX);
    let wait = RetrySchedule::default().after(tries.saturating_add(1), 0.5)?;
    Some(i64::try_from(wait.as_micros()).unwrap_or(i64::MAX))
}

impl Worker for Asker {
    /// For the mail in progress when the server stops. If that is too short, another server mails it, or this one later.
    const GRACE: Option<Duration> = Some(Duration::from_secs(5));

    async fn step(&mut self, stop: &CancellationToken) -> Next {
        if stop.is_cancelled() {
            return Next::Rest(Rest::of(POLL));
        }
        match self.ask_next().await {
            Ok(true) => Next::Step,
            Ok(false) => Next::Rest(Rest::of(POLL)),
            Err(error) => {
                if let Some(held_back) = self.log.due() {
                    tracing::warn!(%error, held_back, "requests for confirmation cannot be read or settled");
                }
                Next::Rest(Rest::of(UNAVAILABLE))
            }
        }
    }
}
