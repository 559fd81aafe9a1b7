//! All notifiers of a server.

use std::time::Duration;

use super::email::EmailNotifier;
use super::http::HttpNotifier;
use super::outcome::{Notice, Outcome, Verdict};
use crate::config::Config;
use crate::listener::Notifier;

/// The notifiers, which share their connections among listeners.
pub struct Notifiers {
    http: HttpNotifier,
    /// None while e-mails are not enabled, or why they cannot be sent.
    email: Result<Option<EmailNotifier>, String>,
    /// `[listeners] timeout` and `[email] timeout`.
    timeouts: (Duration, Duration),
}

impl Notifiers {
    /// Follows the configuration. Nothing is connected yet.
    pub fn new(config: &Config) -> Self {
        Self {
            http: HttpNotifier::new(config),
            email: EmailNotifier::new(&config.email).map_err(|error| error.to_string()),
            timeouts: (config.listeners.timeout, config.email.timeout),
        }
    }

    /// Returns how long an attempt may take. An e-mail notifier ends by itself, and says how far it came.
    pub fn time_limit(&self, notifier: &Notifier) -> Duration {
        let (general, email) = self.timeouts;
        match notifier {
            Notifier::Email(_) => email + Duration::from_secs(1),
            Notifier::Http(_) | Notifier::Amqp(_) | Notifier::Pull => general,
        }
    }

    /// Delivers once.
    pub async fn notify(&self, notice: &Notice<'_>) -> Outcome {
        match &notice.listener.settings.notifier {
            Notifier::Http(http) => self.http.notify(http, notice).await,
            Notifier::Email(email) => match &self.email {
                Ok(Some(notifier)) => notifier.notify(email, notice).await,
                Ok(None) => failed("[email] enabled is false: this server sends no e-mails"),
                Err(reason) => failed(reason),
            },
            Notifier::Amqp(_) | Notifier::Pull => failed("this notifier is not available"),
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
