//! A message as a line of a file: JSON with the names of block storage's columns. Rows of other services' tables take
//! the same form, so that both are validated alike.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::draft::LONGEST;
use super::row::Message;
use super::time;
use crate::catalog::{Code, Level};
use crate::config::Pattern;

/// The most bytes of a message's parameters; the catalog's texts need far fewer.
const LONGEST_PARAMETERS: usize = 64 << 10;

/// One line. Columns that the store does not have (`updated_at`, `deleted_at`) are read and dropped.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportLine {
    pub(crate) id: String,
    pub(crate) project_id: String,
    pub(crate) event_id: String,
    #[serde(default)]
    pub(crate) action_id: Option<String>,
    #[serde(default)]
    pub(crate) detail_id: Option<String>,
    #[serde(default)]
    pub(crate) resource_type: Option<String>,
    #[serde(default)]
    pub(crate) resource_uuid: Option<String>,
    #[serde(default)]
    pub(crate) request_id: Option<String>,
    pub(crate) message_level: String,
    pub(crate) created_at: String,
    #[serde(default)]
    pub(crate) expires_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) parameters: Option<serde_json::Map<String, serde_json::Value>>,
    #[serde(default, skip_serializing)]
    #[expect(dead_code, reason = "parsed so that it is not an unknown field")]
    pub(crate) updated_at: Option<serde_json::Value>,
    #[serde(default, skip_serializing)]
    #[expect(dead_code, reason = "parsed so that it is not an unknown field")]
    pub(crate) deleted_at: Option<serde_json::Value>,
    #[serde(default, skip_serializing)]
    pub(crate) deleted: Option<serde_json::Value>,
}

impl ExportLine {
    /// Whether block storage had deleted the row.
    pub fn is_deleted(&self) -> bool {
        self.deleted.as_ref().is_some_and(|deleted| match deleted {
            serde_json::Value::Bool(deleted) => *deleted,
            serde_json::Value::Number(number) => number.as_i64() != Some(0),
            _ => false,
        })
    }

    /// Returns the message, keeping its id and times. `projects` matches the project ids that requests can address.
    pub fn into_message(self, projects: &Pattern) -> Result<Message, String> {
        let id = Uuid::try_parse(&self.id).map_err(|_| "id: must be a UUID".to_owned())?;
        let created_at = instant("created_at", &self.created_at)?;
        let expires_at = self
            .expires_at
            .as_deref()
            .map(|text| instant("expires_at", text))
            .transpose()?;
        let parameters = self.parameters.filter(|parameters| !parameters.is_empty());
        let parameters = parameters.map(|parameters| serde_json::Value::Object(parameters).to_string());
        if parameters
            .as_ref()
            .is_some_and(|text| text.len() > LONGEST_PARAMETERS)
        {
            return Err(format!(
                "parameters: must have at most {LONGEST_PARAMETERS} bytes of JSON"
            ));
        }
        let mut message = Message {
            id,
            project_id: project(self.project_id, projects)?,
            event_id: required("event_id", event_id(self.event_id))?,
            action_id: optional("action_id", self.action_id)?,
            detail_id: optional("detail_id", self.detail_id)?,
            // These two are compared case-insensitively, so they are stored in one case.
            resource_type: optional("resource_type", self.resource_type)?
                .map(|text| text.to_ascii_uppercase()),
            resource_uuid: optional("resource_uuid", self.resource_uuid)?,
            // Here, every message has one.
            request_id: optional("request_id", self.request_id)?
                .filter(|id| !id.is_empty())
                .unwrap_or_else(|| format!("req-{id}")),
            message_level: level(&self.message_level)?.to_string(),
            parameters,
            created_at,
            expires_at,
        };
        message.complete().map_err(|fault| fault.to_string())?;
        Ok(message)
    }
}

impl From<&Message> for ExportLine {
    fn from(message: &Message) -> Self {
        Self {
            id: message.id.to_string(),
            project_id: message.project_id.clone(),
            event_id: message.event_id.clone(),
            action_id: message.action_id.clone(),
            detail_id: message.detail_id.clone(),
            resource_type: message.resource_type.clone(),
            resource_uuid: message.resource_uuid.clone(),
            request_id: Some(message.request_id.clone()),
            message_level: message.message_level.clone(),
            created_at: time::format(message.created_at),
            expires_at: message.expires_at.map(time::format),
            parameters: message
                .parameters
                .as_deref()
                .and_then(|text| serde_json::from_str(text).ok()),
            updated_at: None,
            deleted_at: None,
            deleted: None,
        }
    }
}

/// Adds the prefix that block storage's oldest ids lack.
fn event_id(id: String) -> String {
    let prefixed = format!("VOLUME_{id}");
    if id.len() == 6 && Code::parse(&prefixed).is_some() {
        prefixed
    } else {
        id
    }
}

fn required(name: &str, text: String) -> Result<String, String> {
    if text.is_empty() {
        return Err(format!("{name}: must not be empty"));
    }
    optional(name, Some(text)).map(Option::unwrap_or_default)
}

fn optional(name: &str, text: Option<String>) -> Result<Option<String>, String> {
    match text {
        Some(text) if text.chars().count() > LONGEST => {
            Err(format!("{name}: must not be longer than {LONGEST} characters"))
        }
        Some(text) if text.contains('\0') => Err(format!("{name}: must not contain a NUL character")),
        text => Ok(text),
    }
}

fn project(id: String, projects: &Pattern) -> Result<String, String> {
    let id = required("project_id", id)?;
    if projects.matches(&id) {
        Ok(id)
    } else {
        Err(format!(
            "project_id: must match [api] project_id_regex ({})",
            projects.as_str()
        ))
    }
}

fn level(word: &str) -> Result<Level, String> {
    Level::parse(word).ok_or_else(|| {
        format!(
            "message_level: must be one of {}",
            Level::ALL.map(Level::as_str).join(", ")
        )
    })
}

fn instant(name: &str, text: &str) -> Result<i64, String> {
    let micros = time::parse(text)
        .ok_or_else(|| format!("{name}: must be a time such as 2026-11-21T03:20:24.834285"))?;
    if time::WRITABLE.contains(&micros) {
        Ok(micros)
    } else {
        Err(format!("{name}: must be in the years 1 to 9999"))
    }
}
