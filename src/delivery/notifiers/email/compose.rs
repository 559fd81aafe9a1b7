//! Composes e-mails.

use std::time::{Duration, UNIX_EPOCH};

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

use super::json::json;
use super::message_id::MessageId;
use super::question::Question;
use super::text::text;
use super::words::words;
use crate::delivery::notifiers::outcome::Notice;
use crate::listener::Email;
use crate::message::time;

/// An e-mail that is the same for every recipient.
#[derive(Debug)]
pub struct Draft {
    subject: String,
    /// In microseconds since 1970. The time of the attempt: mail clients would sort a late e-mail among old ones.
    date: i64,
    text: String,
    /// A file's name and its JSON.
    attachment: Option<(&'static str, String)>,
}

impl Draft {
    /// Composes an e-mail about events.
    ///
    /// # Errors
    /// Fails if a payload is not JSON.
    pub fn of_notice(notice: &Notice<'_>, email: &Email) -> Result<Self, serde_json::Error> {
        let json = json(notice.events, notice.listener.settings.format)?;
        let name = if notice.events.len() == 1 {
            "event.json"
        } else {
            "events.json"
        };
        let (text, attachment) = if email.is_json {
            (json, None)
        } else {
            (text(notice), Some((name, json)))
        };
        Ok(Self {
            subject: email.subject.clone(),
            date: notice.now,
            text,
            attachment,
        })
    }

    /// Composes a request for consent.
    pub fn of_question(question: &Question, now: i64) -> Self {
        let words = words(question.language);
        let text = words.consent_text.replace("{project}", &question.project);
        Self {
            subject: words.consent.to_owned(),
            date: now,
            text: text.replace("{link}", &question.link),
            attachment: None,
        }
    }

    /// Addresses it to a recipient.
    ///
    /// # Errors
    /// Fails only if lettre rejects a header.
    pub fn message(&self, from: &Mailbox, to: &Address, id: MessageId) -> Result<Message, String> {
        let micros = self.date.clamp(0, *time::WRITABLE.end());
        let date = UNIX_EPOCH + Duration::from_micros(micros.unsigned_abs());
        // Keeps other programs from answering, and so from loops (RFC 3834).
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        let builder = Message::builder()
            .from(from.clone())
            .to(Mailbox::new(None, to.clone()))
            .subject(&self.subject)
            .date(date)
            .message_id(Some(id.header(from.email.domain())))
            .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()));
        let text = SinglePart::plain(self.text.clone());
        let message = match &self.attachment {
            None => builder.singlepart(text),
            Some((name, json)) => {
                let json_type = ContentType::parse("application/json").map_err(|error| error.to_string())?;
                let file = Attachment::new((*name).to_owned()).body(json.clone(), json_type);
                builder.multipart(MultiPart::mixed().singlepart(text).singlepart(file))
            }
        };
        message.map_err(|error| error.to_string())
    }
}
