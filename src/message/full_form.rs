//! The members that the full form of a message adds to block storage's.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::catalog::{Language, Stored};

/// The additional members, in order. Strict schemas of block storage's clients reject them, so they are only sent on request.
#[derive(Debug, Serialize)]
pub struct FullForm<'a> {
    project_id: &'a str,
    /// The action's name, or its digits if the catalog does not know it.
    action: Option<&'a str>,
    /// The detail's name, likewise.
    detail: Option<&'a str>,
    /// The arguments of the text.
    parameters: Option<Map<String, Value>>,
    /// What the user can do, in the language of the answer.
    remedy: Option<String>,
    /// Whether retrying may succeed; `None` if the catalog does not know the code.
    retryable: Option<bool>,
}

impl<'a> FullForm<'a> {
    /// Returns the members for a message of this project.
    pub fn of(project_id: &'a str, stored: &Stored<'a>, language: Language) -> Self {
        let mut remedy = String::new();
        // Writing into memory does not fail.
        let _ = stored.write_remedy(&mut remedy, language);
        let (action, detail) = stored.names();
        Self {
            project_id,
            action,
            detail,
            parameters: stored.parameters.and_then(|json| serde_json::from_str(json).ok()),
            remedy: Some(remedy).filter(|remedy| !remedy.is_empty()),
            retryable: stored.retryable(),
        }
    }
}
