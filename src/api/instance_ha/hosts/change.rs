//! `POST /v1/segments/{id}/hosts`, `PUT` and `DELETE /v1/segments/{id}/hosts/{host_id}`.

use actix_web::http::StatusCode;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use uuid::Uuid;

use super::view::body;
use crate::api::call::Call;
use crate::api::error::Error;
use crate::api::instance_ha::answer::answer;
use crate::api::instance_ha::begin::begin_with;
use crate::api::instance_ha::identifier::{Identifier, taken};
use crate::failure::HostFields;
use crate::recovery::{Change, host_changed};
use crate::store;
use crate::store::failure;

/// What an error calls a host.
const HOST: &str = "Host";

/// Adds a host to a segment.
pub async fn create(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let (call, fields) = begin_with(&request, payload, |_, body| HostFields::check(body, true)).await?;
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
    let (host, segment) = created.await.map_err(|error| match error {
        store::Error::NotFound => id.missing(),
        error => taken(error, HOST, &name),
    })?;
    answer(&request, StatusCode::CREATED, &body(&host, &segment))
}

/// Changes a host, unless a notification of its segment is open.
pub async fn update(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let (call, fields) = begin_with(&request, payload, |_, body| HostFields::check(body, false)).await?;
    let (of, id) = (Identifier::segment(&request)?, Identifier::host(&request)?);
    let (of, uuid, now) = (of.uuid()?, id.uuid()?, call.app.clock.now());
    let (reporter, name) = (call.app.reporter.clone(), fields.name().to_owned());
    let changed = call.app.store.write(move |tx| {
        // First, so that no report about it comes in between.
        failure::lock_host(tx, uuid)?;
        let mut host = failure::host(tx.conn(), uuid, Some(of))?;
        let segment = failure::segment(tx.conn(), of)?;
        if failure::has_open(tx.conn(), of)? {
            return Ok(None);
        }
        fields.clone().apply(&mut host);
        host.updated_at = Some(now);
        failure::update_host(tx, &host)?;
        host_changed(tx, &reporter, Change::Update, &host, &segment, now)?;
        Ok(Some((host, segment)))
    });
    let changed = changed.await.map_err(|error| match error {
        store::Error::NotFound => id.missing(),
        error => taken(error, HOST, &name),
    })?;
    let (host, segment) = changed.ok_or_else(|| id.in_use())?;
    answer(&request, StatusCode::OK, &body(&host, &segment))
}

/// Removes a host from its segment, unless a notification of the segment is open.
pub async fn delete(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::permitted_without_body(&request, payload).await?;
    let (of, id) = (Identifier::segment(&request)?, Identifier::host(&request)?);
    let (of, uuid, now) = (of.uuid()?, id.uuid()?, call.app.clock.now());
    let reporter = call.app.reporter.clone();
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
