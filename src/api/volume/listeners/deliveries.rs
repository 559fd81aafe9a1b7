//! `GET /v3/{project_id}/listeners/{id}/deliveries`, and one of them.

use actix_web::http::StatusCode;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::parameters::Parameters;
use super::{access, refusal, view};
use crate::api::call::Call;
use crate::api::error::Error;
use crate::store::delivery::{self, State};

/// Lists the deliveries of a listener, the newest event first.
pub async fn list(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::permitted_without_body(&request, payload).await?;
    let max_limit = call.app.config.api.max_limit;
    let parameters = Parameters::parse(request.query_string(), &["state"], max_limit)?;
    let state = parameters.filter("state").map(state).transpose()?;
    let listener = access::find_stored(&request, &call).await?.id;
    let (marker, limit) = (parameters.marker, parameters.limit);
    let read = move |read: &mut crate::store::Read<'_>| delivery::page(read, listener, state, marker, limit);
    let page = call.app.store.read(read).await?;
    let now = call.app.clock.now();
    let shown = page.deliveries.iter();
    let shown = shown.map(|(record, event_type)| view::delivery(record, event_type.as_deref(), now).into());
    let shown: Vec<Value> = shown.collect();
    let collection = format!("listeners/{listener}/deliveries");
    let next = page.next.map(|next| parameters.next(&call, &collection, next));
    let body = view::page("deliveries", &shown, next);
    Ok(view::answer(StatusCode::OK, &body))
}

/// Parses the name of a state.
///
/// # Errors
/// A 400 that names all of them.
pub fn state(name: &str) -> Result<State, Error> {
    State::from_name(name).ok_or_else(|| {
        let names = State::ALL.map(State::name).join(", ");
        Error::BadRequest(format!("state: must be one of {names}"))
    })
}

/// Shows a delivery with its attempts.
pub async fn show(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::permitted_without_body(&request, payload).await?;
    let listener = access::find_stored(&request, &call).await?.id;
    let event = access::event_in(&request)?;
    let read = call
        .app
        .store
        .read(move |read| delivery::detail(read, listener, event));
    let detail = read.await.map_err(|error| refusal::of_delivery(error, event))?;
    let now = call.app.clock.now();
    let mut members = view::delivery(&detail.record, detail.event_type.as_deref(), now);
    let attempts = detail.attempts.iter().map(view::attempt).collect();
    members.insert("attempts".to_owned(), attempts);
    Ok(view::answer(StatusCode::OK, &json!({ "delivery": members })))
}
