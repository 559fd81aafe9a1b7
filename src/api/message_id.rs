//! The id of a message in a path.

use actix_web::HttpRequest;
use uuid::Uuid;

use crate::api::error::Error;
use crate::api::path::segment;
use crate::catalog::canonical_uuid;

/// The message id in a path, and its text for a 404. Only the canonical form names a message.
pub fn id_in(request: &HttpRequest) -> Result<(Option<Uuid>, String), Error> {
    let text = segment(request, "id")?;
    if text == "new" {
        return Err(Error::no_route());
    }
    Ok((canonical_uuid(&text), text))
}
