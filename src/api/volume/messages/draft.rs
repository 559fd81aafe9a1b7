//! The body of a POST: `{"message": {..}}` or `{"messages": [..]}`.

use serde::Deserialize;

use crate::api::body;
use crate::api::error::Error;
use crate::api::volume::batch::Fields;
use crate::config::Api;
use crate::message::{CheckedDraft, Draft, Object};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    message: Option<Object<Draft>>,
    messages: Option<Vec<Object<Draft>>>,
}

/// Parses and checks a body. Returns the drafts, and whether it was a single one.
///
/// # Errors
/// A 400 that names every invalid field; a 413 for a message that is too large.
pub fn parse(body: &[u8], limits: &Api) -> Result<(Vec<CheckedDraft>, bool), Error> {
    let Object(parsed) = body::json::<Object<Body>>(body)?;
    let fields = Fields {
        one: ("message", parsed.message),
        many: ("messages", parsed.messages),
    };
    fields.check(body.len(), limits, Draft::check_with)
}
