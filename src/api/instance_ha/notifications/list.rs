//! `GET /v1/notifications`.

use actix_web::http::StatusCode;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::view::View;
use crate::api::call::Call;
use crate::api::error::Error;
use crate::api::instance_ha::answer::answer;
use crate::api::instance_ha::parameters::Parameters;
use crate::catalog::canonical_uuid;
use crate::failure::{FailureNotification, NotificationType, Status, parse_time};
use crate::store::failure::{NOTIFICATION_COLUMNS, NotificationFilter, Page, notifications};

#[derive(Serialize)]
struct Body<'a> {
    notifications: Vec<View<'a>>,
}

/// Lists notifications, the newest first unless the query says otherwise. They belong to no project.
pub async fn list(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::permitted_without_body(&request, payload).await?;
    let parameters = Parameters::parse(request.query_string());
    let page = parameters.page(NOTIFICATION_COLUMNS, call.app.config.api.max_limit)?;
    let found = match (page, filter(&parameters)?) {
        (Some(page), Some(filter)) => find(&call, &parameters, filter, page).await?,
        _ => Vec::new(),
    };
    let body = Body {
        notifications: found.iter().map(View::of).collect(),
    };
    answer(&request, StatusCode::OK, &body)
}

/// Returns the filter; none if nothing can match, such as an unknown status.
fn filter(parameters: &Parameters) -> Result<Option<NotificationFilter>, Error> {
    let since = parameters
        .last("generated-since")
        .or_else(|| parameters.last("generated_since"));
    let parse = |text| parse_time(text).ok_or_else(|| Error::bad_request("Invalid generated-since value"));
    let mut filter = NotificationFilter {
        generated_since: since.map(parse).transpose()?,
        ..NotificationFilter::default()
    };
    let mut can_match = true;
    if let Some(name) = parameters.last("status") {
        filter.status = Status::from_name(name);
        can_match &= filter.status.is_some();
    }
    if let Some(name) = parameters.last("type") {
        filter.kind = NotificationType::from_name(name);
        can_match &= filter.kind.is_some();
    }
    if let Some(text) = parameters.last("source_host_uuid") {
        filter.source_host = canonical_uuid(text);
        can_match &= filter.source_host.is_some();
    }
    Ok(can_match.then_some(filter))
}

async fn find(
    call: &Call,
    parameters: &Parameters,
    filter: NotificationFilter,
    page: Page,
) -> Result<Vec<FailureNotification>, Error> {
    if !(page.is_direct() && filter.is_direct()) {
        let search = parameters.search(call, Some(page), move |read, page| {
            notifications(read, &filter, page)
        });
        return search.await;
    }
    let read = call
        .app
        .store
        .read(move |read| notifications(read, &filter, &page));
    read.await.map_err(|error| parameters.refusal(error))
}
