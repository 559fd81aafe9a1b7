//! The catalog's rules, applied to one notification. Pure: knows neither broker nor database.

use serde_json::Value;
use uuid::Uuid;

use super::keys::{self, Failure};
use crate::bus::Notification;
use crate::catalog::{Argument, Code, Kind, OwnerRule, Place, Resource, ResourceIds, Rule, Source};
use crate::message::{CheckedDraft, Draft, Parameters};
use crate::store::ingest::IngestKey;
use crate::telemetry::RequestId;

/// What a rule makes of a notification.
#[derive(Debug)]
pub struct RuleMatch {
    /// Where the rule stands, as `catalog/image.toml:97`.
    pub rule: &'static str,
    /// The message, but for whose it is.
    pub checked: CheckedDraft,
    /// What the notification says whose it is.
    pub project: Option<String>,
    /// What it is about.
    pub resource: Option<(&'static Resource, String)>,
    /// What all reports of the same failure share.
    pub failure: IngestKey,
    /// Whether that is a request and what it failed on, which nothing else has in common.
    pub is_of_request: bool,
}

/// Whose a resource is.
#[derive(Debug, PartialEq, Eq)]
pub struct Owned {
    /// The resource.
    pub resource: IngestKey,
    /// Its project.
    pub project: String,
}

/// What the first rule that applies makes of a notification, of those for its type and priority; nothing where it says so, or
/// where none applies.
pub fn message(
    rules: &[&'static Rule],
    notification: &Notification,
    is_project: impl Fn(&str) -> bool,
) -> Option<RuleMatch> {
    let source = RuleInput::of(notification);
    rules
        .iter()
        .filter(|rule| rule.events.hold(source.0))
        .find_map(|rule| Applied::to(rule, &source, &is_project))
        .and_then(|applied| applied.0)
}

/// What a notification tells of whose a resource is.
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

/// A rule that applies: with its message, or with none, if it says so.
struct Applied(Option<RuleMatch>);

impl Applied {
    /// None where an argument of the text is not there, so that the next rule has its turn.
    fn to(rule: &'static Rule, source: &RuleInput<'_>, is_project: impl Fn(&str) -> bool) -> Option<Self> {
        let Some(code) = rule.outcome.code(rule.resource_type, source.0) else {
            return Some(Self(None));
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
        Some(Self(Some(RuleMatch {
            rule: rule.place,
            failure: failure.key(),
            is_of_request: request.is_some() && resource.is_some(),
            checked,
            project: project.map(str::to_owned),
            resource,
        })))
    }
}

/// A notification as rules look at it.
struct RuleInput<'a>(Source<'a>);

impl<'a> RuleInput<'a> {
    fn of(notification: &'a Notification) -> Self {
        Self(Source {
            payload: &notification.payload,
            context: &notification.context,
        })
    }

    /// The text of the first place that has a fit one.
    fn text(&self, places: &[Place], is_fit: impl Fn(&str) -> bool) -> Option<&'a str> {
        let mut texts = places.iter().filter_map(|place| place.text(self.0));
        texts.find(|text| is_fit(text))
    }

    /// The resource that one of the places names, its UUID in canonical form.
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

    /// The arguments of a rule's text, still to be checked.
    fn arguments(&self, rule: &'static Rule, code: Code) -> Option<Parameters> {
        let mut found = Vec::with_capacity(rule.parameters.len());
        for (name, argument) in rule.parameters {
            let parameter = code.parameters().iter().find(|parameter| parameter.name == *name);
            // An exception may have led to a text that takes others.
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
