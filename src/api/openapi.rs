//! `GET /openapi.json`: the API as a document that programs read.

mod drafts;

use actix_web::HttpResponse;
use once_cell::sync::Lazy;
use serde_json::Value;

/// The document as it is written. A test holds it against the routes, and a fuzzer against the answers.
const WRITTEN: &str = include_str!("openapi.json");

/// The document as it is answered: with what this build's catalog allows.
static DOCUMENT: Lazy<String> = Lazy::new(|| complete(WRITTEN).unwrap_or_else(|| WRITTEN.to_owned()));

/// Answers the document.
pub async fn document() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(DOCUMENT.as_str())
}

/// Says in the schema of a draft what the catalog takes; none where the document has no such schema.
fn complete(written: &str) -> Option<String> {
    let mut document: Value = serde_json::from_str(written).ok()?;
    let draft = document.pointer_mut("/components/schemas/MessageDraft")?;
    *draft.pointer_mut("/properties/resource_type/enum")? = drafts::resource_types().into();
    draft
        .as_object_mut()?
        .insert("anyOf".to_owned(), drafts::alternatives().into());
    Some(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_has_the_schema_that_the_catalog_completes() {
        let document: Value = serde_json::from_str(&complete(WRITTEN).unwrap()).unwrap();
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
}
