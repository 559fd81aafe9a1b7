//! Sends e-mails.

use std::iter;
use std::time::Duration;

use lettre::Address;
use lettre::message::Mailbox;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use super::compose::Draft;
use super::message_id::MessageId;
use super::pool::{Lease, Pool};
use super::reply::{Fate, Reply, outcome};
use super::sent::Sent;
use super::server::Server;
use super::transfer::transfer;
use crate::catalog::Language;
use crate::config;
use crate::delivery::notifiers::outcome::{Notice, Outcome, Verdict};
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

    /// Mails every recipient of a listener. Each gets an e-mail of its own. One who got it is left out while the attempt is
    /// repeated for the others.
    pub async fn notify(&self, email: &Email, notice: &Notice<'_>) -> Outcome {
        let [first, others @ ..] = notice.events else {
            return refused("there is no event to mail");
        };
        let draft = match Draft::of_notice(notice, email) {
            Ok(draft) => draft,
            Err(error) => return refused(&format!("the event is not JSON: {error}")),
        };
        let identify = |address: &Address| {
            let ids = others.iter().map(|event| &event.message_id);
            let ids = iter::once(&notice.listener.id).chain(ids);
            MessageId::new(first.message_id, address, ids.map(|id| id.as_bytes().as_slice()))
        };
        let mails: Vec<_> = email
            .addresses
            .iter()
            .map(|address| (address, identify(address)))
            .collect();
        self.mail(&draft, &mails).await
    }

    /// Asks the owner of an address to open a link before it is sent any events. `now` is in microseconds since 1970.
    pub async fn ask(&self, address: &Address, link: &str, language: Language, now: i64) -> Outcome {
        let draft = Draft::of_question(link, language, now);
        let id = MessageId::new(Uuid::nil(), address, [link.as_bytes()]);
        self.mail(&draft, &[(address, id)]).await
    }

    async fn mail(&self, draft: &Draft, mails: &[(&Address, MessageId)]) -> Outcome {
        let outcome = outcome(&self.mail_each(draft, mails).await);
        if !matches!(outcome.verdict, Verdict::Failed(_)) {
            for (_, id) in mails {
                self.sent.forget(*id);
            }
        }
        outcome
    }

    /// Mails one after the other, until the server does not go on.
    async fn mail_each<'a>(
        &self,
        draft: &Draft,
        mails: &[(&'a Address, MessageId)],
    ) -> Vec<(&'a Address, Reply)> {
        let deadline = Instant::now() + self.timeout;
        let mut lease = None;
        let mut replies = Vec::new();
        for (address, id) in mails {
            let sending = self.mail_one(&mut lease, draft, address, *id);
            let reply = timeout_at(deadline, sending).await;
            let reply = reply.unwrap_or_else(|_| {
                let seconds = self.timeout.as_secs_f64();
                Reply::down(&format!("the mail server took longer than {seconds} s"))
            });
            let fate = reply.fate;
            replies.push((*address, reply));
            if fate == Fate::Down {
                return replies;
            }
        }
        if let Some(lease) = lease {
            lease.keep();
        }
        replies
    }

    async fn mail_one<'a>(
        &'a self,
        lease: &mut Option<Lease<'a>>,
        draft: &Draft,
        to: &Address,
        id: MessageId,
    ) -> Reply {
        if self.sent.contains(id) {
            return Reply::accepted(None, "accepted in an earlier attempt");
        }
        let message = match draft.message(&self.from, to, id) {
            Ok(message) => message,
            Err(error) => return Reply::refused(&format!("the e-mail cannot be composed: {error}")),
        };
        let lease = match lease {
            Some(lease) => lease,
            None => match self.pool.take().await {
                Ok(taken) => lease.insert(taken),
                Err(reply) => return reply,
            },
        };
        let reply = transfer(&mut lease.connection, &message).await;
        if reply.fate == Fate::Accepted {
            self.sent.remember(id);
        }
        reply
    }
}

fn refused(reason: &str) -> Outcome {
    Outcome {
        verdict: Verdict::Refused,
        status: None,
        answer: reason.to_owned(),
    }
}
