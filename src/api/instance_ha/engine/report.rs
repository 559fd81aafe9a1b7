//! `PUT /v1/notifications/{id}/progress`, `PUT …/fenced` and `POST …/finish`.

use actix_web::http::StatusCode;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;
use uuid::Uuid;

use super::claim::seconds_until;
use super::fields::{self, FencedBody, FinishBody, ProgressBody};
use crate::api::call::Call;
use crate::api::error::Error;
use crate::api::instance_ha::answer::answer;
use crate::api::instance_ha::identifier::Identifier;
use crate::api::instance_ha::notifications::view::View;
use crate::failure::Term;
use crate::message::time;
use crate::recovery::{self, Finish, ProgressReport, Terms};
use crate::store::{self, Tx};

/// Records progress and renews the lease.
pub async fn progress(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let (call, id) = begin(&request)?;
    let body: ProgressBody = fields::read(&request, payload, &call).await?;
    let report = ProgressReport {
        lines: fields::lines(body.steps)?,
        moves: fields::moves(body.vmoves)?,
        tenants: fields::tenants(&call, body.tenants)?,
    };
    let lease = Term(body.lease);
    let until = write(&call, &id, move |tx, terms, id, now| {
        recovery::progress(tx, terms, id, lease, &report, now)
    });
    renewed(&request, &call, "progress", until.await?)
}

/// Records the proof that the host is fenced, and renews the lease.
pub async fn fenced(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let (call, id) = begin(&request)?;
    let body: FencedBody = fields::read(&request, payload, &call).await?;
    fields::name("method", &body.method)?;
    fields::text("evidence", &body.evidence)?;
    let (lease, evidence) = (Term(body.lease), format!("{}: {}", body.method, body.evidence));
    let until = write(&call, &id, move |tx, terms, id, now| {
        recovery::fence(tx, terms, id, lease, &evidence, now)
    });
    renewed(&request, &call, "fenced", until.await?)
}

/// Ends the work.
pub async fn finish(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let (call, id) = begin(&request)?;
    let body: FinishBody = fields::read(&request, payload, &call).await?;
    fields::text("message", &body.message)?;
    let finish = Finish {
        status: fields::end(&body.status)?,
        message: body.message,
        tenants: fields::tenants(&call, body.tenants)?,
    };
    let lease = Term(body.lease);
    let notification = write(&call, &id, move |tx, terms, id, now| {
        recovery::finish(tx, terms, id, lease, &finish, now)
    });
    let body = json!({ "notification": View::of(&notification.await?) });
    answer(&request, StatusCode::OK, &body)
}

fn begin(request: &HttpRequest) -> Result<(Call, Identifier), Error> {
    let call = Call::permitted(request)?;
    Ok((call, Identifier::notification(request)?))
}

/// Runs a transaction about the notification. A lease that is over is a 409.
async fn write<T, F>(call: &Call, id: &Identifier, work: F) -> Result<T, Error>
where
    T: Send + 'static,
    F: Fn(&mut Tx<'_>, &Terms, Uuid, i64) -> Result<T, store::Error> + Send + 'static,
{
    let (app, uuid, now) = (&call.app, id.uuid()?, call.app.clock.now());
    let terms = Terms::new(&app.config, app.reporter.clone(), app.metrics.recovery.clone());
    let written = app.store.write(move |tx| work(tx, &terms, uuid, now));
    written.await.map_err(|error| match error {
        store::Error::NotFound => id.missing(),
        store::Error::Conflict(text) => Error::Conflict(text),
        error => error.into(),
    })
}

fn renewed(request: &HttpRequest, call: &Call, action: &str, until: i64) -> Result<HttpResponse, Error> {
    let body = json!({ action: { "ends_at": time::format(until), "seconds": seconds_until(call, until) } });
    answer(request, StatusCode::OK, &body)
}
