//! Sends e-mails.

use std::iter;
use std::slice;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::{Address, Message};
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use super::compose::Draft;
use super::message_id::MessageId;
use super::pool::{Lease, Pool};
use super::question::Question;
use super::reply::{Fate, Reply, outcome};
use super::sent::Sent;
use super::server::Server;
use super::transfer::transfer;
use crate::config;
use crate::delivery::notifiers::outcome::{Notice, Outcome, Verdict};
use crate::event::Envelope;
use crate::listener::Email;
use crate::tls;

/// Hands e-mails to the configured mail server.
pub struct EmailNotifier {
    from: Mailbox,
    timeout: Duration,
    pool: Pool,
    sent: Sent,
}

impl EmailNotifier {
    /// Returns `None` if e-mails are not enabled. Does not connect yet.
    ///
    /// # Errors
    /// Fails if the file of certificates cannot be used.
    pub fn new(config: &config::Email) -> Result<Option<Self>, tls::Error> {
        let Some(from) = config.from.clone().filter(|_| config.enabled) else {
            return Ok(None);
        };
        Ok(Some(Self {
            from,
            timeout: config.timeout,
            pool: Pool::new(Server::new(config)?, config.max_connections),
            sent: Sent::new(),
        }))
    }

    /// Mails every recipient of a listener. Each gets an e-mail of its own, without the events that an earlier attempt has sent: an
    /// attempt is repeated as a whole, even if only one of several recipients could not be reached.
    pub async fn notify(&self, email: &Email, notice: &Notice<'_>) -> Outcome {
        let draft = match Draft::of_notice(notice, email) {
            Ok(draft) => draft,
            Err(error) => return refused(&format!("the event is not JSON: {error}")),
        };
        let compose = |to: &Address| self.letter(to, email, notice, &draft);
        let outcome = self.mail(&email.addresses, compose).await;
        if !matches!(outcome.verdict, Verdict::Failed(_)) {
            for to in &email.addresses {
                for event in notice.events {
                    self.sent.forget(identify(notice, to, [event]));
                }
            }
        }
        outcome
    }

    /// Asks the owner of an address to confirm before it is sent any events. `now` is in microseconds since 1970.
    pub async fn ask(&self, question: &Question, now: i64) -> Outcome {
        let draft = Draft::of_question(question, now);
        let compose = |to: &Address| {
            let id = MessageId::new(Uuid::nil(), to, [question.link.as_bytes()]);
            let message = draft.message(&self.from, to, id)?;
            Ok(Some(Letter {
                message,
                tells: Vec::new(),
            }))
        };
        self.mail(slice::from_ref(&question.address), compose).await
    }

    /// Composes the e-mail to one recipient; `None` if no events are left to send. `whole` is the e-mail with all events.
    fn letter(
        &self,
        to: &Address,
        email: &Email,
        notice: &Notice<'_>,
        whole: &Draft,
    ) -> Result<Option<Letter>, String> {
        let is_untold = |event: &&Envelope| !self.sent.contains(identify(notice, to, [*event]));
        let untold: Vec<&Envelope> = notice.events.iter().filter(is_untold).collect();
        if untold.is_empty() {
            return Ok(None);
        }
        let id = identify(notice, to, untold.iter().copied());
        let tells = untold
            .iter()
            .map(|event| identify(notice, to, [*event]))
            .collect();
        let message = if untold.len() == notice.events.len() {
            whole.message(&self.from, to, id)
        } else {
            let events: Vec<Envelope> = untold.into_iter().cloned().collect();
            let rest = Notice {
                events: &events,
                ..*notice
            };
            let draft = Draft::of_notice(&rest, email).map_err(|error| error.to_string())?;
            draft.message(&self.from, to, id)
        };
        Ok(Some(Letter {
            message: message?,
            tells,
        }))
    }

    /// Mails one recipient after the other, until the server takes no more.
    async fn mail(
        &self,
        recipients: &[Address],
        compose: impl Fn(&Address) -> Result<Option<Letter>, String>,
    ) -> Outcome {
        let deadline = Instant::now() + self.timeout;
        let mut lease = None;
        let mut replies = Vec::new();
        for to in recipients {
            let reply = match compose(to) {
                Ok(Some(letter)) => {
                    let sending = timeout_at(deadline, self.send(&mut lease, letter)).await;
                    sending.unwrap_or_else(|_| self.too_slow())
                }
                Ok(None) => Reply::accepted(None, "accepted in an earlier attempt"),
                Err(fault) => Reply::refused(&format!("the e-mail cannot be composed: {fault}")),
            };
            let fate = reply.fate;
            replies.push((to, reply));
            if fate == Fate::Down {
                return outcome(&replies);
            }
        }
        if let Some(lease) = lease {
            lease.keep();
        }
        outcome(&replies)
    }

    async fn send<'a>(&'a self, lease: &mut Option<Lease<'a>>, letter: Letter) -> Reply {
        let lease = match lease {
            Some(lease) => lease,
            None => match self.pool.take().await {
                Ok(taken) => lease.insert(taken),
                Err(reply) => return reply,
            },
        };
        let reply = transfer(&mut lease.connection, &letter.message).await;
        if reply.fate == Fate::Accepted {
            for id in letter.tells {
                self.sent.remember(id);
            }
        }
        reply
    }

    fn too_slow(&self) -> Reply {
        let seconds = self.timeout.as_secs_f64();
        Reply::down(&format!("the mail server took longer than {seconds} s"))
    }
}

/// An e-mail to one recipient.
struct Letter {
    message: Message,
    /// The ids that e-mails with one event each would have.
    tells: Vec<MessageId>,
}

/// Returns the id of an e-mail to a recipient about these events.
fn identify<'a>(
    notice: &'a Notice<'_>,
    to: &Address,
    events: impl IntoIterator<Item = &'a Envelope>,
) -> MessageId {
    let mut ids = events.into_iter().map(|event| event.message_id);
    let first = ids.next().unwrap_or_default();
    let others: Vec<Uuid> = iter::once(notice.listener.id).chain(ids).collect();
    MessageId::new(first, to, others.iter().map(|id| id.as_bytes().as_slice()))
}

fn refused(reason: &str) -> Outcome {
    Outcome {
        verdict: Verdict::Refused,
        status: None,
        answer: reason.to_owned(),
    }
}
