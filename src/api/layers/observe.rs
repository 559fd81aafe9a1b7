//! The outermost layer: finds what each request asks for, gives it an id, refuses unknown Hosts, and writes metrics, the
//! access log and the headers of every response.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::HttpMessage;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use tracing::Instrument;

use super::{cors, held_body};
use crate::api::app::App;
use crate::api::browser::page;
use crate::api::error::Error;
use crate::api::links;
use crate::api::microversion::Echo;
use crate::api::path;
use crate::brief::{self, brief};
use crate::identity::Caller;
use crate::telemetry::{InFlight, RequestId};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-openstack-request-id");

/// The longest path in the log, in bytes.
const LONGEST_PATH: usize = 1024;

/// The longest id of a user or project in the log, in bytes.
const LONGEST_ID: usize = 255;

/// Runs one request.
pub async fn observe(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let id = RequestId::new();
    merge_slashes(&mut request);
    let app = App::of(request.request())?.clone();
    let target = Rc::new(app.router.find(&mut request));
    let in_flight = app.router.metrics(&target, request.method()).start();
    // At the highest level, so that a line keeps its id whatever the log leaves out.
    let span = tracing::error_span!("request", id = id.as_str());
    async move {
        request.extensions_mut().insert(id);
        request.extensions_mut().insert(Rc::clone(&target));
        let body = held_body::share(&mut request);
        let mut response = match refuse(&request, &app) {
            Some(error) => request.into_response(target.refuse(&error)),
            None => next.call(request).await?.map_into_boxed_body(),
        };
        if let Some(error) = cors::refusal(&response) {
            response = response.into_response(target.refuse(&error));
        }
        response = page::error::shown(response, &id);
        let echo = response.request().extensions().get::<Echo>().cloned();
        write_headers(&mut response, &id, echo);
        report(&response, in_flight, &app);
        Ok(held_body::hold(response, body))
    }
    .instrument(span)
    .await
}

/// Block storage takes `//v3///messages` for `/v3/messages`.
fn merge_slashes(request: &mut ServiceRequest) {
    if !request.path().contains("//") {
        return;
    }
    let mut merged = String::with_capacity(request.path().len());
    for character in request.path().chars() {
        if character != '/' || !merged.ends_with('/') {
            merged.push(character);
        }
    }
    path::replace(request, &merged);
}

/// Refuses a request whose Host is not on the list.
fn refuse(request: &ServiceRequest, app: &App) -> Option<Error> {
    // Else any page in a browser on this machine could reach the API under a name of its own. Not a 400: a service whose
    // name for this server is not listed yet must not drop its messages.
    (app.identity.is_noauth() && !is_known_host(request, app))
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
    // Services leave their headers out where their API did not run.
    if let Some(Echo { service, version }) = echo {
        if status != StatusCode::NO_CONTENT || service.request_id_without_body {
            headers.insert(service.request_id_header.clone(), id.clone());
        }
        if let Some(value) = service.version_value(&version) {
            headers.insert(service.version_header.clone(), value);
        }
        // CORS may have written one.
        headers.append(header::VARY, service.vary.clone());
    } else if status.is_client_error() {
        // A browser gets a page in its place.
        headers.append(header::VARY, HeaderValue::from_static("Accept"));
    }
    headers.insert(REQUEST_ID, id);
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
}

fn report(response: &ServiceResponse<BoxBody>, in_flight: InFlight, app: &App) {
    let request = response.request();
    let elapsed = in_flight.elapsed();
    let status = response.status().as_u16();
    in_flight.finish(status);
    if !app.config.general.access_log {
        return;
    }
    let bytes = match response.response().body().size() {
        BodySize::Sized(bytes) => bytes,
        BodySize::None | BodySize::Stream => 0,
    };
    let extensions = request.extensions();
    let caller = extensions.get::<Arc<Caller>>();
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
