//! Applies the catalog's rules to one notification. Pure: no broker and no database.

use serde_json::Value;
use uuid::Uuid;

use super::keys::{self, Failure};
use crate::bus::Notification;
use crate::catalog::{Argument, Code, Kind, OwnerRule, Place, Resource, ResourceIds, Rule, Source};
use crate::message::{CheckedDraft, Draft, Parameters};
use crate::store::ingest::IngestKey;
use crate::telemetry::RequestId;

/// The result of a matching rule.
#[derive(Debug)]
pub struct RuleMatch {
    /// The rule's position, such as `catalog/image.toml:97`.
    pub rule: &'static str,
    /// The message, without its project.
    pub checked: CheckedDraft,
    /// The project that the notification names.
    pub project: Option<String>,
    /// The resource that it is about.
    pub resource: Option<(&'static Resource, String)>,
    /// The key that all reports of the same failure share.
    pub failure: IngestKey,
    /// Whether the key derives from a request and its resource, which identify the failure on their own.
    pub is_of_request: bool,
}

/// A resource and its owner.
#[derive(Debug, PartialEq, Eq)]
pub struct Owned {
    /// The resource.
    pub resource: IngestKey,
    /// Its project.
    pub project: String,
}

/// What rules say of a notification.
#[derive(Debug)]
pub enum Outcome {
    /// No rule matches.
    Unmatched,
    /// The first rule that matches suppresses the message.
    Suppressed,
    /// The first rule that matches makes a message.
    Matched(Box<RuleMatch>),
}

/// Returns what the first matching rule says among those for the notification's type and priority.
pub fn message(
    rules: &[&'static Rule],
    notification: &Notification,
    is_project: impl Fn(&str) -> bool,
) -> Outcome {
    let source = RuleInput::of(notification);
    rules
        .iter()
        .filter(|rule| rule.events.hold(source.0))
        .find_map(|rule| apply(rule, &source, &is_project))
        .unwrap_or(Outcome::Unmatched)
}

/// Returns the owner that a notification reveals.
pub fn owner(
    rules: &[&'static OwnerRule],
    notification: &Notification,
    is_project: impl Fn(&str) -> bool,
) -> Option<Owned> {
    let source = RuleInput::of(notification);
    rules.iter().find_map(|rule| {
        let applies = rule.events.hold(source.0);
        let (_, id) = source
            .resource(rule.resource_type, rule.resource)
            .filter(|_| applies)?;
        Some(Owned {
            resource: keys::resource(rule.resource_type, &id)?,
            project: source.text(rule.project, &is_project)?.to_owned(),
        })
    })
}

/// Returns what a rule says; `None` if an argument of the text is missing, so that the next rule is tried.
fn apply(rule: &'static Rule, source: &RuleInput<'_>, is_project: impl Fn(&str) -> bool) -> Option<Outcome> {
    let Some(code) = rule.outcome.code(rule.resource_type, source.0) else {
        return Some(Outcome::Suppressed);
    };
    let resource = rule
        .resource_type
        .and_then(|kind| source.resource(kind, rule.resource));
    let is_request = |text: &str| RequestId::parse_global(text).is_some();
    let request = source.text(rule.request, is_request);
    let project = source.text(rule.project, is_project);
    let checked = Draft {
        event_id: Some(code.to_string()),
        resource_type: rule.resource_type.map(|resource| resource.name.to_owned()),
        resource_uuid: resource.as_ref().map(|(_, id)| id.clone()),
        request_id: request.map(str::to_owned),
        parameters: source.arguments(rule, code)?,
        ..Draft::default()
    };
    let checked = checked.check().ok()?;
    let parameters = checked.parameters();
    let failure = Failure {
        code,
        level: code.level(),
        resource: resource.as_ref().map(|(kind, id)| (*kind, id.as_str())),
        project,
        request,
        parameters: parameters.as_deref(),
    };
    Some(Outcome::Matched(Box::new(RuleMatch {
        rule: rule.place,
        failure: failure.key(),
        is_of_request: request.is_some() && resource.is_some(),
        checked,
        project: project.map(str::to_owned),
        resource,
    })))
}

/// A notification as the input of rules.
struct RuleInput<'a>(Source<'a>);

impl<'a> RuleInput<'a> {
    fn of(notification: &'a Notification) -> Self {
        Self(Source {
            payload: &notification.payload,
            context: &notification.context,
        })
    }

    /// Returns the text at the first place that holds a valid one.
    fn text(&self, places: &[Place], is_fit: impl Fn(&str) -> bool) -> Option<&'a str> {
        let mut texts = places.iter().filter_map(|place| place.text(self.0));
        texts.find(|text| is_fit(text))
    }

    /// Returns the resource at one of the places, with its UUID in canonical form.
    fn resource(&self, kind: &'static Resource, places: &[Place]) -> Option<(&'static Resource, String)> {
        let mut texts = places.iter().filter_map(|place| place.text(self.0));
        let id = match kind.ids {
            ResourceIds::Uuid => texts
                .find_map(|text| Uuid::try_parse(text).ok())
                .map(|id| id.to_string()),
            ResourceIds::Name => texts.next().map(str::to_owned),
        };
        id.map(|id| (kind, id))
    }

    /// Returns the arguments for a rule's text, still to be checked.
    fn arguments(&self, rule: &'static Rule, code: Code) -> Option<Parameters> {
        let mut found = Vec::with_capacity(rule.parameters.len());
        for (name, argument) in rule.parameters {
            let parameter = code.parameters().iter().find(|parameter| parameter.name == *name);
            // An exception may have selected a text with other parameters.
            let Some(parameter) = parameter else { continue };
            let value = match argument {
                Argument::Choice(word) => Value::from(*word),
                Argument::Found(places) => places.iter().find_map(|place| place.find(self.0))?.clone(),
            };
            let id = value.as_str().and_then(|text| Uuid::try_parse(text).ok());
            let value = match (parameter.kind, id) {
                (Kind::Uuid, Some(id)) => Value::from(id.to_string()),
                _ => value,
            };
            found.push(((*name).to_owned(), value));
        }
        Some(Parameters(found))
    }
}
