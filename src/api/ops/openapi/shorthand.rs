//! What the parts of the document abbreviate: errors and headers are lists of components, and an example that several
//! operations share is a `$sample`.

use serde_json::{Map, Value, json};

/// The components of errors. Those of services that answer in their own way begin with `Ha` or `Share`.
const ERRORS: [(&str, &str); 15] = [
    ("NotModified", "304"),
    ("CatalogNotModified", "304"),
    ("BadRequest", "400"),
    ("Unauthorized", "401"),
    ("Forbidden", "403"),
    ("NotFound", "404"),
    ("NotAcceptable", "406"),
    ("Timeout", "408"),
    ("Conflict", "409"),
    ("TooLarge", "413"),
    ("UnsupportedMediaType", "415"),
    ("Unprocessable", "422"),
    ("TooMany", "429"),
    ("OverQuota", "429"),
    ("Unavailable", "503"),
];

/// What the components of one service may begin with.
const PREFIXES: [&str; 2] = ["Ha", "Share"];

/// The components of headers.
const HEADERS: [(&str, &str); 9] = [
    ("RequestId", "X-OpenStack-Request-ID"),
    ("ComputeRequestId", "X-Compute-Request-ID"),
    ("ApiVersion", "OpenStack-API-Version"),
    ("ManilaApiVersion", "X-OpenStack-Manila-API-Version"),
    ("Vary", "Vary"),
    ("CacheControl", "Cache-Control"),
    ("ContentLanguage", "Content-Language"),
    ("ETag", "ETag"),
    ("Location", "Location"),
];

/// Writes everything out in full.
///
/// # Errors
/// The name that is unknown.
pub fn expand(value: &mut Value, samples: &Map<String, Value>) -> Result<(), String> {
    if let Some(name) = value.get("$sample").and_then(Value::as_str) {
        let sample = samples.get(name).ok_or_else(|| format!("the sample {name}"))?;
        *value = sample.clone();
    }
    match value {
        Value::Object(members) => {
            if let Some(Value::Array(errors)) = members.remove("errors") {
                members.append(&mut written_out("responses", &ERRORS, &errors)?);
            }
            if let Some(Value::Array(headers)) = members.get("headers") {
                let headers = written_out("headers", &HEADERS, headers)?;
                members.insert("headers".to_owned(), headers.into());
            }
            members
                .values_mut()
                .try_for_each(|member| expand(member, samples))
        }
        Value::Array(elements) => elements
            .iter_mut()
            .try_for_each(|element| expand(element, samples)),
        _ => Ok(()),
    }
}

/// Returns references to these components, under the names that the document has them by.
fn written_out(
    kind: &str,
    known: &[(&str, &str)],
    components: &[Value],
) -> Result<Map<String, Value>, String> {
    let references = components.iter().map(|component| {
        let component = component.as_str().unwrap_or_default();
        let own = PREFIXES.iter().find_map(|prefix| component.strip_prefix(prefix));
        let plain = own.unwrap_or(component);
        let (_, name) = known
            .iter()
            .find(|(known, _)| *known == plain)
            .ok_or_else(|| format!("the name of {kind}/{component}"))?;
        let reference = json!({ "$ref": format!("#/components/{kind}/{component}") });
        Ok(((*name).to_owned(), reference))
    });
    references.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_headers_and_samples_are_written_out() {
        let samples = json!({ "Outer": { "inner": { "$sample": "Inner" } }, "Inner": 1 });
        let samples = samples.as_object().unwrap();
        let mut value = json!({ "responses": {
            "200": { "headers": ["RequestId", "HaApiVersion"], "examples": [{ "$sample": "Outer" }] },
            "errors": ["NotFound", "HaConflict"],
        }});
        expand(&mut value, samples).unwrap();
        let reference = |place: &str| json!({ "$ref": format!("#/components/{place}") });
        let want = json!({ "responses": {
            "200": {
                "headers": {
                    "X-OpenStack-Request-ID": reference("headers/RequestId"),
                    "OpenStack-API-Version": reference("headers/HaApiVersion"),
                },
                "examples": [{ "inner": 1 }],
            },
            "404": reference("responses/NotFound"),
            "409": reference("responses/HaConflict"),
        }});
        assert_eq!(value, want);
        for unknown in [
            json!({ "errors": ["Teapot"] }),
            json!({ "headers": ["Age"] }),
            json!([{ "$sample": "None" }]),
        ] {
            assert!(expand(&mut unknown.clone(), samples).is_err(), "{unknown}");
        }
    }
}
