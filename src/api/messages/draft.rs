//! The body of a POST: `{"message": {..}}` or `{"messages": [..]}`.

use std::fmt::Write;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::api::error::Error;
use crate::message::{Checked, Draft, Fault, Object};

/// What was sent.
pub enum Drafts {
    /// One message, answered as one.
    One(Box<Checked>),
    /// A batch: all are recorded or none.
    Many(Vec<Checked>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    message: Option<Object<Draft>>,
    messages: Option<Vec<Object<Draft>>>,
}

/// The sizes that a POST may have.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of a body with one message.
    pub single: usize,
    /// Messages of a batch.
    pub batch: usize,
}

/// Faults that one answer names; a batch of a thousand wrong messages says no more by naming each.
const FAULTS_NAMED: usize = 20;

/// Reads and checks a body.
///
/// # Errors
/// A 400 that names every field at fault; a 413 when one message or the batch is too large.
pub fn parse(body: &[u8], limits: Limits) -> Result<Drafts, Error> {
    let body_len = body.len();
    let Object(body) = json::<Object<Body>>(body)?;
    let mut faults = Vec::new();
    let drafts = match (body.message, body.messages) {
        (Some(_), _) if body_len > limits.single => return Err(Error::TooLarge(limits.single)),
        (Some(Object(draft)), None) => {
            check(&draft, "message", &mut faults).map(|checked| Drafts::One(Box::new(checked)))
        }
        (None, Some(drafts)) if drafts.is_empty() => {
            return Err(Error::BadRequest("messages: must not be empty".to_owned()));
        }
        (None, Some(drafts)) if drafts.len() > limits.batch => {
            return Err(Error::BadRequest(format!(
                "messages: must not be more than {}",
                limits.batch
            )));
        }
        (None, Some(drafts)) => {
            let mut checked = Vec::with_capacity(drafts.len());
            for (index, Object(draft)) in drafts.iter().enumerate() {
                checked.extend(check(draft, &format!("messages[{index}]"), &mut faults));
            }
            Some(Drafts::Many(checked))
        }
        (Some(_), Some(_)) => {
            return Err(Error::BadRequest(
                "message: cannot be given together with messages".to_owned(),
            ));
        }
        (None, None) => return Err(Error::BadRequest("message: is required, or messages".to_owned())),
    };
    match drafts {
        Some(drafts) if faults.is_empty() => Ok(drafts),
        _ => Err(Error::BadRequest(sentence(&faults))),
    }
}

fn check(draft: &Draft, path: &str, faults: &mut Vec<String>) -> Option<Checked> {
    draft
        .check()
        .map_err(|wrong: Vec<Fault>| faults.extend(wrong.iter().map(|fault| format!("{path}.{fault}"))))
        .ok()
}

fn sentence(faults: &[String]) -> String {
    let mut text = faults
        .iter()
        .take(FAULTS_NAMED)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join("; ");
    if faults.len() > FAULTS_NAMED {
        // Writing into memory does not fail.
        let _ = write!(text, "; and {} more", faults.len() - FAULTS_NAMED);
    }
    text
}

/// Parses JSON; only where that fails is it parsed again with a note of the path, which takes longer.
fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    if let Ok(value) = serde_json::from_slice(body) {
        return Ok(value);
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let parsed = serde_path_to_error::deserialize::<_, T>(&mut deserializer);
    let Err(error) = parsed else {
        return Err(Error::BadRequest(
            "Malformed request body: there is something after the JSON".to_owned(),
        ));
    };
    let path = error.path().to_string();
    let cause = error.into_inner();
    if cause.is_data() && path != "." {
        return Err(Error::BadRequest(format!("{path}: {cause}")));
    }
    Err(Error::BadRequest(format!("Malformed request body: {cause}")))
}
