//! How messages are shown.

use serde_json::Value;

use crate::catalog::Language;
use crate::cli::columns::TableColumn;
use crate::message::{ExportLine, FullForm, Message, time};

/// Returns the text of a message, as prose.
pub(in crate::cli) fn text(message: &Message) -> String {
    let mut text = String::new();
    // Writing into memory does not fail.
    let _ = message.stored().write_prose(&mut text, language());
    text
}

/// Returns what the user can do about it; may be empty.
pub(super) fn remedy(message: &Message) -> String {
    let mut text = String::new();
    let _ = message.stored().write_remedy(&mut text, language());
    text
}

/// Returns the terminal's language.
fn language() -> Language {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    // A locale looks like zh_CN.UTF-8.
    locale.map_or_else(Language::default, |locale| {
        Language::negotiate(&locale.split('.').next().unwrap_or_default().replace('_', "-"))
    })
}

/// Returns a message as JSON for scripts: the stored fields and the members of the full form.
pub(in crate::cli) fn json(message: &Message) -> Value {
    let mut value = serde_json::to_value(ExportLine::from(message)).unwrap_or_default();
    let full = FullForm::of(&message.project_id, &message.stored(), language());
    if let (Some(members), Ok(Value::Object(full))) = (value.as_object_mut(), serde_json::to_value(full)) {
        members.insert("user_message".to_owned(), text(message).into());
        let guaranteed_until = message.expires_at.map(time::format);
        members.insert("guaranteed_until".to_owned(), guaranteed_until.into());
        members.extend(full);
    }
    value
}

/// Returns a message as a row of [`COLUMNS`].
pub(super) fn row(message: &Message) -> Vec<String> {
    vec![
        message.id.to_string(),
        message.project_id.clone(),
        time::format(message.created_at),
        message.message_level.clone(),
        message.event_id.clone(),
        text(message),
        message.resource_uuid.clone().unwrap_or_default(),
        message.resource_type.clone().unwrap_or_default(),
        message.request_id.clone(),
        expires_at(message),
    ]
}

/// Returns the time until which the message is guaranteed to be kept.
pub(super) fn expires_at(message: &Message) -> String {
    message
        .expires_at
        .map_or_else(|| "never".to_owned(), time::format)
}

/// The columns of a list.
pub(super) const COLUMNS: [TableColumn; 10] = [
    TableColumn::id("id"),
    TableColumn::id("project").rank(3),
    TableColumn::id("created_at").rank(2),
    TableColumn::id("level").rank(1),
    TableColumn::id("event_id").rank(4),
    TableColumn::prose("message"),
    TableColumn::id("resource").rank(5),
    TableColumn::id("resource_type").long(),
    TableColumn::id("request_id").long(),
    TableColumn::id("guaranteed_until").long(),
];
