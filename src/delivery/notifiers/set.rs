//! All notifiers of a server.

use std::time::Duration;

use super::amqp::AmqpNotifier;
use super::email::{EmailNotifier, Recipients};
use super::http::HttpNotifier;
use super::outcome::{Notice, Outcome, Verdict};
use crate::config::Config;
use crate::listener::{Email, Notifier};
use crate::store::Store;

/// The notifiers, which share their connections among listeners.
pub struct Notifiers {
    http: HttpNotifier,
    /// None while e-mails are disabled; an error if they cannot be sent.
    email: Result<Option<EmailNotifier>, String>,
    recipients: Recipients,
    /// None without `[messaging] url`; an error if the broker cannot be used.
    amqp: Result<Option<AmqpNotifier>, String>,
    /// `[listeners] timeout` and `[email] timeout`.
    timeouts: (Duration, Duration),
}

impl Notifiers {
    /// Creates the notifiers from the configuration, without connecting yet.
    pub fn new(config: &Config, store: Store) -> Self {
        Self {
            http: HttpNotifier::new(config),
            email: EmailNotifier::new(&config.email).map_err(|error| error.to_string()),
            recipients: Recipients::new(store),
            amqp: AmqpNotifier::new(config).map_err(|error| error.to_string()),
            timeouts: (config.listeners.timeout, config.email.timeout),
        }
    }

    /// Returns how long an attempt may take. The notifiers end before that by themselves: that of e-mails reports how far it came,
    /// that of AMQP gives up a connection that hangs.
    pub fn time_limit(&self, notifier: &Notifier) -> Duration {
        let (general, email) = self.timeouts;
        let own = match notifier {
            Notifier::Email(_) => email,
            Notifier::Http(_) | Notifier::Amqp(_) | Notifier::Pull => general,
        };
        own + Duration::from_secs(1)
    }

    /// Delivers once.
    pub async fn notify(&self, notice: &Notice<'_>) -> Outcome {
        match &notice.listener.settings.notifier {
            Notifier::Http(http) => self.http.notify(http, notice).await,
            Notifier::Email(email) => match &self.email {
                Ok(Some(notifier)) => self.mail(notifier, email, notice).await,
                Ok(None) => failed("[email] enabled is false: this server sends no e-mails"),
                Err(reason) => failed(reason),
            },
            Notifier::Amqp(amqp) => match &self.amqp {
                Ok(Some(notifier)) => notifier.notify(amqp, notice).await,
                Ok(None) => failed("[messaging] url is not set: this server has no broker for listeners"),
                Err(reason) => failed(reason),
            },
            Notifier::Pull => failed("the receiver fetches its deliveries"),
        }
    }

    async fn mail(&self, notifier: &EmailNotifier, email: &Email, notice: &Notice<'_>) -> Outcome {
        match self.recipients.agreed(notice.listener, email).await {
            Ok(agreed) => agreed.complete(notifier.notify(&agreed.email, notice).await),
            Err(outcome) => outcome,
        }
    }

    /// Closes connections cleanly.
    pub async fn close(self) {
        if let Ok(Some(amqp)) = self.amqp {
            amqp.close().await;
        }
    }
}

fn failed(reason: &str) -> Outcome {
    Outcome {
        verdict: Verdict::Failed(None),
        status: None,
        answer: reason.to_owned(),
    }
}
