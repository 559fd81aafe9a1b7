//! `POST /v3/{project_id}/events`: reports one event or a batch.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};

use super::report;
use super::view;
use crate::api::body;
use crate::api::call::Call;
use crate::api::error::Error;
use crate::api::volume::idempotency;
use crate::api::volume::service::VOLUME;
use crate::event::{CheckedReport, Envelope};
use crate::store::idempotency::{FirstRequest, IdempotencyKey};
use crate::store::{Batch, Recorded};

/// Reports events of any project. Events are stored before the answer, unless no sink wants them; no receiver is involved.
pub async fn create(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::begin(&request, VOLUME.oldest)?;
    body::require_json(request.headers(), call.service)?;
    call.allow_in_url()?;
    let key = idempotency::key(request.headers())?;
    let api = &call.app.config.api;
    let body = body::read(payload.into_inner(), &call.app, api.max_batch_body_size).await?;
    let (reports, is_one) = report::parse(&body, api)?;
    let made = FirstRequest {
        ids: Vec::new(),
        created_at: call.app.clock.now(),
        request_id: idempotency::request_id(&request, &call),
    };
    let key = key.map(|key| idempotency::claim(&call, b"POST events", &key, &body, &made));
    let events = events(reports, &call, made);
    let events = record(events, key, &body, &call).await?;
    Ok(view::answer(
        StatusCode::ACCEPTED,
        view::accepted(&events, is_one),
    ))
}

/// Stores the events and returns them. A repeated request gets the events of the first one with its key.
async fn record(
    events: Arc<[Envelope]>,
    key: Option<IdempotencyKey>,
    body: &[u8],
    call: &Call,
) -> Result<Arc<[Envelope]>, Error> {
    let app = &call.app;
    let count = u64::try_from(events.len()).unwrap_or(0);
    let batch = || Batch {
        events: app.reporter.outgoing(Arc::clone(&events)),
        key: key.clone(),
        ..Batch::default()
    };
    match app.store.record(batch).await? {
        Recorded::New => {
            app.metrics.events.reported.inc_by(count);
            Ok(events)
        }
        // This is rare: parsing the body again is cheaper than keeping the reports of every request.
        Recorded::Before(first) => Ok(self::events(
            report::parse(body, &call.app.config.api)?.0,
            call,
            first,
        )),
        Recorded::Mismatch => Err(idempotency::mismatch()),
    }
}

/// The events of the reports, with ids and time of `made`.
fn events(reports: Vec<CheckedReport>, call: &Call, made: FirstRequest) -> Arc<[Envelope]> {
    let project = call.project.as_deref().unwrap_or_default();
    let reporter = &call.app.reporter;
    let mut ids = made.ids.into_iter();
    reports
        .into_iter()
        .map(|report| {
            let id = ids.next().unwrap_or_else(|| reporter.next_id(made.created_at));
            reporter.envelope(report, project, id, made.created_at)
        })
        .collect()
}
