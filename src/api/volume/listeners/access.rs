//! Which listeners a caller may see and make.

use actix_web::HttpRequest;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::refusal;
use crate::api::call::Call;
use crate::api::error::Error;
use crate::api::path::segment;
use crate::catalog::canonical_uuid;
use crate::listener::{self, Listener, Reach, StoredListener};

/// Returns the listener in the path.
///
/// # Errors
/// Those of [`find_stored`], and a 409 for one whose secrets cannot be opened.
pub async fn find(request: &HttpRequest, call: &Call) -> Result<Listener, Error> {
    let stored = find_stored(request, call).await?;
    let opened = call.app.registrar.open(&stored);
    opened.map_err(|error| refusal::of_listener(error.into(), &stored.id.to_string()))
}

/// Returns the listener in the path as it is stored, which needs no key.
///
/// # Errors
/// A 404 also for one that the caller may not see.
pub async fn find_stored(request: &HttpRequest, call: &Call) -> Result<StoredListener, Error> {
    let text = segment(request, "id")?;
    let id = canonical_uuid(&text).ok_or_else(|| refusal::missing(&text))?;
    let found = call.app.registrar.stored(id).await;
    let listener = found.map_err(|error| refusal::of_listener(error.into(), &text))?;
    if may_see(call, &listener) {
        Ok(listener)
    } else {
        Err(refusal::missing(&text))
    }
}

/// Returns the event of the delivery in the path.
///
/// # Errors
/// A 404 for an invalid id.
pub fn event_in(request: &HttpRequest) -> Result<Uuid, Error> {
    let text = segment(request, "event_id")?;
    canonical_uuid(&text).ok_or_else(|| refusal::missing_delivery(&text))
}

/// Whether the caller may see a listener: members those of their project that are not hidden from them.
pub fn may_see(call: &Call, listener: &StoredListener) -> bool {
    is_visible(call.is_admin(), call.project.as_deref(), listener)
}

/// The same for an admin or a member of a project.
pub fn is_visible(is_admin: bool, project: Option<&str>, listener: &StoredListener) -> bool {
    let is_own = project.is_some() && listener.reach.project() == project;
    is_admin || (is_own && !listener.is_hidden())
}

/// Takes `scope` out of a new listener's fields.
///
/// # Errors
/// A 403 for `cloud`, unless the caller is an admin.
pub fn reach(call: &Call, members: &mut Map<String, Value>) -> Result<Reach, Error> {
    let project = || Reach::Project(call.project.clone().unwrap_or_default());
    match members.remove("scope") {
        None | Some(Value::Null) => Ok(project()),
        Some(Value::String(scope)) if scope == "project" => Ok(project()),
        Some(Value::String(scope)) if scope == "cloud" => {
            if call.is_admin() {
                Ok(Reach::Cloud)
            } else {
                let text = "listener.scope: cloud is for administrators";
                Err(Error::Forbidden(text.to_owned()))
            }
        }
        Some(_) => Err(Error::bad_request(
            "listener.scope: must be one of project, cloud",
        )),
    }
}

/// Refuses event types that members may not get. Their form is checked elsewhere.
///
/// # Errors
/// A 403, unless the caller is an admin.
pub fn may_subscribe(call: &Call, members: &Map<String, Value>) -> Result<(), Error> {
    let types = members.get("event_types").and_then(Value::as_array);
    let types: Vec<String> = types
        .into_iter()
        .flatten()
        .filter_map(|pattern| pattern.as_str().map(str::to_owned))
        .collect();
    if call.is_admin() || listener::is_for_members(&types) {
        return Ok(());
    }
    let text = "listener.event_types: members may subscribe to message.* only, as other events contain operators' text";
    Err(Error::Forbidden(text.to_owned()))
}
