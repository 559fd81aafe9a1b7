//! `POST /v1/segments`, `PUT` and `DELETE /v1/segments/{id}`.

use actix_web::http::StatusCode;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;
use uuid::Uuid;

use super::view::body;
use crate::api::call::Call;
use crate::api::error::Error;
use crate::api::instance_ha::answer::answer;
use crate::api::instance_ha::begin::begin_with;
use crate::api::instance_ha::identifier::{Identifier, taken};
use crate::api::instance_ha::service::ENABLED;
use crate::failure::{Fault, SegmentFields};
use crate::recovery::{Change, segment_changed};
use crate::store;
use crate::store::failure;

/// What an error calls a segment.
const SEGMENT: &str = "Failover segment";

/// Creates a segment.
pub async fn create(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let (call, fields) = begin_with(&request, payload, |call, body| fields(call, body, true)).await?;
    let (now, reporter) = (call.app.clock.now(), call.app.reporter.clone());
    let segment = fields.into_segment(Uuid::new_v4(), now);
    let name = segment.name.clone();
    let created = call.app.store.write(move |tx| {
        let segment = failure::insert_segment(tx, &segment)?;
        segment_changed(tx, &reporter, Change::Create, &segment, now)?;
        Ok(segment)
    });
    let segment = created.await.map_err(|error| taken(error, SEGMENT, &name))?;
    answer(&request, StatusCode::CREATED, &body(&segment))
}

/// Changes a segment, unless a notification of one of its hosts is open.
pub async fn update(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let (call, fields) = begin_with(&request, payload, |call, body| fields(call, body, false)).await?;
    let id = Identifier::segment(&request)?;
    let (uuid, now, reporter) = (id.uuid()?, call.app.clock.now(), call.app.reporter.clone());
    let name = fields.name().to_owned();
    let changed = call.app.store.write(move |tx| {
        let mut segment = failure::segment(tx.conn(), uuid)?;
        if failure::has_open(tx.conn(), uuid)? {
            return Ok(None);
        }
        fields.clone().apply(&mut segment);
        segment.updated_at = Some(now);
        failure::update_segment(tx, &segment)?;
        segment_changed(tx, &reporter, Change::Update, &segment, now)?;
        Ok(Some(segment))
    });
    let changed = changed.await.map_err(|error| match error {
        store::Error::NotFound => id.missing(),
        error => taken(error, SEGMENT, &name),
    })?;
    let segment = changed.ok_or_else(|| id.in_use())?;
    answer(&request, StatusCode::OK, &body(&segment))
}

/// Deletes a segment with its hosts, unless a notification of one of them is open.
pub async fn delete(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::permitted_without_body(&request, payload).await?;
    let id = Identifier::segment(&request)?;
    let (uuid, now, reporter) = (id.uuid()?, call.app.clock.now(), call.app.reporter.clone());
    let deleted = call.app.store.write(move |tx| {
        let segment = failure::segment(tx.conn(), uuid)?;
        failure::delete_segment(tx, uuid)?;
        segment_changed(tx, &reporter, Change::Delete, &segment, now)
    });
    deleted.await.map_err(|error| id.refusal(error))?;
    Ok(HttpResponse::NoContent().finish())
}

fn fields(call: &Call, body: &Value, is_new: bool) -> Result<SegmentFields, Fault> {
    SegmentFields::check(body, is_new, call.version >= ENABLED)
}
