//! Whether a form comes from a page of this server.

use actix_web::HttpRequest;

use crate::api::error::Error;

/// What a form of this request's page sends back. Where nobody signs in, there is nothing to tie it to.
pub fn token(_request: &HttpRequest) -> String {
    String::new()
}

/// Refuses a form that another site sent.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn check(request: &HttpRequest, _given: &str) -> Result<(), Error> {
    let site = request.headers().get("sec-fetch-site");
    if site.is_none_or(|site| site == "same-origin") {
        Ok(())
    } else {
        Err(Error::Forbidden("The form comes from another site.".to_owned()))
    }
}
