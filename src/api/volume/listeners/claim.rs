//! `POST /v3/{project_id}/listeners/{id}/claim`.

use actix_web::http::StatusCode;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{access, body, view};
use crate::api::call::Call;
use crate::api::error::Error;
use crate::api::waiting;
use crate::delivery::{EventBody, pull};
use crate::listener::{Kind, Listener};
use crate::message::time;
use crate::store::delivery::{self, DueDelivery, Terms};

/// The most deliveries of one claim.
pub const MOST: usize = 100;

/// The default of `limit`.
const LIMIT: usize = 10;

/// How long a lease lasts, in seconds.
const LEASE: usize = 60;
const LONGEST_LEASE: usize = 3600;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Body {
    limit: Option<Value>,
    wait: Option<Value>,
    lease: Option<Value>,
}

/// Leases deliveries to the caller, who settles them within the lease. Otherwise they are leased again.
pub async fn claim(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::permitted(&request)?;
    let body: Body = body::optional(&request, payload, &call).await?;
    let limit = body::whole_within("limit", body.limit.as_ref(), LIMIT, 1..=MOST, "")?;
    let wait = body::whole_within("wait", body.wait.as_ref(), 0, 0..=waiting::LONGEST, " seconds")?;
    let lease = body::whole_within("lease", body.lease.as_ref(), LEASE, 1..=LONGEST_LEASE, " seconds")?;
    let listener = access::find(&request, &call).await?;
    require_pull(&listener)?;
    if !listener.settings.is_enabled {
        return Err(Error::Conflict("The listener is disabled.".to_owned()));
    }
    let lease = i64::try_from(lease).unwrap_or(0).saturating_mul(time::SECOND);
    let wake = || call.app.store.events_reported();
    let ask = async || lease_some(&call, &listener, limit, lease).await;
    let leased = waiting::ask_within(&request, &call, wait, wake, ask).await?;
    let answer = leased.unwrap_or_else(|| claimed(None, 0, &[]));
    Ok(view::answer(StatusCode::OK, &answer))
}

/// Refuses a listener whose deliveries are sent.
///
/// # Errors
/// A 409.
pub fn require_pull(listener: &Listener) -> Result<(), Error> {
    match listener.settings.notifier.kind() {
        Kind::Pull => Ok(()),
        kind => Err(Error::Conflict(format!(
            "The notifier of the listener is {}, not pull: its deliveries cannot be fetched.",
            kind.name()
        ))),
    }
}

/// Leases due deliveries; returns none if none is due.
async fn lease_some(
    call: &Call,
    listener: &Listener,
    limit: usize,
    lease: i64,
) -> Result<Option<Value>, Error> {
    let (id, now) = (listener.id, call.app.clock.now());
    let store = &call.app.store;
    if !store.read(move |read| delivery::is_due(read, id, now)).await? {
        return Ok(None);
    }
    let terms = Terms {
        now,
        until: now.saturating_add(lease),
        claim: call.app.reporter.next_id(now),
        limit,
    };
    let claimant = listener.clone();
    let due = store.write(move |tx| pull::claim(tx, &claimant, terms)).await?;
    if due.is_empty() {
        return Ok(None);
    }
    let deliveries: Result<Vec<Value>, serde_json::Error> =
        due.iter().map(|due| delivery_of(listener, due)).collect();
    let deliveries =
        deliveries.map_err(|error| Error::Internal(format!("a payload is not JSON: {error}")))?;
    Ok(Some(claimed(Some(terms.claim), terms.until, &deliveries)))
}

fn claimed(lease: Option<Uuid>, until: i64, deliveries: &[Value]) -> Value {
    json!({ "claim": {
        "id": lease.map(|lease| lease.to_string()),
        "ends_at": lease.map(|_| time::format(until)),
        "deliveries": deliveries,
    }})
}

/// A delivery in the format of the listener.
fn delivery_of(listener: &Listener, due: &DueDelivery) -> Result<Value, serde_json::Error> {
    let body = EventBody::new(&due.event, listener.settings.format)?;
    let content: Value = serde_json::from_slice(&body.bytes)?;
    Ok(json!({
        "event_id": due.event.message_id.to_string(),
        "event_type": due.event.event_type,
        "attempts_made": due.attempts,
        "content_type": body.content_type,
        "attributes": body.attributes,
        "body": content,
    }))
}
