//! The body of a POST: `{"event": {..}}` or `{"events": [..]}`.

use serde::Deserialize;

use crate::api::body;
use crate::api::error::Error;
use crate::api::field_errors::FieldErrors;
use crate::event::{CheckedReport, Report};
use crate::message::Object;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    event: Option<Object<Report>>,
    events: Option<Vec<Object<Report>>>,
}

/// The sizes that a POST may have.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of a body with one event.
    pub single: usize,
    /// Events of a batch.
    pub batch: usize,
}

/// Reads and checks a body: the reports, and whether it was one rather than a batch.
///
/// # Errors
/// A 400 that names every field at fault; a 413 when one event is too large.
pub fn parse(body: &[u8], limits: Limits) -> Result<(Vec<CheckedReport>, bool), Error> {
    let Object(parsed) = body::json::<Object<Body>>(body)?;
    let (reports, is_one) = match (parsed.event, parsed.events) {
        (Some(_), _) if body.len() > limits.single => return Err(Error::TooLarge(limits.single)),
        (Some(report), None) => (vec![report], true),
        (None, Some(reports)) if reports.is_empty() => return Err(bad_request("events: must not be empty")),
        (None, Some(reports)) if reports.len() > limits.batch => {
            return Err(bad_request(&format!(
                "events: must not be more than {}",
                limits.batch
            )));
        }
        (None, Some(reports)) => (reports, false),
        (Some(_), Some(_)) => return Err(bad_request("event: cannot be given together with events")),
        (None, None) => return Err(bad_request("event: is required, or events")),
    };
    let (mut checked, mut errors) = (Vec::with_capacity(reports.len()), FieldErrors::default());
    for (index, Object(report)) in reports.iter().enumerate() {
        match report.check_with(errors.has_room()) {
            Ok(report) => checked.push(report),
            Err(wrong) if is_one => errors.extend("event", wrong),
            Err(wrong) => errors.extend(format_args!("events[{index}]"), wrong),
        }
    }
    if errors.is_empty() {
        Ok((checked, is_one))
    } else {
        Err(Error::BadRequest(errors.sentence()))
    }
}

fn bad_request(text: &str) -> Error {
    Error::BadRequest(text.to_owned())
}
