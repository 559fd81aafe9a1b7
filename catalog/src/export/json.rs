//! The catalog as JSON.

use serde::Serialize;

use crate::{
    Action, Detail, EventType, Field, Kind, Language, Message, Notice, Parameter, Resource, ResourceIds,
    Service, fingerprint, services,
};

#[derive(Serialize)]
struct Document {
    language: &'static str,
    fingerprint: &'static str,
    services: Vec<ServiceView>,
}

#[derive(Serialize)]
struct ServiceView {
    name: &'static str,
    prefix: &'static str,
    messages: Vec<NoticeView>,
    resources: Vec<ResourceView>,
    actions: Vec<ActionView>,
    details: Vec<NoticeView>,
    events: Vec<EventView>,
}

#[derive(Serialize)]
struct EventView {
    event_type: &'static str,
    description: &'static str,
    structured: Vec<&'static str>,
    text: Vec<&'static str>,
    id: Vec<&'static str>,
    forms: Vec<Vec<FieldView>>,
}

#[derive(Serialize)]
struct FieldView {
    name: &'static str,
    kinds: Vec<&'static str>,
    /// The allowed words of a choice.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values: Vec<&'static str>,
    optional: bool,
}

#[derive(Serialize)]
struct NoticeView {
    id: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    name: &'static str,
    text: &'static str,
    remedy: Option<&'static str>,
    level: &'static str,
    retryable: bool,
    ttl: Option<u32>,
    since: Option<&'static str>,
    retired: Option<&'static str>,
    parameters: Vec<ParameterView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exceptions: Option<&'static [&'static str]>,
}

#[derive(Serialize)]
struct ParameterView {
    name: &'static str,
    kind: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values: Vec<ChoiceView>,
}

#[derive(Serialize)]
struct ChoiceView {
    value: &'static str,
    text: &'static str,
}

#[derive(Serialize)]
struct ResourceView {
    name: &'static str,
    text: &'static str,
    ids: &'static str,
    since: Option<&'static str>,
    retired: Option<&'static str>,
}

#[derive(Serialize)]
struct ActionView {
    id: &'static str,
    name: &'static str,
    text: &'static str,
    since: Option<&'static str>,
    retired: Option<&'static str>,
}

/// Returns the catalog in one language as a JSON object with `language`, `fingerprint` and `services`.
pub fn json(language: Language) -> String {
    let view = |service: &'static Service| ServiceView {
        name: service.name,
        prefix: service.prefix,
        messages: service
            .messages
            .iter()
            .map(|message| message_view(message, language))
            .collect(),
        resources: service
            .resources
            .iter()
            .map(|resource| resource_view(resource, language))
            .collect(),
        actions: service
            .actions
            .iter()
            .map(|action| action_view(action, language))
            .collect(),
        details: service
            .details
            .iter()
            .map(|detail| detail_view(detail, language))
            .collect(),
        events: service
            .events
            .iter()
            .map(|event| event_view(event, language))
            .collect(),
    };
    let services = services().iter().map(view).collect();
    let document = Document {
        language: language.http_tag(),
        fingerprint: fingerprint(),
        services,
    };
    // Serialization cannot fail: all keys are strings and all numbers integers.
    serde_json::to_string(&document).unwrap_or_default()
}

fn message_view(message: &Message, language: Language) -> NoticeView {
    notice_view(
        message.id,
        Some(message.code),
        message.name,
        &message.notice,
        None,
        language,
    )
}

fn detail_view(detail: &Detail, language: Language) -> NoticeView {
    notice_view(
        detail.id,
        None,
        detail.name,
        &detail.notice,
        Some(detail.exceptions),
        language,
    )
}

fn notice_view(
    id: &'static str,
    code: Option<&'static str>,
    name: &'static str,
    notice: &Notice,
    exceptions: Option<&'static [&'static str]>,
    language: Language,
) -> NoticeView {
    NoticeView {
        id,
        code,
        name,
        text: notice.text.template(language),
        remedy: notice.remedy.as_ref().map(|remedy| remedy.template(language)),
        level: notice.level.as_str(),
        retryable: notice.retryable,
        ttl: notice.ttl,
        since: notice.since,
        retired: notice.retired,
        parameters: parameter_views(notice, language),
        exceptions,
    }
}

fn parameter_views(notice: &Notice, language: Language) -> Vec<ParameterView> {
    let values = |kind: Kind| match kind {
        Kind::Choice(choices) => choices
            .iter()
            .map(|choice| ChoiceView {
                value: choice.value,
                text: choice.text(language),
            })
            .collect(),
        Kind::Integer | Kind::Bytes | Kind::Uuid => Vec::new(),
    };
    let view = |parameter: &Parameter| ParameterView {
        name: parameter.name,
        kind: parameter.kind.as_str(),
        values: values(parameter.kind),
    };
    notice.parameters.iter().map(view).collect()
}

fn event_view(event: &EventType, language: Language) -> EventView {
    let field = |field: &Field| FieldView {
        name: field.name,
        kinds: field.kinds.iter().map(|kind| kind.as_str()).collect(),
        values: field
            .kinds
            .iter()
            .flat_map(|kind| kind.values())
            .copied()
            .collect(),
        optional: field.optional,
    };
    let form = |form: &&[Field]| form.iter().map(field).collect();
    EventView {
        event_type: event.name,
        description: event.description(language),
        structured: EventType::priorities(event.structured),
        text: EventType::priorities(event.text),
        id: EventType::priorities(event.id),
        forms: event.forms.iter().map(form).collect(),
    }
}

fn resource_view(resource: &Resource, language: Language) -> ResourceView {
    ResourceView {
        name: resource.name,
        text: resource.text(language),
        ids: match resource.ids {
            ResourceIds::Uuid => "uuid",
            ResourceIds::Name => "name",
        },
        since: resource.since,
        retired: resource.retired,
    }
}

fn action_view(action: &Action, language: Language) -> ActionView {
    ActionView {
        id: action.id,
        name: action.name,
        text: action.text(language),
        since: action.since,
        retired: action.retired,
    }
}
