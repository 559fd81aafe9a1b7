//! `GET /v3/messages/-/summary`: how many messages were recorded, for operators.

use std::collections::HashSet;

use actix_web::http::header;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use crate::api::call::{Call, refuse_domain};
use crate::api::connection;
use crate::api::error::Error;
use crate::catalog::Level;
use crate::message::{Kept, Scope, SummaryBy, SummaryRequest, time};
use crate::store::{self, Read, rollup};

/// Answers a question about the messages of all projects.
pub async fn show(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::permitted_without_body(&request, payload).await?;
    refuse_domain(&call.caller)?;
    let kept = Kept::of(&call.app.config.statistics);
    let now = call.app.clock.now();
    let query = parse(request.query_string())?
        .check(now, kept)
        .map_err(Error::BadRequest)?;
    connection::end_with_client(&request);
    let (asked, settled) = (query.clone(), call.app.store.settled_before(now));
    let answer = move |read: &mut Read<'_>| rollup::answer(read, &asked, settled);
    let answer = call.app.store.search(&Scope::All, answer).await;
    let summary = answer.map_err(|error| match error {
        store::Error::Exhausted(cause) => Error::Exhausted {
            cause,
            advice: "Narrow the time with since and until.",
        },
        error => error.into(),
    })?;
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .body(json!({ "summary": summary.json(&query) }).to_string()))
}

fn parse(query: &str) -> Result<SummaryRequest, Error> {
    let mut asked = SummaryRequest::default();
    let mut seen = HashSet::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let bad = |what: &str| Error::BadRequest(format!("{name}: must be {what}"));
        if !seen.insert(name.to_string()) {
            return Err(Error::BadRequest(format!("{name}: must be given once")));
        }
        let time = || time::bound(&value).ok_or_else(|| bad("a time such as 2026-11-21T03:20:24, or a date"));
        match &*name {
            "by" => {
                let known = || bad(&SummaryBy::ALL.map(SummaryBy::name).join(", "));
                asked.by = Some(SummaryBy::from_name(&value).ok_or_else(known)?);
            }
            "since" => asked.since = Some(time()?),
            "until" => asked.until = Some(time()?),
            "project_id" => asked.project = Some(value.into_owned()),
            "service" => asked.service = Some(value.into_owned()),
            "code" => asked.code = Some(value.into_owned()),
            "level" => {
                asked.level = Some(Level::parse(&value).ok_or_else(|| bad("ERROR, WARNING or INFO"))?);
            }
            "marker" => asked.marker = Some(value.into_owned()),
            "limit" => asked.limit = Some(value.parse().map_err(|_| bad("a whole number"))?),
            _ => {
                let known = "by, since, until, project_id, service, code, level, limit, marker";
                return Err(Error::BadRequest(format!(
                    "{name}: is not a parameter; the parameters are {known}"
                )));
            }
        }
    }
    Ok(asked)
}
