//! All notifiers of a server.

use super::http::HttpNotifier;
use super::outcome::{Notice, Outcome, Verdict};
use crate::config::Config;
use crate::listener::Notifier;

/// The notifiers, which share their connections among listeners.
pub struct Notifiers {
    http: HttpNotifier,
}

impl Notifiers {
    /// Follows the configuration. Nothing is connected yet.
    pub fn new(config: &Config) -> Self {
        Self {
            http: HttpNotifier::new(config),
        }
    }

    /// Delivers once.
    pub async fn notify(&self, notice: &Notice<'_>) -> Outcome {
        match &notice.listener.settings.notifier {
            Notifier::Http(http) => self.http.notify(http, notice).await,
            Notifier::Email(_) | Notifier::Amqp(_) | Notifier::Pull => Outcome {
                verdict: Verdict::Failed(None),
                status: None,
                answer: "this notifier is not available".to_owned(),
            },
        }
    }
}
