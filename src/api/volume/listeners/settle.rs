//! `POST /v3/{project_id}/listeners/{id}/settle`.

use actix_web::http::StatusCode;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::json;

use super::claim::{MOST, require_pull};
use super::{access, body, view};
use crate::api::call::Call;
use crate::api::error::Error;
use crate::brief::{NAME, brief};
use crate::catalog::canonical_uuid;
use crate::delivery::pull;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Body {
    ids: Option<Vec<String>>,
}

/// Finishes deliveries that the receiver has processed. It may be repeated.
pub async fn settle(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::permitted(&request)?;
    let body: Body = body::optional(&request, payload, &call).await?;
    let ids = body.ids.unwrap_or_default();
    if ids.is_empty() || ids.len() > MOST {
        return Err(Error::BadRequest(format!("ids: must be 1 to {MOST} event ids")));
    }
    let unread = |text: &String| Error::BadRequest(format!("ids: {:?} is not an id", brief(text, NAME)));
    let ids = ids
        .iter()
        .map(|text| canonical_uuid(text).ok_or_else(|| unread(text)));
    let ids = ids.collect::<Result<Vec<_>, _>>()?;
    let listener = access::find(&request, &call).await?;
    require_pull(&listener)?;
    let now = call.app.clock.now();
    let store = &call.app.store;
    let unknown = store
        .write(move |tx| pull::settle(tx, listener.id, &ids, now))
        .await?;
    let unknown: Vec<String> = unknown.iter().map(ToString::to_string).collect();
    let body = json!({ "settled": { "unknown": unknown } });
    Ok(view::answer(StatusCode::OK, &body))
}
