//! Single attempts.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt;
use tokio::sync::mpsc::UnboundedSender;

use super::settlement::{Tried, fills_digest};
use crate::delivery::notifiers::{Notice, Notifiers, Outcome, Verdict};
use crate::listener::Listener;
use crate::store::delivery::DueDelivery;

/// Tries deliveries, several only of a digest, and reports what has come of it.
pub(super) async fn attempt(
    notifiers: Arc<Notifiers>,
    listener: Arc<Listener>,
    deliveries: Vec<DueDelivery>,
    started_at: i64,
    report: UnboundedSender<Tried>,
) {
    let begun = Instant::now();
    let timeout = notifiers.time_limit(&listener.settings.notifier);
    let claim = deliveries.first().map(|delivery| delivery.claim);
    let is_full = fills_digest(&deliveries);
    let (mut tried, mut events) = (Vec::new(), Vec::new());
    for delivery in deliveries {
        tried.push((delivery.event.message_id, delivery.attempts));
        events.push(delivery.event);
    }
    let notice = Notice {
        listener: &listener,
        events: &events,
        now: started_at,
    };
    // A panic must not leave the listener without its place.
    let attempt = AssertUnwindSafe(notifiers.notify(&notice)).catch_unwind();
    let outcome = tokio::time::timeout(timeout, attempt).await;
    // Fails once the server has stopped; the lease then ends by itself.
    let _ = report.send(Tried {
        events: tried,
        is_full,
        claim: claim.unwrap_or_default(),
        started_at,
        took: begun.elapsed(),
        outcome: match outcome {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => failed("the notifier failed, which the log explains".to_owned()),
            Err(_) => failed(format!("no answer within {} seconds", timeout.as_secs())),
        },
        listener,
    });
}

fn failed(answer: String) -> Outcome {
    Outcome {
        verdict: Verdict::Failed(None),
        status: None,
        answer,
    }
}
