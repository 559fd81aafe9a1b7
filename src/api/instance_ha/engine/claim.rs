//! `POST /v1/notifications/claim`.

use std::future::pending;

use actix_web::http::StatusCode;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::fields::{self, ClaimBody};
use crate::api::call::Call;
use crate::api::error::Error;
use crate::api::instance_ha::answer::answer;
use crate::api::instance_ha::hosts::view::View as HostView;
use crate::api::instance_ha::notifications::view::View;
use crate::api::instance_ha::segments::view::View as SegmentView;
use crate::api::instance_ha::vmoves::view::View as VMoveView;
use crate::api::waiting;
use crate::failure::{NotificationType, Turn};
use crate::message::time;
use crate::recovery::{self, Claimed, Terms};
use crate::store::failure::{self, Due};

/// Leases one notification to the caller. The claim is null if none is ready.
pub async fn claim(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::permitted(&request)?;
    let body: ClaimBody = fields::read(&request, payload, &call).await?;
    let types = fields::types(body.types.as_deref())?;
    let wait = body.wait.unwrap_or(0);
    if wait > waiting::LONGEST {
        return Err(Error::BadRequest(format!(
            "wait: must be 0 to {} seconds",
            waiting::LONGEST
        )));
    }
    let engine = body.engine.unwrap_or_else(|| call.caller.user.clone());
    fields::name("engine", &engine)?;
    let ask = async || lease_one(&call, &types, &engine).await;
    let claimed = waiting::ask_within(&request, &call, wait, pending, ask).await?;
    let claim = claimed.map(|claimed| view(&call, &claimed));
    answer(&request, StatusCode::OK, &json!({ "claim": claim }))
}

async fn lease_one(call: &Call, types: &[NotificationType], engine: &str) -> Result<Option<Claimed>, Error> {
    let (app, now) = (&call.app, call.app.clock.now());
    let kinds = types.to_vec();
    // Reading needs no writer.
    let has_work =
        app.store.read(move |read| {
            Ok(failure::is_any(read, &Due::ready(&kinds))?
                || failure::is_any(read, &Due::of(Turn::Worker, now))?)
        });
    if !has_work.await? {
        return Ok(None);
    }
    let terms = Terms::new(&app.config, app.reporter.clone(), app.metrics.recovery.clone());
    Ok(recovery::claim_from(&app.store, &terms, types, engine, now).await?)
}

fn view(call: &Call, claimed: &Claimed) -> Value {
    let notification = &claimed.notification;
    let until = notification.lease_until.unwrap_or_default();
    let vmoves: Vec<VMoveView<'_>> = claimed.vmoves.iter().map(VMoveView::of).collect();
    json!({
        "lease": notification.term.0,
        "ends_at": time::format(until),
        "seconds": seconds_until(call, until),
        "notification": View::of(notification).with_steps(claimed.steps.clone()),
        "host": HostView::of(&claimed.host, &claimed.segment),
        "segment": SegmentView::of(&claimed.segment),
        "reserved_hosts": claimed.reserved_hosts,
        "vmoves": vmoves,
    })
}

/// The time left, for engines whose clock differs.
pub(super) fn seconds_until(call: &Call, until: i64) -> i64 {
    until.saturating_sub(call.app.clock.now()).max(0) / time::SECOND
}
