//! `POST /v3/{project_id}/listeners/{id}/secret`.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};
use tidings_client::Secret;

use super::{access, body, refusal, view};
use crate::api::call::Call;
use crate::api::error::Error;
use crate::message::time;

/// For how many seconds the old secret signs on: a day, and at most 30.
const OVERLAP: usize = 86_400;
const LONGEST_OVERLAP: usize = 2_592_000;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Body {
    secret: Option<String>,
    overlap: Option<Value>,
}

/// Hides the secret.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").finish_non_exhaustive()
    }
}

/// Replaces the secret that signs. A random one is in this answer, and in no other.
pub async fn rotate(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::permitted(&request)?;
    let body: Body = body::optional(&request, payload, &call).await?;
    let allowed = 0..=LONGEST_OVERLAP;
    let overlap = body::whole_within("overlap", body.overlap.as_ref(), OVERLAP, allowed, " seconds")?;
    let overlap = i64::try_from(overlap).unwrap_or(0).saturating_mul(time::SECOND);
    let id = access::find(&request, &call).await?.id;
    let registrar = &call.app.registrar;
    let rotated = registrar.rotate(id, body.secret.as_deref(), overlap);
    let (listener, random) = rotated
        .await
        .map_err(|error| refusal::of_listener(error, &id.to_string()))?;
    let body = json!({
        "listener": view::listener(&call, &listener),
        "secret": random.as_ref().map(Secret::expose),
    });
    Ok(view::answer(StatusCode::OK, &body))
}
