//! `POST /v1/segments`, `PUT` and `DELETE /v1/segments/{id}`.

use actix_web::http::StatusCode;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};
use uuid::Uuid;

use super::view::View;
use crate::api::call::Call;
use crate::api::error::Error;
use crate::api::instance_ha::answer::answer;
use crate::api::instance_ha::body::{self, refusal};
use crate::api::instance_ha::identifier::Identifier;
use crate::api::instance_ha::service::{ENABLED, INSTANCE_HA};
use crate::failure::{Segment, SegmentFields};
use crate::recovery::{Change, segment_changed};
use crate::store;
use crate::store::failure;

/// Creates a segment.
pub async fn create(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::begin(&request, INSTANCE_HA.oldest)?;
    let body = body::read(payload, &call).await?;
    let fields = fields(&call, &body, true)?;
    call.allow()?;
    let (now, reporter) = (call.app.clock.now(), call.app.reporter.clone());
    let segment = fields.into_segment(Uuid::new_v4(), now);
    let name = segment.name.clone();
    let created = call.app.store.write(move |tx| {
        let segment = failure::insert_segment(tx, &segment)?;
        segment_changed(tx, &reporter, Change::Create, &segment, now)?;
        Ok(segment)
    });
    let segment = created.await.map_err(|error| taken(error, &name))?;
    answer(
        &request,
        StatusCode::CREATED,
        &json!({ "segment": View::of(&segment) }),
    )
}

/// Changes a segment, unless a notification of one of its hosts is open.
pub async fn update(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::begin(&request, INSTANCE_HA.oldest)?;
    let body = body::read(payload, &call).await?;
    let fields = fields(&call, &body, false)?;
    call.allow()?;
    let id = Identifier::segment(&request)?;
    let (uuid, now, reporter) = (id.uuid()?, call.app.clock.now(), call.app.reporter.clone());
    let name = fields.name().unwrap_or_default().to_owned();
    let found = call.app.store.write(move |tx| {
        let mut segment = failure::segment(tx.conn(), uuid)?;
        let is_open = failure::has_open(tx.conn(), uuid)?;
        if !is_open {
            fields.clone().apply(&mut segment);
            segment.updated_at = Some(now);
            failure::update_segment(tx, &segment)?;
            segment_changed(tx, &reporter, Change::Update, &segment, now)?;
        }
        Ok((segment, is_open))
    });
    let (segment, is_open): (Segment, bool) = match found.await {
        Err(store::Error::NotFound) => return Err(id.missing()),
        Err(error) => return Err(taken(error, &name)),
        Ok(found) => found,
    };
    if is_open {
        return Err(id.in_use());
    }
    answer(
        &request,
        StatusCode::OK,
        &json!({ "segment": View::of(&segment) }),
    )
}

/// Deletes a segment with its hosts, unless a notification of one of them is open.
pub async fn delete(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let (call, _) = Call::begin_without_body(&request, &mut payload.into_inner(), INSTANCE_HA.oldest).await?;
    call.in_own_project()?;
    call.allow()?;
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

fn fields(call: &Call, body: &Value, is_new: bool) -> Result<SegmentFields, Error> {
    call.in_own_project()?;
    let fields = SegmentFields::check(body, is_new, call.version >= ENABLED);
    fields.map_err(|fault| refusal(&fault))
}

fn taken(error: store::Error, name: &str) -> Error {
    match error {
        store::Error::Conflict(_) => {
            Error::Conflict(format!("Failover segment with name {name} already exists."))
        }
        error => error.into(),
    }
}
