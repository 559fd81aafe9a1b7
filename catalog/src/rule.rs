//! The compiled `[rules]`: which notifications become messages, and how.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::code::Code;
use super::definition::{Action, Detail, Message, Resource};

/// A rule that turns a notification into a message, or suppresses it.
#[derive(Debug)]
pub struct Rule {
    /// Its position in the source: `catalog/image.toml:97`.
    pub place: &'static str,
    /// The notifications it applies to.
    pub events: Events,
    /// What it does with them.
    pub outcome: Outcome,
    /// The type of the message's resource.
    pub resource_type: Option<&'static Resource>,
    /// Places of the resource's id; the first that holds one counts, here and below.
    pub resource: &'static [Place],
    /// Places of the id of the project that may read the message.
    pub project: &'static [Place],
    /// Places of the id of the request that caused it.
    pub request: &'static [Place],
    /// The arguments of the text, by name.
    pub parameters: &'static [(&'static str, Argument)],
}

/// A rule that reads the owner of a resource.
#[derive(Debug)]
pub struct OwnerRule {
    /// The notifications it applies to.
    pub events: Events,
    /// The type of the resource.
    pub resource_type: &'static Resource,
    /// Places of the resource's id.
    pub resource: &'static [Place],
    /// Places of the project's id.
    pub project: &'static [Place],
}

/// Selects notifications.
#[derive(Debug)]
pub struct Events {
    /// Patterns of event types, one of which must match.
    pub types: &'static [Glob],
    /// Priorities in upper case; empty for all.
    pub priorities: &'static [&'static str],
    /// Conditions, all of which must hold.
    pub conditions: &'static [Condition],
}

/// A condition on the value at a place.
#[derive(Debug)]
pub struct Condition {
    /// The place.
    pub place: Place,
    /// Patterns in lower case, one of which must match; the value's case is ignored.
    pub patterns: &'static [Glob],
}

/// A pattern for a whole text, split at each `*`, which matches any run of characters, including none.
#[derive(Debug)]
pub struct Glob(pub &'static [&'static str]);

/// What a rule does with a notification.
#[derive(Debug)]
pub enum Outcome {
    /// A message with a flat code.
    Message(&'static Message),
    /// A message with a composed code.
    Composed {
        /// What was attempted.
        action: &'static Action,
        /// The outcome, unless the exception is more specific.
        detail: &'static Detail,
        /// Places of the name of an exception that the catalog may know.
        exception: &'static [Place],
    },
    /// No message, and no later rule is tried.
    Ignore,
}

/// The source of an argument.
#[derive(Debug)]
pub enum Argument {
    /// A fixed choice.
    Choice(&'static str),
    /// Read from the notification.
    Found(&'static [Place]),
}

/// A place in a notification. Its value is never shown: it is compared, or parsed as an id, a number or a name that the
/// catalog knows.
#[derive(Debug)]
pub struct Place {
    /// The keys of the path; the first is `payload` or `context`.
    pub path: &'static [&'static str],
    /// If not empty, the value is the UUID right after whichever of these strings occurs first in the text.
    pub after: &'static [&'static str],
}

/// The parts of a notification that places refer to.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The payload of the event.
    pub payload: &'a Value,
    /// The request context, without the prefix of its keys.
    pub context: &'a Map<String, Value>,
}

impl Events {
    /// Whether the type and priority match. Like oslo.messaging, ignores the priority's case.
    pub fn are(&self, event_type: &str, priority: &str) -> bool {
        let is_priority = |known: &&str| known.eq_ignore_ascii_case(priority);
        (self.priorities.is_empty() || self.priorities.iter().any(is_priority))
            && self.types.iter().any(|pattern| pattern.fits(event_type))
    }

    /// Whether all conditions hold.
    pub fn hold(&self, source: Source<'_>) -> bool {
        self.conditions.iter().all(|condition| condition.holds(source))
    }
}

impl Condition {
    fn holds(&self, source: Source<'_>) -> bool {
        let fits_one = |text: &str| {
            let text = text.to_ascii_lowercase();
            self.patterns.iter().any(|pattern| pattern.fits(&text))
        };
        match self.place.find(source) {
            Some(Value::String(text)) => fits_one(text),
            Some(other @ (Value::Number(_) | Value::Bool(_))) => fits_one(&other.to_string()),
            _ => false,
        }
    }
}

impl Place {
    /// Returns the value at this place unless it is null.
    pub fn find<'a>(&self, source: Source<'a>) -> Option<&'a Value> {
        let (mut value, keys) = match self.path {
            ["payload", keys @ ..] => (source.payload, keys),
            [_, name, keys @ ..] => (source.context.get(*name)?, keys),
            _ => return None,
        };
        for key in keys {
            value = match value {
                Value::Object(members) => members.get(*key)?,
                Value::Array(items) => items.get(key.parse::<usize>().ok()?)?,
                _ => return None,
            };
        }
        (!value.is_null()).then_some(value)
    }

    /// Returns the text at this place, or the UUID in it.
    pub fn text<'a>(&self, source: Source<'a>) -> Option<&'a str> {
        let text = self.find(source)?.as_str()?;
        if self.after.is_empty() {
            return Some(text);
        }
        let behind = |mark: &&str| text.find(*mark).map(|at| (at, at + mark.len()));
        // Text further on may come from elsewhere, such as the wording of an exception.
        let (_, begin) = self.after.iter().filter_map(behind).min()?;
        let id = text.get(begin..begin + UUID_LENGTH)?;
        Uuid::try_parse(id).ok().map(|_| id)
    }
}

/// The length of a UUID with hyphens, in bytes.
const UUID_LENGTH: usize = 36;

impl Outcome {
    /// Yields the places that the argument is read from.
    pub fn places(&self) -> impl Iterator<Item = &'static [Place]> {
        let places = match self {
            Self::Composed { exception, .. } => Some(*exception),
            Self::Message(_) | Self::Ignore => None,
        };
        places.into_iter()
    }

    /// Returns the code of the message; `None` if the rule suppresses it.
    pub fn code(&self, resource_type: Option<&'static Resource>, source: Source<'_>) -> Option<Code> {
        match self {
            Self::Ignore => None,
            Self::Message(message) => Some(Code::Flat(message)),
            Self::Composed {
                action,
                detail,
                exception,
            } => {
                let name = exception.iter().find_map(|place| place.text(source));
                let mapped = name.and_then(|name| action.service().detail_for_exception(name));
                Code::compose(resource_type?, action, mapped.unwrap_or(detail))
            }
        }
    }
}

impl Glob {
    /// Whether the pattern matches the whole text.
    pub fn fits(&self, text: &str) -> bool {
        let (head, middle, tail) = match self.0 {
            [head, middle @ .., tail] => (head, middle, tail),
            [whole] => return *whole == text,
            [] => return false,
        };
        let Some(mut rest) = text.strip_prefix(head) else {
            return false;
        };
        for part in middle {
            // The earliest match leaves the most text for the remaining parts.
            let Some(at) = rest.find(part) else { return false };
            rest = rest.get(at + part.len()..).unwrap_or_default();
        }
        rest.ends_with(tail)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn fits(pattern: &str, text: &str) -> bool {
        let parts: Vec<&'static str> = pattern
            .split('*')
            .map(|part| &*Box::leak(Box::<str>::from(part)))
            .collect();
        Glob(Box::leak(parts.into_boxed_slice())).fits(text)
    }

    #[test]
    fn a_star_is_any_run_of_characters() {
        for (pattern, text) in [
            ("a", "a"),
            ("*", ""),
            ("volume.*.error", "volume.create.error"),
            ("volume.*.error", "volume.a.b.error"),
            ("*no space*", "there is no space left"),
            ("a*b*c", "abbbc"),
            ("a*aa", "aaaa"),
            ("a**a", "aa"),
        ] {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("a", "ab"),
            ("", "a"),
            ("volume.*.error", "volume.error"),
            ("volume.*", "xvolume.a"),
            ("a*a", "a"),
            ("a*b*c", "acb"),
        ] {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn a_place_is_found_by_its_keys() {
        let payload = json!({"nova_object.data": {"uuid": "u"}, "ids": ["a", "b"], "none": null});
        let context = json!({"project_id": "p"});
        let source = Source {
            payload: &payload,
            context: context.as_object().unwrap(),
        };
        let text = |path| Place { path, after: &[] }.text(source);
        assert_eq!(text(&["payload", "nova_object.data", "uuid"]), Some("u"));
        assert_eq!(text(&["payload", "ids", "1"]), Some("b"));
        assert_eq!(text(&["context", "project_id"]), Some("p"));
        for path in [
            &["payload", "none"][..],
            &["payload", "uuid"],
            &["payload", "ids", "2"],
            &["payload"],
        ] {
            let place = Place {
                path: Box::leak(path.to_vec().into_boxed_slice()),
                after: &[],
            };
            assert_eq!(place.text(source), None, "{path:?}");
        }
    }

    #[test]
    fn an_id_stands_right_behind_its_mark() {
        let id = "074671d5-82da-4c63-ac7f-2629c14218ad";
        let find = |text: &str| {
            let payload = json!(text);
            let source = Source {
                payload: &payload,
                context: &Map::new(),
            };
            let place = Place {
                path: &["payload"],
                after: &["for image ", "Image "],
            };
            place.text(source).map(str::to_owned)
        };
        assert_eq!(
            find(&format!("Failed for image {id} due to")),
            Some(id.to_owned())
        );
        assert_eq!(find(&format!("Image {id}")), Some(id.to_owned()));
        let upper = id.to_uppercase();
        assert_eq!(find(&format!("Image {upper} could not")), Some(upper));
        let other = "5e6a3d6e-5a0e-4b0e-8a52-0d2a51b4c1a7";
        assert_eq!(
            find(&format!("Image {id}: no space for image {other}")),
            Some(id.to_owned())
        );
        assert_eq!(find(&format!("for image x {id}")), None);
        assert_eq!(find("for image 074671d5-82da-4c63-ac7f-2629c142é18ad"), None);
        assert_eq!(find(id), None);
    }

    proptest! {
        #[test]
        fn fits_agrees_with_a_regular_expression(pattern in "[ab*]{0,8}", text in "[ab]{0,10}") {
            let regex = regex::Regex::new(&format!("^{}$", pattern.replace('*', ".*"))).unwrap();
            prop_assert_eq!(fits(&pattern, &text), regex.is_match(&text));
        }
    }
}
