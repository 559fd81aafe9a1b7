//! The outermost layer: gives each request its id, refuses those for another Host, and writes the log line, the figures
//! and the headers that every response has.

use std::borrow::Cow;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{StatusCode, Uri};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{HttpMessage, ResponseError};
use tracing::Instrument;

use super::app::App;
use super::call::Echo;
use super::error::Error;
use super::{cors, links, page, unread, version};
use crate::brief::{self, brief};
use crate::identity::Caller;
use crate::telemetry::{InFlight, RequestId};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-openstack-request-id");
const COMPUTE_REQUEST_ID: HeaderName = HeaderName::from_static("x-compute-request-id");
const VARY: HeaderValue = HeaderValue::from_static("OpenStack-API-Version, Accept, Accept-Language");

/// The longest path of a line of the log, in bytes.
const LONGEST_PATH: usize = 1024;

/// The longest id of a user or project there.
const LONGEST_ID: usize = 255;

/// Runs one request.
pub async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let id = RequestId::new();
    let in_flight = match request.app_data::<Data<App>>() {
        Some(app) => app.routes.of(request.method(), request.path()).start(),
        None => return Err(Error::Internal("no app data".to_owned()).into()),
    };
    // At the highest level, so that a line keeps its id whatever the log leaves out.
    let span = tracing::error_span!("request", id = id.as_str());
    async move {
        let mut request = request;
        merge_slashes(&mut request);
        request.extensions_mut().insert(id);
        let body = unread::share(&mut request);
        let mut response = match refuse(&request) {
            Some(error) => request.into_response(error.error_response()),
            None => next.call(request).await?.map_into_boxed_body(),
        };
        if let Some(error) = cors::refusal(&response) {
            response = response.into_response(error.error_response());
        }
        response = page::fault::shown(response, &id);
        let echo = response.request().extensions().get::<Echo>().cloned();
        write_headers(&mut response, &id, echo);
        report(&response, in_flight);
        Ok(unread::hold(response, body))
    }
    .instrument(span)
    .await
}

/// Block storage takes `//v3///messages` for `/v3/messages`.
fn merge_slashes(request: &mut ServiceRequest) {
    if !request.path().contains("//") {
        return;
    }
    let mut path = String::with_capacity(request.path().len());
    for character in request.path().chars() {
        if character != '/' || !path.ends_with('/') {
            path.push(character);
        }
    }
    if let Some(query) = request.uri().query() {
        path.push('?');
        path.push_str(query);
    }
    // What was a path before is one still.
    if let Ok(uri) = path.parse::<Uri>() {
        request.match_info_mut().get_mut().update(&uri);
        request.head_mut().uri = uri;
    }
}

/// The error that a request is refused with whatever it asks for: its Host is not on the list.
fn refuse(request: &ServiceRequest) -> Option<Error> {
    let app = request.app_data::<Data<App>>()?;
    // Else any page in a browser on this machine could reach the API under a name of its own. No 400: a service that
    // comes by a name that is not listed yet must not take its messages for refused.
    (app.identity.trusts_everybody() && !is_known_host(request, app))
        .then(|| Error::Forbidden("The Host of the request is not in [api] allowed_hosts.".to_owned()))
}

fn is_known_host(request: &ServiceRequest, app: &App) -> bool {
    // HTTP/1.0 has no Host; no browser speaks it.
    if !request.headers().contains_key(header::HOST) {
        return true;
    }
    let host = links::host(request.headers()).unwrap_or_default();
    app.config.api.allows_host(links::without_port(host))
}

fn write_headers(response: &mut ServiceResponse<BoxBody>, id: &RequestId, echo: Option<Echo>) {
    let status = response.status();
    let headers = response.headers_mut();
    let Ok(id) = HeaderValue::from_str(id.as_str()) else {
        return;
    };
    // Block storage leaves its own header out where its API did not run.
    if echo.is_some() && status != StatusCode::NO_CONTENT {
        headers.insert(COMPUTE_REQUEST_ID, id.clone());
    }
    headers.insert(REQUEST_ID, id);
    if let Some(Echo(version)) = echo {
        if let Ok(value) = HeaderValue::from_str(&["volume ", &version].concat()) {
            headers.insert(version::HEADER, value);
        }
        // Beside what the layer for browsers says.
        headers.append(header::VARY, VARY);
    }
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
}

fn report(response: &ServiceResponse<BoxBody>, in_flight: InFlight) {
    let request = response.request();
    let elapsed = in_flight.elapsed();
    let status = response.status().as_u16();
    in_flight.finish(status);
    let Some(app) = request.app_data::<Data<App>>() else {
        return;
    };
    if !app.config.general.access_log {
        return;
    }
    let bytes = match response.response().body().size() {
        BodySize::Sized(bytes) => bytes,
        BodySize::None | BodySize::Stream => 0,
    };
    let extensions = request.extensions();
    let caller = extensions.get::<std::sync::Arc<Caller>>();
    tracing::info!(
        target: "tidings::access",
        method = &*brief(request.method().as_str(), brief::NAME),
        path = &*brief(request.uri().path(), LONGEST_PATH),
        status,
        bytes,
        micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
        user = caller.map(|caller| named(&caller.user)).as_deref(),
        project = caller.and_then(|caller| caller.project.as_deref()).map(named).as_deref(),
    );
}

fn named(id: &str) -> Cow<'_, str> {
    brief(id, LONGEST_ID)
}
