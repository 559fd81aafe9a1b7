//! Identifies the caller, wherever an operation needs one.

use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};

use crate::api::app::App;
use crate::api::browser::sign_in::{redirect, session};
use crate::api::error::Error;
use crate::api::identify::identify;
use crate::api::target::Target;
use crate::identity::{Caller, Session};

/// Leaves the caller with the request.
pub async fn authenticate(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let target = Target::of(&request);
    if target.is_open {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    let identified = identify(request.request(), &target).await;
    match redirected(request.request(), &target, &identified).await {
        Ok(Some(answer)) => return Ok(request.into_response(answer)),
        Ok(None) => {}
        Err(error) => return Ok(request.into_response(target.refuse(&error))),
    }
    match identified {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            Ok(next.call(request).await?.map_into_boxed_body())
        }
        Err(error) => Ok(request.into_response(target.refuse(&error))),
    }
}

/// Where a browser goes instead: to the sign-in, or to another project.
async fn redirected(
    request: &HttpRequest,
    target: &Target,
    identified: &Result<Arc<Caller>, Error>,
) -> Result<Option<HttpResponse>, Error> {
    let app = App::of(request)?;
    let has_session = request.extensions().get::<Session>().is_some();
    match identified {
        Ok(caller) if has_session => Ok(redirect::to_project(request, app, target, caller)),
        Err(Error::Unauthorized(_)) => {
            // Else the sign-in would find the session and redirect back here.
            if has_session {
                session::end(request, app).await?;
            }
            Ok(redirect::to_sign_in(request, app, target))
        }
        _ => Ok(None),
    }
}
