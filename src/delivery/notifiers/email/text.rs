//! Events as readable text.

use std::fmt::Write;

use serde_json::Value;

use super::user_message;
use super::words::words;
use crate::brief::brief;
use crate::catalog::{self, Language};
use crate::delivery::notifiers::outcome::Notice;
use crate::event::Envelope;
use crate::legible::shown;
use crate::listener::Listener;
use crate::message::time;

/// The most bytes of a value that are shown; the JSON has all of it.
const LONGEST_VALUE: usize = 1000;

/// The length of a time up to the seconds.
const SECONDS: usize = "2026-11-21T03:20:24".len();

/// Returns the text of an e-mail, in the listener's language.
pub fn text(notice: &Notice<'_>) -> String {
    let language = notice.listener.settings.language;
    let words = words(language);
    let mut out = String::new();
    match notice.events {
        [event] => write_event(&mut out, event, language),
        events => {
            let count = events.len().to_string();
            line(&mut out, &words.digest.replace("{}", &count));
            for (index, event) in events.iter().enumerate() {
                line(&mut out, &format!("\n[{}/{count}]", index + 1));
                write_event(&mut out, event, language);
            }
        }
    }
    let sender = words.footer.replace("{}", &name(notice.listener));
    line(&mut out, &format!("\n-- \n{sender}"));
    out
}

/// Writes the event, its resource, and the fields of the payload.
fn write_event(out: &mut String, event: &Envelope, language: Language) {
    let words = words(language);
    let payload: Value = serde_json::from_str(&event.payload).unwrap_or_default();
    let known = catalog::event_type(&event.event_type);
    let description = known.map_or(&*event.event_type, |known| known.description(language));
    line(out, description);
    if let Some(message) = user_message::render(event, &payload, language) {
        line(out, &format!("\n{}", message.text));
        if !message.remedy.is_empty() {
            fact(out, language, words.remedy, &message.remedy);
        }
    }
    line(out, "");
    fact(out, language, words.event_type, &event.event_type);
    let moment = time::format(event.timestamp).replace('T', " ");
    fact(out, language, words.time, &format!("{} UTC", &moment[..SECONDS]));
    fact(out, language, words.priority, event.priority.name());
    for (label, value) in [
        (words.project, &event.project_id),
        (words.request, &event.request_id),
    ] {
        if let Some(value) = value {
            fact(out, language, label, value);
        }
    }
    fact(out, language, words.event_id, &event.message_id.to_string());
    line(out, "");
    line(
        out,
        &format!("{}{}", words.details, language.separator().trim_end()),
    );
    match payload {
        Value::Object(fields) => {
            for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
                fact(out, language, &format!("  {}", plain(name)), &of(value));
            }
        }
        value => line(out, &format!("  {}", plain(&of(&value)))),
    }
}

/// Writes a label and its value on one line, even if the value has several.
fn fact(out: &mut String, language: Language, label: &str, value: &str) {
    line(out, &format!("{label}{}{}", language.separator(), plain(value)));
}

fn line(out: &mut String, text: &str) {
    // Writing into memory does not fail.
    let _ = writeln!(out, "{text}");
}

fn of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn plain(text: &str) -> String {
    shown(&brief(text, LONGEST_VALUE)).into_owned()
}

fn name(listener: &Listener) -> String {
    match &listener.settings.name {
        Some(name) => format!("{} ({})", plain(name), listener.id),
        None => listener.id.to_string(),
    }
}
