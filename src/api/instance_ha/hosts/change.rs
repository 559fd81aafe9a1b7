//! `POST /v1/segments/{id}/hosts`, `PUT` and `DELETE /v1/segments/{id}/hosts/{host_id}`.

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
use crate::api::instance_ha::service::INSTANCE_HA;
use crate::failure::{Host, HostFields, Segment};
use crate::recovery::{Change, host_changed};
use crate::store;
use crate::store::failure;

/// Adds a host to a segment.
pub async fn create(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::begin(&request, INSTANCE_HA.oldest)?;
    let body = body::read(payload, &call).await?;
    let fields = fields(&call, &body, true)?;
    call.allow()?;
    let id = Identifier::segment(&request)?;
    let (now, reporter) = (call.app.clock.now(), call.app.reporter.clone());
    let host = fields.into_host(id.uuid()?, Uuid::new_v4(), now);
    let name = host.name.clone();
    let created = call.app.store.write(move |tx| {
        let segment = failure::segment(tx.conn(), host.segment_uuid)?;
        let host = failure::insert_host(tx, &host)?;
        host_changed(tx, &reporter, Change::Create, &host, &segment, now)?;
        Ok((host, segment))
    });
    let (host, segment) = match created.await {
        Err(store::Error::NotFound) => return Err(id.missing()),
        Err(error) => return Err(taken(error, &name)),
        Ok(created) => created,
    };
    answer(
        &request,
        StatusCode::CREATED,
        &json!({ "host": View::of(&host, &segment) }),
    )
}

/// Changes a host, unless a notification of its segment is open.
pub async fn update(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::begin(&request, INSTANCE_HA.oldest)?;
    let body = body::read(payload, &call).await?;
    let fields = fields(&call, &body, false)?;
    call.allow()?;
    let (of, id) = (Identifier::segment(&request)?, Identifier::host(&request)?);
    let (of, uuid, now, reporter) = (
        of.uuid()?,
        id.uuid()?,
        call.app.clock.now(),
        call.app.reporter.clone(),
    );
    let name = fields.name().unwrap_or_default().to_owned();
    let found = call.app.store.write(move |tx| {
        let mut host = failure::host(tx.conn(), uuid, Some(of))?;
        let segment = failure::segment(tx.conn(), of)?;
        let is_open = failure::has_open(tx.conn(), of)?;
        if !is_open {
            fields.clone().apply(&mut host);
            host.updated_at = Some(now);
            failure::update_host(tx, &host)?;
            host_changed(tx, &reporter, Change::Update, &host, &segment, now)?;
        }
        Ok((host, segment, is_open))
    });
    let (host, segment, is_open): (Host, Segment, bool) = match found.await {
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
        &json!({ "host": View::of(&host, &segment) }),
    )
}

/// Removes a host from its segment, unless a notification of the segment is open.
pub async fn delete(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let (call, _) = Call::begin_without_body(&request, &mut payload.into_inner(), INSTANCE_HA.oldest).await?;
    call.in_own_project()?;
    call.allow()?;
    let (of, id) = (Identifier::segment(&request)?, Identifier::host(&request)?);
    let (of, uuid, now, reporter) = (
        of.uuid()?,
        id.uuid()?,
        call.app.clock.now(),
        call.app.reporter.clone(),
    );
    let deleted = call.app.store.write(move |tx| {
        let host = failure::host(tx.conn(), uuid, Some(of))?;
        let segment = failure::segment(tx.conn(), of)?;
        // First, so that no report about it comes in between.
        failure::delete_host(tx, uuid)?;
        if failure::has_open(tx.conn(), of)? {
            return Err(store::Error::Conflict(
                "a notification of the segment is open".to_owned(),
            ));
        }
        host_changed(tx, &reporter, Change::Delete, &host, &segment, now)
    });
    deleted.await.map_err(|error| id.refusal(error))?;
    Ok(HttpResponse::NoContent().finish())
}

fn fields(call: &Call, body: &Value, is_new: bool) -> Result<HostFields, Error> {
    call.in_own_project()?;
    HostFields::check(body, is_new).map_err(|fault| refusal(&fault))
}

fn taken(error: store::Error, name: &str) -> Error {
    match error {
        store::Error::Conflict(_) => Error::Conflict(format!("Host with name {name} already exists.")),
        error => error.into(),
    }
}
