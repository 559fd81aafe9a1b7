//! `POST /v3/{project_id}/listeners/{id}/test`.

use actix_web::http::StatusCode;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::{access, refusal, view};
use crate::api::call::Call;
use crate::api::error::Error;
use crate::event::Origin;
use crate::store::delivery;

/// Queues an event for one listener alone. Its delivery shows what the receiver answers.
pub async fn test(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::permitted_without_body(&request, payload).await?;
    let listener = access::find(&request, &call).await?;
    if !listener.settings.is_enabled {
        return Err(Error::Conflict("The listener is disabled.".to_owned()));
    }
    let (id, now) = (listener.id, call.app.clock.now());
    let origin = Origin {
        project_id: listener.reach.project(),
        request_id: Some(call.request_id.as_str()),
    };
    let event = call.app.reporter.listener_test(id, origin, now);
    let event_id = event.message_id;
    let most = i64::try_from(call.app.config.listeners.max_pending).unwrap_or(i64::MAX);
    let record = call.app.store.write(move |tx| {
        delivery::room(tx.conn(), id, most)?;
        delivery::add_for(tx, &event, id)?;
        delivery::record(tx.conn(), id, event.message_id)
    });
    let record = record
        .await
        .map_err(|error| refusal::of_delivery(error, event_id))?;
    let delivery = view::delivery(&record, Some("listener.test"), now);
    Ok(view::answer(
        StatusCode::ACCEPTED,
        &json!({ "delivery": delivery }),
    ))
}
