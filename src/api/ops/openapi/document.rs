//! Assembles the document from the table of operations and from parts, which stand with their resources.
//!
//! A part describes operations by their `operationId`, and the components that only they use. An operation that is `like`
//! another one lists what differs; `shorthand.rs` expands the other abbreviations.

use actix_web::HttpResponse;
use actix_web::http::{Method, header};
use actix_web::web::Data;
use serde_json::{Map, Value, json};

use super::{drafts, reports, shorthand};
use crate::api::app::App;
use crate::api::error::Error;
use crate::api::operation::Operation;

/// Everything that is not a single resource's.
const SHARED: &str = include_str!("shared.json");

/// The parts of the resources.
const PARTS: [&str; 8] = [
    include_str!("../openapi.json"),
    include_str!("../../volume/openapi.json"),
    include_str!("../../volume/messages/openapi.json"),
    include_str!("../../volume/events/openapi.json"),
    include_str!("../../volume/listeners/openapi.json"),
    include_str!("../../share/openapi.json"),
    include_str!("../../instance_ha/openapi.json"),
    include_str!("../../instance_ha/engine/openapi.json"),
];

/// What the token is where Keystone issues it.
const KEYSTONE_TOKEN: &str = "A token of Keystone. `X-Storage-Token` means the same. A service that passes a request on adds its own in \
     `X-Service-Token`.";

/// Answers the document.
pub async fn document(app: Data<App>) -> Result<HttpResponse, Error> {
    let document = app.document.get_or_try_init(|| {
        let document = assemble(app.router.operations(), !app.identity.is_noauth());
        document.map_err(|place| Error::Internal(format!("the OpenAPI document lacks {place}")))
    })?;
    let answer = HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("application/json")
        .body(document.clone());
    Ok(answer)
}

/// The document of these operations, with the drafts and reports that the catalog of this build allows.
///
/// # Errors
/// The place that is missing in the parts.
fn assemble<'a>(
    operations: impl Iterator<Item = &'a Operation>,
    needs_token: bool,
) -> Result<String, String> {
    let mut document = parse(SHARED)?;
    let (mut described, mut samples) = (Map::new(), Map::new());
    for part in PARTS {
        let mut part = parse(part)?;
        described.append(object(&mut part, "/operations")?);
        if let Some(own) = part.get_mut("samples").and_then(Value::as_object_mut) {
            samples.append(own);
        }
        for (kind, components) in object(&mut part, "/components")? {
            let components = components.as_object_mut().ok_or_else(|| kind.clone())?;
            object(&mut document, &format!("/components/{kind}"))?.append(components);
        }
    }
    for description in described.values_mut() {
        shorthand::expand(description, &samples)?;
    }
    let mut paths = Map::new();
    for operation in operations {
        let Some(id) = operation.document else { continue };
        let description = describe(&described, id, needs_token)?;
        let method = operation
            .method
            .as_ref()
            .unwrap_or(&Method::GET)
            .as_str()
            .to_lowercase();
        let item = paths
            .entry(operation.path)
            .or_insert_with(|| item(operation.path));
        item[method] = description;
    }
    document["paths"] = paths.into();
    let draft = object(&mut document, "/components/schemas/MessageDraft")?;
    draft.insert("anyOf".to_owned(), drafts::alternatives().into());
    let types = object(
        &mut document,
        "/components/schemas/MessageDraft/properties/resource_type",
    )?;
    types.insert("enum".to_owned(), drafts::resource_types().into());
    let report = object(&mut document, "/components/schemas/EventReport")?;
    report.insert("anyOf".to_owned(), reports::alternatives().into());
    if needs_token {
        let token = object(&mut document, "/components/securitySchemes/token")?;
        token.insert("description".to_owned(), KEYSTONE_TOKEN.into());
    }
    Ok(document.to_string())
}

fn parse(part: &str) -> Result<Value, String> {
    serde_json::from_str(part).map_err(|error| error.to_string())
}

fn object<'a>(value: &'a mut Value, pointer: &str) -> Result<&'a mut Map<String, Value>, String> {
    let found = value.pointer_mut(pointer).and_then(Value::as_object_mut);
    found.ok_or_else(|| pointer.to_owned())
}

/// A path item, with the variables of the path as parameters of all its operations.
fn item(path: &str) -> Value {
    let variables = [
        ("{project_id}", "ProjectId"),
        ("messages/{id}", "MessageId"),
        ("listeners/{id}", "ListenerId"),
        ("{event_id}", "EventId"),
        ("notifications/{id}", "NotificationId"),
        ("{vmove_id}", "MoveId"),
        ("segments/{id}", "SegmentId"),
        ("{host_id}", "HostId"),
    ];
    let parameters: Vec<Value> = variables
        .into_iter()
        .filter(|(variable, _)| path.contains(variable))
        .map(|(_, name)| json!({ "$ref": format!("#/components/parameters/{name}") }))
        .collect();
    if parameters.is_empty() {
        json!({})
    } else {
        json!({ "parameters": parameters })
    }
}

/// An operation's description. Where a token is needed it no longer allows none, which is written `{}`.
fn describe(described: &Map<String, Value>, id: &str, needs_token: bool) -> Result<Value, String> {
    let find = |id: &str| {
        described
            .get(id)
            .and_then(Value::as_object)
            .ok_or_else(|| id.to_owned())
    };
    let mut operation = Map::from_iter([("operationId".to_owned(), id.into())]);
    let own = find(id)?;
    if let Some(like) = own.get("like").and_then(Value::as_str) {
        operation.extend(find(like)?.clone());
    }
    operation.extend(own.clone().into_iter().filter(|(key, _)| key != "like"));
    if let Some(choices) = operation.get_mut("security").and_then(Value::as_array_mut)
        && needs_token
    {
        choices.retain(|choice| *choice != json!({}));
    }
    Ok(operation.into())
}

/// The ids of the operations that the parts describe.
#[cfg(test)]
pub fn described() -> Vec<String> {
    let parts = PARTS.iter().map(|part| parse(part).unwrap());
    parts
        .flat_map(|mut part| {
            object(&mut part, "/operations")
                .unwrap()
                .keys()
                .cloned()
                .collect::<Vec<_>>()
        })
        .collect()
}
