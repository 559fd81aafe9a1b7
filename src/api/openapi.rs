//! `GET /openapi.json`: the API as a document that programs read.

mod drafts;
mod reports;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Data;
use once_cell::sync::Lazy;
use serde_json::{Value, json};

use super::app::App;

/// The document as it is written. A test holds it against the routes, and a fuzzer against the answers.
const WRITTEN: &str = include_str!("openapi.json");

/// The document as it is answered: with what this build's catalog allows, and how one shows who one is.
static DOCUMENT: Lazy<String> = Lazy::new(|| complete(WRITTEN, false).unwrap_or_else(|| WRITTEN.to_owned()));
static DOCUMENT_WITH_KEYSTONE: Lazy<String> =
    Lazy::new(|| complete(WRITTEN, true).unwrap_or_else(|| WRITTEN.to_owned()));

/// What the token is when Keystone gives it.
const TOKEN_OF_KEYSTONE: &str = "A token of Keystone. `X-Storage-Token` means the same. A service that passes a request on adds its own in \
     `X-Service-Token`.";

/// Answers the document.
pub async fn document(app: Data<App>) -> HttpResponse {
    let document = if app.identity.trusts_everybody() {
        &*DOCUMENT
    } else {
        &*DOCUMENT_WITH_KEYSTONE
    };
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("application/json")
        .body(document.as_str())
}

/// Says in the schemas of a draft and of a report what the catalog takes, and where a token is needed; none where the document has no such
/// places.
fn complete(written: &str, needs_token: bool) -> Option<String> {
    let mut document: Value = serde_json::from_str(written).ok()?;
    let draft = document.pointer_mut("/components/schemas/MessageDraft")?;
    *draft.pointer_mut("/properties/resource_type/enum")? = drafts::resource_types().into();
    draft
        .as_object_mut()?
        .insert("anyOf".to_owned(), drafts::alternatives().into());
    document
        .pointer_mut("/components/schemas/EventReport")?
        .as_object_mut()?
        .insert("anyOf".to_owned(), reports::alternatives().into());
    if needs_token {
        *document.pointer_mut("/components/securitySchemes/token/description")? = TOKEN_OF_KEYSTONE.into();
        require_tokens(document.get_mut("paths")?);
    }
    Some(document.to_string())
}

/// Takes away the choice to show no token, which is written `{}`.
fn require_tokens(paths: &mut Value) {
    let items = paths
        .as_object_mut()
        .into_iter()
        .flat_map(|paths| paths.values_mut());
    let operations = items
        .filter_map(Value::as_object_mut)
        .flat_map(|item| item.values_mut());
    for operation in operations {
        if let Some(choices) = operation.get_mut("security").and_then(Value::as_array_mut) {
            choices.retain(|choice| *choice != json!({}));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(needs_token: bool) -> Value {
        serde_json::from_str(&complete(WRITTEN, needs_token).unwrap()).unwrap()
    }

    #[test]
    fn the_document_has_the_schema_that_the_catalog_completes() {
        let document = document(false);
        let alternatives = document
            .pointer("/components/schemas/MessageDraft/anyOf")
            .unwrap()
            .as_array()
            .unwrap();
        assert!(alternatives.iter().any(|alternative| {
            alternative["properties"]["event_id"]["enum"]
                .as_array()
                .is_some_and(|codes| codes.contains(&"VOLUME_000002".into()))
        }));
    }

    #[test]
    fn a_token_is_needed_where_keystone_is_used() {
        let security = |needs_token: bool, place: &str| {
            let document = document(needs_token);
            document
                .pointer(&format!("/paths/{place}/security"))
                .unwrap()
                .clone()
        };
        let list = "~1v3~1{project_id}~1messages/get";
        assert_eq!(security(false, list), json!([{ "token": [] }, {}]));
        assert_eq!(security(true, list), json!([{ "token": [] }]));
        assert_eq!(security(true, "~1healthcheck/get"), json!([]));
        let scheme = &document(true)["components"]["securitySchemes"]["token"];
        assert!(scheme["description"].as_str().unwrap().contains("Keystone"));
    }
}
