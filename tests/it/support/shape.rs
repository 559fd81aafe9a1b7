//! Holds the JSON answers of all tests against the `OpenAPI` document: a member that it does not name, or one that is missing,
//! fails the test.

use regex::Regex;
use reqwest::Method;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::{Answer, TestApp};

const DOCUMENT: &str = "/openapi.json";

static SHAPES: OnceCell<Value> = OnceCell::const_new();

/// Fails if the answer has another shape than the document says. What the document does not describe is not checked.
pub async fn assert_documented(method: &Method, path: &str, answer: &Answer) {
    let media_type = answer
        .header("content-type")
        .split(';')
        .next()
        .unwrap_or_default();
    if path == DOCUMENT || !media_type.ends_with("json") || answer.text.is_empty() {
        return;
    }
    let read = || async { Box::pin(TestApp::start().anonymous().get(DOCUMENT)).await.json() };
    let document = SHAPES.get_or_init(read).await;
    let Some(operation) = operation(document, method, path) else {
        return;
    };
    let response = resolve(document, &operation["responses"][answer.status.to_string()]);
    let Some(schema) = response.pointer(&format!("/content/{}/schema", media_type.replace('/', "~1"))) else {
        return;
    };
    if let Some(fault) = fault(document, schema, &answer.json()) {
        panic!(
            "{method} {path}: {fault}, unlike the document says: {}",
            answer.text
        );
    }
}

/// Returns the operation of the path with the most literal segments that matches.
fn operation<'a>(document: &'a Value, method: &Method, path: &str) -> Option<&'a Value> {
    let path = path.strip_suffix(".json").unwrap_or(path);
    let is_parameter = |segment: &str| segment.starts_with('{');
    let matches = |pattern: &str| {
        pattern.split('/').count() == path.split('/').count()
            && pattern
                .split('/')
                .zip(path.split('/'))
                .all(|(pattern, segment)| is_parameter(pattern) || pattern == segment)
    };
    let paths = document["paths"].as_object()?.iter();
    let (_, item) = paths
        .filter(|(pattern, _)| matches(pattern))
        .min_by_key(|(pattern, _)| pattern.split('/').filter(|segment| is_parameter(segment)).count())?;
    item.get(method.as_str().to_ascii_lowercase())
}

fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => resolve(document, document.pointer(&reference[1..]).unwrap()),
        None => value,
    }
}

/// Returns what is wrong with a text, if anything is.
fn text_fault(schema: &Value, text: &str) -> Option<String> {
    let most = schema["maxLength"].as_u64().unwrap_or(u64::MAX);
    if u64::try_from(text.chars().count()).unwrap() > most {
        return Some(format!("{text:?} is longer than {most}"));
    }
    let pattern = schema["pattern"].as_str()?;
    let fits = Regex::new(pattern).unwrap().is_match(text);
    (!fits).then(|| format!("{text:?} does not match {pattern}"))
}

/// Returns what is wrong with a value, if anything is: with the names of its members, or with the form of its texts.
pub fn fault(document: &Value, schema: &Value, value: &Value) -> Option<String> {
    let schema = resolve(document, schema);
    if let Some(kinds) = schema["oneOf"].as_array() {
        let mut faults = kinds.iter().map(|kind| fault(document, kind, value));
        let fits = faults.clone().any(|fault| fault.is_none());
        return if fits { None } else { faults.next().flatten() };
    }
    if let Some(elements) = value.as_array() {
        let mut faults = elements
            .iter()
            .map(|element| fault(document, &schema["items"], element));
        return faults.find_map(|fault| fault);
    }
    if let Some(text) = value.as_str() {
        return text_fault(schema, text);
    }
    let (members, known) = (value.as_object()?, schema["properties"].as_object()?);
    if schema["additionalProperties"] == false
        && let Some(name) = members.keys().find(|name| !known.contains_key(*name))
    {
        return Some(format!("{name:?} is no member"));
    }
    let mut required = schema["required"].as_array().into_iter().flatten();
    if let Some(name) = required.find(|name| !members.contains_key(name.as_str().unwrap())) {
        return Some(format!("{name} is missing"));
    }
    let mut known = known
        .iter()
        .filter_map(|(name, schema)| Some((schema, members.get(name)?)));
    known.find_map(|(schema, member)| fault(document, schema, member))
}
