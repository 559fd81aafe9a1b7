//! Who may see the operators' view, and press its buttons.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::web::Data;

use crate::api::app::App;
use crate::api::browser::page::visit::caller;
use crate::api::call::{allow, refuse_domain};
use crate::api::error::Error;
use crate::api::target::Target;
use crate::identity::Caller;

/// Returns the server's parts and the caller.
///
/// # Errors
/// A 403 unless the operation's rule allows the caller, and for a token of a domain.
pub fn operator(request: &HttpRequest) -> Result<(Data<App>, Arc<Caller>), Error> {
    let (app, caller) = (App::of(request)?.clone(), caller(request)?);
    allow(&app, Target::of(request).rule, &caller, caller.project.as_deref())?;
    refuse_domain(&caller)?;
    Ok((app, caller))
}
