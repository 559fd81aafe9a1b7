//! The body of a POST: `{"message": {..}}` or `{"messages": [..]}`.

use std::fmt::Display;

use serde::Deserialize;

use crate::api::body;
use crate::api::error::Error;
use crate::api::field_errors::FieldErrors;
use crate::message::{CheckedDraft, Draft, Object};

/// What was sent.
pub enum Drafts {
    /// One message, answered as one.
    One(Box<CheckedDraft>),
    /// A batch: all are recorded or none.
    Many(Vec<CheckedDraft>),
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

/// Reads and checks a body.
///
/// # Errors
/// A 400 that names every field at fault; a 413 when one message or the batch is too large.
pub fn parse(body: &[u8], limits: Limits) -> Result<Drafts, Error> {
    let body_len = body.len();
    let Object(body) = body::json::<Object<Body>>(body)?;
    let mut errors = FieldErrors::default();
    let drafts = match (body.message, body.messages) {
        (Some(_), _) if body_len > limits.single => return Err(Error::TooLarge(limits.single)),
        (Some(Object(draft)), None) => {
            check(&draft, "message", &mut errors).map(|checked| Drafts::One(Box::new(checked)))
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
                checked.extend(check(draft, format_args!("messages[{index}]"), &mut errors));
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
        Some(drafts) if errors.is_empty() => Ok(drafts),
        _ => Err(Error::BadRequest(errors.sentence())),
    }
}

fn check(draft: &Draft, path: impl Display, errors: &mut FieldErrors) -> Option<CheckedDraft> {
    let checked = draft.check_with(errors.has_room());
    checked.map_err(|wrong| errors.extend(path, wrong)).ok()
}
