//! JSON Schema of message drafts: the alternatives that the catalog of this build allows.
//!
//! Ids, resource types and parameters come from the catalog, including a site's own files.

use serde_json::{Value, json};

use crate::catalog::{self, Detail, Kind, Parameter, Resource, ResourceIds, Service};

/// A UUID in canonical form.
pub const UUID: &str = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";

/// Printable characters without control and format characters, at least one visible, without spaces at the ends. The
/// pattern ignores characters beyond U+FFFF, which half of all engines take for two, and the rule that no combining
/// mark comes first.
const NAME: &str = concat!(
    r"^(?!\s)(?![\s\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200c\u200d\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8]*$)",
    r"[^\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f",
    r"\ue000-\uf8ff\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff",
    r"]{1,255}(?<!\s)$",
);

/// The names of all resource types, and null for none.
pub fn resource_types() -> Vec<Value> {
    let names = catalog::services()
        .iter()
        .flat_map(|service| service.resources)
        .map(|resource| resource.name.into());
    names.chain([Value::Null]).collect()
}

/// The alternatives of a draft, for all services.
pub fn alternatives() -> Vec<Value> {
    catalog::services().iter().flat_map(of_service).collect()
}

fn of_service(service: &'static Service) -> Vec<Value> {
    let mut found = Vec::new();
    let plain: Vec<_> = service
        .messages
        .iter()
        .filter(|message| message.notice.parameters.is_empty())
        .collect();
    let codes: Vec<_> = plain.iter().map(|message| message.code).collect();
    let mut flat = vec![(format!("{} by id", service.name), codes, &[][..])];
    flat.extend(
        service
            .messages
            .iter()
            .filter(|message| !message.notice.parameters.is_empty())
            .map(|message| {
                (
                    format!("{} with parameters", message.code),
                    vec![message.code],
                    message.notice.parameters,
                )
            }),
    );
    for (title, codes, parameters) in flat.iter().filter(|(_, codes, _)| !codes.is_empty()) {
        for subject in subjects(service) {
            found.push(by_id(title, &json!({ "enum": codes }), parameters, &subject));
        }
    }
    for (details, parameters) in groups(service) {
        found.extend(
            service
                .resources
                .iter()
                .map(|resource| composed(service, resource, &details, parameters)),
        );
        found.extend(
            subjects(service)
                .iter()
                .skip(1)
                .map(|subject| by_action(service, subject, &details, parameters)),
        );
    }
    found
}

/// Details by their parameters: those without any together, each other one alone. Empty for a service without composed
/// ids.
fn groups(service: &'static Service) -> Vec<(Vec<&'static Detail>, &'static [Parameter])> {
    if service.actions.is_empty() || service.resources.is_empty() {
        return Vec::new();
    }
    let (plain, other): (Vec<_>, Vec<_>) = service
        .details
        .iter()
        .partition(|detail| detail.notice.parameters.is_empty());
    let other = other
        .into_iter()
        .map(|detail| (vec![detail], detail.notice.parameters));
    [(plain, &[][..])]
        .into_iter()
        .chain(other)
        .filter(|(details, _)| !details.is_empty())
        .collect()
}

/// What a message may be about: nothing, or a resource with its kind of id.
fn subjects(service: &Service) -> Vec<Subject> {
    let of = |ids: ResourceIds| {
        let types: Vec<_> = service
            .resources
            .iter()
            .filter(|resource| resource.ids == ids)
            .map(|r| r.name)
            .collect();
        (!types.is_empty()).then(|| Subject {
            types: json!({ "enum": types }),
            ids: id(ids),
            is_named: true,
        })
    };
    let nothing = Subject {
        types: absent(),
        ids: absent(),
        is_named: false,
    };
    [Some(nothing), of(ResourceIds::Uuid), of(ResourceIds::Name)]
        .into_iter()
        .flatten()
        .collect()
}

struct Subject {
    types: Value,
    ids: Value,
    is_named: bool,
}

fn by_id(title: &str, event_id: &Value, taken: &[Parameter], subject: &Subject) -> Value {
    let mut required = vec!["event_id"];
    required.extend(subject.is_named.then_some("resource_type"));
    required.extend((!taken.is_empty()).then_some("parameters"));
    json!({ "title": title, "required": required, "properties": {
        "event_id": event_id, "action": absent(), "detail": absent(), "exception": absent(),
        "resource_type": subject.types, "resource_uuid": subject.ids, "parameters": parameters(taken),
    }})
}

fn composed(service: &Service, resource: &Resource, details: &[&Detail], taken: &[Parameter]) -> Value {
    let actions: Vec<_> = service.actions.iter().map(|action| action.id).collect();
    let details: Vec<_> = details.iter().map(|detail| detail.id).collect();
    let pattern = format!(
        "^{}_({})_({})$",
        resource.code,
        actions.join("|"),
        details.join("|")
    );
    let event_id = json!({ "type": "string", "pattern": pattern });
    // The id implies the type.
    let subject = Subject {
        types: json!({ "enum": [resource.name, null] }),
        ids: id(resource.ids),
        is_named: false,
    };
    by_id(&format!("{} composed", resource.code), &event_id, taken, &subject)
}

fn by_action(service: &Service, subject: &Subject, details: &[&Detail], taken: &[Parameter]) -> Value {
    let actions: Vec<_> = service
        .actions
        .iter()
        .flat_map(|action| [action.id, action.name])
        .collect();
    let details = details
        .iter()
        .flat_map(|detail| [detail.id, detail.name])
        .map(Value::from);
    let mut required = vec!["action", "resource_type"];
    let (details, exception): (Vec<_>, _) = if taken.is_empty() {
        (
            details.chain([Value::Null]).collect(),
            json!({ "type": ["string", "null"] }),
        )
    } else {
        required.extend(["detail", "parameters"]);
        (details.collect(), absent())
    };
    json!({ "title": format!("{} by action", service.name), "required": required, "properties": {
        "event_id": absent(), "action": { "enum": actions }, "detail": { "enum": details }, "exception": exception,
        "resource_type": subject.types, "resource_uuid": subject.ids, "parameters": parameters(taken),
    }})
}

fn parameters(taken: &[Parameter]) -> Value {
    if taken.is_empty() {
        return json!({ "type": ["object", "null"], "maxProperties": 0 });
    }
    let names: Vec<_> = taken.iter().map(|parameter| parameter.name).collect();
    let kinds: serde_json::Map<_, _> = taken
        .iter()
        .map(|parameter| (parameter.name.to_owned(), kind(parameter.kind)))
        .collect();
    json!({ "type": "object", "required": names, "additionalProperties": false, "properties": kinds })
}

fn kind(kind: Kind) -> Value {
    match kind {
        Kind::Integer => json!({ "type": "integer", "minimum": i64::MIN, "maximum": i64::MAX }),
        Kind::Bytes => json!({ "type": "integer", "minimum": 0, "maximum": u64::MAX }),
        Kind::Uuid => json!({ "type": "string", "pattern": UUID }),
        Kind::Choice(choices) => {
            json!({ "enum": choices.iter().map(|choice| choice.value).collect::<Vec<_>>() })
        }
    }
}

fn id(ids: ResourceIds) -> Value {
    let pattern = match ids {
        ResourceIds::Uuid => UUID,
        ResourceIds::Name => NAME,
    };
    json!({ "type": ["string", "null"], "pattern": pattern })
}

fn absent() -> Value {
    json!({ "type": "null" })
}
