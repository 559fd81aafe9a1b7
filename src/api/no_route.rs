//! Where no route leads.

use actix_web::HttpResponse;

use super::error::Error;

/// Refuses whatever comes here in the one form.
pub(super) async fn no_route() -> Result<HttpResponse, Error> {
    Err(Error::no_route())
}
