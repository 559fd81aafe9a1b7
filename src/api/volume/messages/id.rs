//! The id of a message in a path.

use actix_web::HttpRequest;
use percent_encoding::percent_decode_str;
use uuid::Uuid;

use crate::api::error::Error;
use crate::catalog::canonical_uuid;

/// The message id in a path, and its text for a 404. Only the canonical form names a message.
pub fn id_in(request: &HttpRequest) -> Result<(Option<Uuid>, String), Error> {
    let raw = request.match_info().get("id").unwrap_or_default();
    let text = percent_decode_str(raw)
        .decode_utf8()
        .map_err(|_| Error::malformed())?;
    let text = text.strip_suffix(".json").unwrap_or(&text).to_owned();
    if text == "new" {
        return Err(Error::no_route());
    }
    Ok((canonical_uuid(&text), text))
}
