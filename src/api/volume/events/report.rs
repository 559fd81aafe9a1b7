//! The body of a POST: `{"event": {..}}` or `{"events": [..]}`.

use serde::Deserialize;

use crate::api::body;
use crate::api::error::Error;
use crate::api::volume::batch::Fields;
use crate::config::Api;
use crate::event::{CheckedReport, Report};
use crate::message::Object;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    event: Option<Object<Report>>,
    events: Option<Vec<Object<Report>>>,
}

/// Parses and checks a body. Returns the reports, and whether it was a single one.
///
/// # Errors
/// A 400 that names every invalid field; a 413 for an event that is too large.
pub fn parse(body: &[u8], limits: &Api) -> Result<(Vec<CheckedReport>, bool), Error> {
    let Object(parsed) = body::json::<Object<Body>>(body)?;
    let fields = Fields {
        one: ("event", parsed.event),
        many: ("events", parsed.events),
    };
    fields.check(body.len(), limits, Report::check_with)
}
