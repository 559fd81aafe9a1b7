//! What a client decides about a listener.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::event_types;
use super::fields::{Fields, ListenerFault, whole};
use super::format::Format;
use super::notifier::{Kind, Notifier};
use super::retry::RetrySchedule;
use crate::catalog::Language;

/// The most event types and globs of one listener.
const MOST_TYPES: usize = 100;

/// The settings of a listener, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// A name that is unique among the listeners of its project, if the client chose one.
    pub name: Option<String>,
    /// A description for people.
    pub description: Option<String>,
    /// Whether it gets events.
    pub is_enabled: bool,
    /// How they are delivered.
    pub notifier: Notifier,
    /// The configuration of the notifier as the client gave it, with its secrets.
    pub(super) config: Config,
    /// The event types as the client gave them: names, `*`, and globs such as `repo.*`.
    pub event_types: Vec<String>,
    /// The form of the body.
    pub format: Format,
    /// The language of texts for people.
    pub language: Language,
    /// Whether events of one resource are delivered in order.
    pub is_ordered: bool,
    /// For how long e-mails are gathered into one after the first.
    pub digest: Option<Duration>,
    /// When failed deliveries are tried again.
    pub retry: RetrySchedule,
}

/// A notifier's configuration. `Debug` shows only its keys, as some values are secrets.
#[derive(Clone, PartialEq)]
pub struct Config(pub(super) Map<String, Value>);

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Settings {
    /// Checks the settings as a client sends them: an object of the API's fields, without `scope`, which the caller has read.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn check(members: &Map<String, Value>, is_cloud: bool) -> Result<Self, Vec<ListenerFault>> {
        Self::parse(members, is_cloud, true)
    }

    /// Reads settings that were checked when they were stored. The catalog may have lost some of their event types since.
    pub(super) fn read(members: &Map<String, Value>, is_cloud: bool) -> Result<Self, Vec<ListenerFault>> {
        Self::parse(members, is_cloud, false)
    }

    fn parse(members: &Map<String, Value>, is_cloud: bool, is_new: bool) -> Result<Self, Vec<ListenerFault>> {
        let mut fields = Fields::new(members, "");
        let name = fields.line("name", 255).map(str::to_owned);
        let description = fields.text("description", 1024).map(str::to_owned);
        let is_enabled = fields.flag("enabled").unwrap_or(true);
        let kind = kind(&mut fields);
        let config = config(&mut fields);
        let event_types = types(&mut fields, is_new);
        let format = one_of(
            &mut fields,
            "format",
            Format::from_name,
            &Format::ALL.map(Format::name),
        );
        let language = one_of(
            &mut fields,
            "language",
            language,
            &Language::ALL.map(Language::tag),
        );
        let order = one_of(&mut fields, "order", order, &["none", "resource"]);
        let digest = digest(&mut fields, kind);
        let retry = retry(&mut fields);
        let notifier = kind.map(|kind| Notifier::check(kind, &config, is_cloud));
        let mut faults = fields.finish();
        if let Some(Err(found)) = &notifier {
            faults.extend(found.iter().cloned());
        }
        match notifier {
            Some(Ok(notifier)) if faults.is_empty() => Ok(Self {
                config: Config(normalized(config, &notifier)),
                name,
                description,
                is_enabled,
                notifier,
                event_types,
                format: format.unwrap_or_default(),
                language: language.unwrap_or_default(),
                is_ordered: order.unwrap_or(false),
                digest,
                retry: retry.unwrap_or_default(),
            }),
            _ => Err(faults),
        }
    }

    /// Returns the settings as a client would send them, with the secrets.
    pub fn to_members(&self) -> Map<String, Value> {
        let mut members = self.visible();
        members.insert("notifier_config".to_owned(), self.config.0.clone().into());
        members
    }

    /// Returns the settings for an answer: each secret is `*****`.
    pub fn visible(&self) -> Map<String, Value> {
        let kind = self.notifier.kind();
        let mut config = self.config.0.clone();
        config.remove("previous_secrets");
        for secret in kind.secrets() {
            match config.get_mut(*secret) {
                Some(Value::Object(members)) => members.values_mut().for_each(|value| *value = MASK.into()),
                Some(value) => *value = MASK.into(),
                None => {}
            }
        }
        let members = json!({
            "name": self.name,
            "description": self.description,
            "enabled": self.is_enabled,
            "notifier_type": kind.name(),
            "notifier_config": config,
            "event_types": self.event_types,
            "format": self.format.name(),
            "language": self.language.tag(),
            "order": if self.is_ordered { "resource" } else { "none" },
            "digest": self.digest.map(|digest| digest.as_secs()),
            "retry": self.retry.seconds(),
        });
        match members {
            Value::Object(members) => members,
            _ => Map::new(),
        }
    }
}

/// The mask of a secret in answers.
pub const MASK: &str = "*****";

fn kind(fields: &mut Fields<'_>) -> Option<Kind> {
    fields.require("notifier_type");
    one_of(
        fields,
        "notifier_type",
        Kind::from_name,
        &Kind::ALL.map(Kind::name),
    )
}

fn config(fields: &mut Fields<'_>) -> Map<String, Value> {
    match fields.value("notifier_config") {
        None => Map::new(),
        Some(Value::Object(config)) => config
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
        Some(_) => {
            fields.fault("notifier_config", "must be an object");
            Map::new()
        }
    }
}

/// Normalizes values that a client may spell in several ways.
fn normalized(mut config: Map<String, Value>, notifier: &Notifier) -> Map<String, Value> {
    if let Notifier::Http(http) = notifier {
        config.insert("url".to_owned(), http.url.as_str().into());
    }
    config
}

fn types(fields: &mut Fields<'_>, is_new: bool) -> Vec<String> {
    fields.require("event_types");
    let types = fields.texts("event_types", MOST_TYPES, 255).unwrap_or_default();
    for pattern in types.iter().filter(|_| is_new) {
        if let Err(reason) = event_types::expand(pattern) {
            fields.fault("event_types", &format!("{pattern:?} {reason}"));
        }
    }
    types.into_iter().map(str::to_owned).collect()
}

/// Reads one of several words.
fn one_of<T>(
    fields: &mut Fields<'_>,
    name: &'static str,
    parse: impl Fn(&str) -> Option<T>,
    words: &[&str],
) -> Option<T> {
    let word = fields.value(name)?;
    let parsed = word.as_str().and_then(parse);
    if parsed.is_none() {
        fields.fault(name, &format!("must be one of {}", words.join(", ")));
    }
    parsed
}

fn language(tag: &str) -> Option<Language> {
    Language::ALL.into_iter().find(|language| language.tag() == tag)
}

fn order(word: &str) -> Option<bool> {
    match word {
        "none" => Some(false),
        "resource" => Some(true),
        _ => None,
    }
}

/// Seconds, or a text such as `15m`.
fn digest(fields: &mut Fields<'_>, kind: Option<Kind>) -> Option<Duration> {
    let value = fields.value("digest")?;
    let seconds = match value {
        Value::String(text) => seconds(text),
        other => whole(other),
    };
    if kind.is_some_and(|kind| kind != Kind::Email) {
        fields.fault("digest", "is for the notifier email only");
    }
    let seconds = seconds.filter(|seconds| (60..=86_400).contains(seconds));
    if seconds.is_none() {
        fields.fault(
            "digest",
            "must be 60 to 86400 seconds, or a text such as 15m or 2h",
        );
    }
    seconds.map(Duration::from_secs)
}

fn seconds(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

fn retry(fields: &mut Fields<'_>) -> Option<RetrySchedule> {
    let waits = fields.value("retry")?.as_array().map(|waits| {
        let seconds = waits.iter().map(|wait| u32::try_from(whole(wait)?).ok());
        seconds.collect::<Option<Vec<u32>>>()
    });
    match waits.flatten().map(RetrySchedule::new) {
        Some(Ok(schedule)) => return Some(schedule),
        Some(Err(reason)) => fields.fault("retry", &reason),
        None => fields.fault("retry", "must be a list of whole seconds"),
    }
    None
}
