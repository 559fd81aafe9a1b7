//! `POST /v1/notifications`.

use actix_web::http::StatusCode;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;
use uuid::Uuid;

use super::view::View;
use crate::api::call::Call;
use crate::api::error::Error;
use crate::api::instance_ha::answer::answer;
use crate::api::instance_ha::begin::begin_with;
use crate::api::instance_ha::body::refusal;
use crate::failure::{FailureNotification, Report, check_payload};
use crate::recovery;
use crate::store::failure::{Received, receive};

/// Accepts a report. The recovery is decided later, so that a monitor never waits.
pub async fn create(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let (call, report) = begin_with(&request, payload, |_, body| Report::check(body)).await?;
    check_payload(report.kind, &report.payload).map_err(|fault| refusal(&fault))?;
    let notification = accept(&call, report).await?;
    let body = json!({ "notification": View::of(&notification) });
    answer(&request, StatusCode::ACCEPTED, &body)
}

async fn accept(call: &Call, report: Report) -> Result<FailureNotification, Error> {
    let (host, kind) = (report.hostname.clone(), report.kind.name());
    let (uuid, now) = (Uuid::new_v4(), call.app.clock.now());
    let interval = call.app.config.recovery.duplicate_interval.as_micros();
    let interval = i64::try_from(interval).unwrap_or(i64::MAX);
    let reporter = call.app.reporter.clone();
    let received = call.app.store.write(move |tx| {
        let received = receive(tx, &report, uuid, now, interval)?;
        if let Received::New(notification) = &received {
            recovery::created(tx, &reporter, notification, now)?;
        }
        Ok(received)
    });
    match received.await? {
        Received::New(notification) => Ok(*notification),
        Received::UnknownHost => Err(Error::BadRequest(format!(
            "Host with name {host} could not be found."
        ))),
        Received::OnMaintenance => Err(Error::Conflict(format!(
            "Notification received from host {host} of type '{kind}' is ignored as the host is already under maintenance."
        ))),
        Received::Duplicate => Err(Error::Conflict(format!(
            "Notification received from host {host} of type {kind} is duplicate."
        ))),
    }
}
