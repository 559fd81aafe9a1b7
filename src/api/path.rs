//! The paths of requests.

use actix_web::HttpRequest;
use actix_web::dev::ServiceRequest;
use actix_web::http::Uri;
use percent_encoding::percent_decode_str;

use super::error::Error;

/// Replaces the path of a request, and keeps its query string.
pub fn replace(request: &mut ServiceRequest, path: &str) {
    let whole = match request.uri().query() {
        Some(query) => [path, "?", query].concat(),
        None => path.to_owned(),
    };
    // It stays a valid path.
    if let Ok(uri) = whole.parse::<Uri>() {
        request.match_info_mut().get_mut().update(&uri);
        request.head_mut().uri = uri;
    }
}

/// A variable of the path, decoded, without `.json` at its end.
///
/// # Errors
/// A 400 for what is not UTF-8.
pub fn segment(request: &HttpRequest, name: &str) -> Result<String, Error> {
    let raw = request.match_info().get(name).unwrap_or_default();
    let text = percent_decode_str(raw)
        .decode_utf8()
        .map_err(|_| Error::malformed())?;
    Ok(text.strip_suffix(".json").unwrap_or(&text).to_owned())
}
