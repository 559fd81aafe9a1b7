//! Whether the recipients of a listener have confirmed.

use serde_json::{Value, json};

use super::{refusal, view};
use crate::api::call::Call;
use crate::api::error::Error;
use crate::listener::{Confirmation, Listener};
use crate::message::time;

/// A listener, with the confirmations of its recipients if it needs any.
///
/// # Errors
/// Any error of the store.
pub async fn with(call: &Call, listener: &Listener) -> Result<Value, Error> {
    let found = call.app.registrar.confirmations(listener).await;
    let found = found.map_err(|error| refusal::of_listener(error, ""))?;
    let mut shown = view::listener(call, listener);
    if let Some(found) = found {
        shown["confirmations"] = confirmations(listener, &found, call.app.clock.now());
    }
    Ok(shown)
}

/// The confirmations of all recipients of a listener. `now` in microseconds since 1970.
pub fn confirmations(listener: &Listener, found: &[Confirmation], now: i64) -> Value {
    let (_, addresses) = listener.to_confirm().unwrap_or_default();
    let shown = addresses.into_iter().map(|address| {
        let known = found.iter().find(|known| known.address == address);
        json!({
            "address": address,
            "state": known.map_or("unasked", |known| known.state_name(now)),
            "asked_at": known.and_then(|known| known.asked_at).map(time::format),
            "decided_at": known.and_then(|known| known.decided_at).map(time::format),
        })
    });
    shown.collect()
}
