//! `GET /v3/{project_id}/listeners`.

use actix_web::http::StatusCode;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;
use uuid::Uuid;

use super::parameters::Parameters;
use super::{access, refusal, view};
use crate::api::call::Call;
use crate::api::error::Error;
use crate::store::listener::ListenerFilter;

/// Listeners read at a time: each may have certificates of 64 KiB.
const READ: i64 = 50;

/// The size from which a page takes no further listeners.
const PAGE_BYTES: usize = 4 << 20;

/// Lists the listeners that the caller may see, the oldest first: an admin those of all projects.
pub async fn list(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::permitted_without_body(&request, payload).await?;
    let max_limit = call.app.config.api.max_limit;
    let parameters = Parameters::parse(request.query_string(), &["name"], max_limit)?;
    let (entries, last) = page(&call, &parameters).await?;
    let next = last.map(|last| parameters.next(&call, "listeners", last));
    Ok(view::answer(
        StatusCode::OK,
        &view::page("listeners", &entries, next),
    ))
}

/// The entries of a page, and the last of them if there are more.
async fn page(call: &Call, parameters: &Parameters) -> Result<(Vec<Value>, Option<Uuid>), Error> {
    let (mut entries, mut bytes, mut last) = (Vec::new(), 0, parameters.marker);
    let mut filter = ListenerFilter {
        project: call.project.clone().filter(|_| !call.is_admin()),
        name: parameters.filter("name").map(str::to_owned),
        after: parameters.marker,
        ..ListenerFilter::default()
    };
    if parameters.limit == 0 {
        return Ok((entries, None));
    }
    loop {
        let listed = call.app.registrar.list(filter.clone(), READ).await;
        let read = listed.map_err(|error| refusal::of_listener(error.into(), ""))?;
        filter.after = read.last().map(|listener| listener.id);
        let is_end = !i64::try_from(read.len()).is_ok_and(|count| count == READ);
        for listener in read.iter().filter(|listener| access::may_see(call, listener)) {
            if entries.len() == parameters.limit || bytes >= PAGE_BYTES {
                return Ok((entries, last));
            }
            let entry = view::stored(call, listener);
            bytes += entry.to_string().len();
            entries.push(entry);
            last = Some(listener.id);
        }
        if is_end {
            return Ok((entries, None));
        }
    }
}
