//! The `OpenAPI` document. `tests/run schemathesis` checks whether the answers agree with it.

use std::collections::HashSet;

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::{Map, Value, json};

use crate::support::{Answer, TestApp, assert_documented, fault, message};

const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

async fn document() -> Value {
    TestApp::start().anonymous().get("/openapi.json").await.json()
}

/// Returns every operation as (`GET /path`, object).
fn operations(document: &Value) -> Vec<(String, &Map<String, Value>)> {
    let paths = document["paths"].as_object().expect("paths");
    let operations = paths.iter().flat_map(|(path, item)| {
        let item = item.as_object().expect("a path item");
        item.iter()
            .filter(|(method, _)| METHODS.contains(&method.as_str()))
            .map(move |(method, operation)| {
                (
                    format!("{} {path}", method.to_uppercase()),
                    operation.as_object().expect("an operation"),
                )
            })
    });
    operations.collect()
}

/// Returns the object itself, or the one that its `$ref` names.
fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => {
            let pointer = reference
                .strip_prefix('#')
                .expect("references stay in the document");
            document
                .pointer(pointer)
                .unwrap_or_else(|| panic!("{reference} leads nowhere"))
        }
        None => value,
    }
}

fn has_example(content: Option<&Value>) -> bool {
    let kinds = content.and_then(Value::as_object);
    kinds.is_some_and(|kinds| {
        kinds
            .values()
            .any(|kind| kind["examples"].as_object().is_some_and(|all| !all.is_empty()))
    })
}

/// Calls `visit` with every value of the document.
fn walk(value: &Value, visit: &mut impl FnMut(&Value)) {
    visit(value);
    match value {
        Value::Object(fields) => fields.values().for_each(|field| walk(field, visit)),
        Value::Array(elements) => elements.iter().for_each(|element| walk(element, visit)),
        _ => {}
    }
}

#[tokio::test]
async fn it_says_which_version_it_is() {
    let document = document().await;
    assert!(
        document["openapi"]
            .as_str()
            .is_some_and(|version| version.starts_with("3.1."))
    );
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
}

#[tokio::test]
async fn every_reference_leads_somewhere() {
    let document = document().await;
    walk(&document, &mut |value| {
        resolve(&document, value);
    });
}

#[tokio::test]
async fn every_component_is_used() {
    let document = document().await;
    let mut used = HashSet::new();
    walk(&document, &mut |value| {
        used.extend(value.get("$ref").and_then(Value::as_str).map(str::to_owned));
    });
    for kind in ["parameters", "headers", "responses", "schemas"] {
        for name in document["components"][kind]
            .as_object()
            .expect("components")
            .keys()
        {
            assert!(
                used.contains(&format!("#/components/{kind}/{name}")),
                "{kind}/{name} is not used"
            );
        }
    }
}

#[tokio::test]
async fn every_operation_has_a_name_a_summary_answers_and_an_example() {
    let document = document().await;
    let mut names = HashSet::new();
    for (place, operation) in operations(&document) {
        let name = operation
            .get("operationId")
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("{place}: no name"));
        assert!(names.insert(name), "{place}: {name} names another operation, too");
        assert!(
            operation.get("summary").is_some_and(Value::is_string),
            "{place}: no summary"
        );
        let responses = operation.get("responses").and_then(Value::as_object);
        let responses = responses.unwrap_or_else(|| panic!("{place}: no answers"));
        assert!(
            responses
                .keys()
                .any(|status| status.starts_with('2') || status.starts_with('3')),
            "{place}"
        );
        let in_answers = responses
            .values()
            .any(|response| has_example(resolve(&document, response).get("content")));
        let in_request = has_example(operation.get("requestBody").and_then(|body| body.get("content")));
        assert!(in_answers || in_request, "{place}: no example");
    }
}

#[tokio::test]
async fn every_example_of_a_request_fits_its_schema() {
    let document = document().await;
    for (place, operation) in operations(&document) {
        let Some(content) = operation
            .get("requestBody")
            .map(|body| &body["content"]["application/json"])
        else {
            continue;
        };
        let examples = content["examples"].as_object().into_iter().flatten();
        for (name, example) in examples {
            let fault = fault(&document, &content["schema"], &example["value"]);
            assert_eq!(fault, None, "{place}: {name}");
        }
    }
}

#[tokio::test]
async fn what_an_answer_gives_to_undo_it_fits_the_schema_of_requests() {
    let app = TestApp::start();
    app.import(&[message("p1", -30)]).await;
    let document = document().await;
    let alice = app.member("p1");
    for (change, schema) in [("read", "ReadChange"), ("done", "DoneChange")] {
        let put = alice
            .request(Method::PUT, &format!("/v3/p1/messages/-/{change}"))
            .header("Content-Type", "application/json");
        let answer = alice
            .send(put.body(json!({ (change): { "all": true } }).to_string()))
            .await;
        let undo = json!({ (change): { "undo": answer.json()[change]["undo"] } });
        let schema = &document["components"]["schemas"][schema];
        assert_eq!(fault(&document, schema, &undo), None, "{undo}");
    }
}

#[tokio::test]
async fn every_answer_with_a_body_says_what_is_in_it() {
    let document = document().await;
    for (place, operation) in operations(&document) {
        for (status, response) in operation["responses"].as_object().expect("answers") {
            let response = resolve(&document, response);
            assert!(
                response["description"].is_string(),
                "{place} {status}: no description"
            );
            let headers = response["headers"].as_object().expect("headers");
            assert!(
                headers.contains_key("X-OpenStack-Request-ID"),
                "{place} {status}: no request id"
            );
            let kinds = response
                .get("content")
                .and_then(Value::as_object)
                .into_iter()
                .flatten();
            for (kind, content) in kinds {
                assert!(
                    content["schema"].is_object(),
                    "{place} {status} {kind}: no schema"
                );
            }
        }
    }
}

#[tokio::test]
async fn every_operation_has_the_answers_of_what_each_request_passes_first() {
    let app = TestApp::start();
    let admin = app.admin("p1");
    let document = admin.get("/openapi.json").await.json();
    let parameters = "p=1&".repeat(201);
    for (place, operation) in operations(&document) {
        let (method, path) = place.split_once(' ').unwrap();
        let path = path.replace("{project_id}", "p1").replace("{id}", "x");
        let request = |query: &str| admin.request(method.parse().unwrap(), &format!("{path}?{query}"));
        for (request, status) in [
            (request("").header("Host", "elsewhere.example"), 403),
            (request("").header("Content-Encoding", "gzip"), 415),
            (request(&parameters), 400),
        ] {
            assert_eq!(admin.send(request).await.status, status, "{place}");
            let described = operation["responses"].get(status.to_string());
            assert!(described.is_some(), "{place} lacks {status}");
        }
        assert!(operation["responses"].get("413").is_some(), "{place}");
    }
}

#[tokio::test]
async fn nothing_unknown_may_be_recorded() {
    let document = document().await;
    let schemas = &document["components"]["schemas"];
    let codes = schemas["MessageDraft"]["anyOf"]
        .as_array()
        .expect("the catalog's alternatives");
    assert!(codes.iter().any(|form| {
        form["properties"]["event_id"]["enum"]
            .as_array()
            .is_some_and(|codes| codes.contains(&"VOLUME_000002".into()))
    }));
    for form in schemas["RecordRequest"]["oneOf"].as_array().expect("two forms") {
        assert_eq!(form["additionalProperties"], false);
    }
    assert_eq!(schemas["MessageDraft"]["additionalProperties"], false);
}

/// A list of messages, as every test of the suite gets it.
async fn assert_list(text: &str) {
    let answer = Answer {
        status: 200,
        headers: HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]),
        text: text.to_owned(),
    };
    assert_documented(&Method::GET, "/v3/p1/messages", &answer).await;
}

#[tokio::test]
async fn an_answer_of_the_documented_shape_passes() {
    assert_list(r#"{"messages": []}"#).await;
}

#[tokio::test]
#[should_panic(expected = "\"total\" is no member")]
async fn an_answer_with_an_extra_member_fails_the_test_that_gets_it() {
    assert_list(r#"{"messages": [], "total": 0}"#).await;
}

#[tokio::test]
#[should_panic(expected = "\"event_id\" is missing")]
async fn an_answer_without_a_member_fails_the_test_that_gets_it() {
    assert_list(r#"{"messages": [{"id": "01a1fcb8-192e-7220-bb69-0366958ff506"}]}"#).await;
}
