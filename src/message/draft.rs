//! A message as a service sends it, and its validation, which admits only what the catalog knows.

use std::fmt;

use serde::Deserialize;

use super::checked::CheckedDraft;
use super::parameters::Parameters;
use crate::brief::{self, brief};
use crate::catalog::{self, Arguments, Code, Level, ResourceIds};
use crate::legible::is_legible;
use crate::spelling;

/// The longest id, in characters: the width of block storage's columns.
pub const LONGEST: usize = 255;

/// A message as sent, unchecked: `event_id`, or `action` with `detail` or `exception`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// A code, flat or composed.
    pub event_id: Option<String>,
    /// Id or name of an action of the resource type's service.
    pub action: Option<String>,
    /// Id or name of a detail of the resource type's service.
    pub detail: Option<String>,
    /// Name of the exception that was raised; if the catalog maps it, it wins over `detail`.
    pub exception: Option<String>,
    /// A resource type such as `VOLUME_SNAPSHOT`; required with `action`.
    pub resource_type: Option<String>,
    /// The resource's id; a UUID unless the catalog says that such resources have names.
    pub resource_uuid: Option<String>,
    /// `req-` and a UUID.
    pub request_id: Option<String>,
    /// Overrides the catalog's level.
    pub message_level: Option<String>,
    /// The arguments of the text, by name.
    #[serde(default)]
    pub parameters: Parameters,
}

/// A fault in one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftFault {
    /// The field's name, such as `resource_uuid` or `parameters.size`.
    pub field: String,
    /// What is wrong, worded to follow the name.
    pub reason: String,
}

impl fmt::Display for DraftFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.reason)
    }
}

impl Draft {
    /// Validates the draft against the catalog.
    ///
    /// # Errors
    /// Lists every fault with its field, not just the first.
    pub fn check(&self) -> Result<CheckedDraft, Vec<DraftFault>> {
        self.check_with(true)
    }

    /// Like [`Draft::check`]; suggests names only if the answer will show them, since finding one is the slowest part.
    ///
    /// # Errors
    /// As [`Draft::check`].
    pub fn check_with(&self, suggests: bool) -> Result<CheckedDraft, Vec<DraftFault>> {
        let mut faults = DraftFaults {
            found: Vec::new(),
            suggests,
        };
        let code = self.code(&mut faults);
        let resource_type = self.resource_type(code, &mut faults);
        self.check_resource_uuid(resource_type, &mut faults);
        if let Some(id) = &self.request_id
            && !is_request_id(id)
        {
            faults.add("request_id", "must be req- followed by a UUID in lower case");
        }
        let level = self.message_level.as_deref().and_then(|word| {
            let level = Level::parse(word);
            if level.is_none() {
                faults.add("message_level", "must be one of ERROR, WARNING, INFO");
            }
            level
        });
        let arguments = code.and_then(|code| self.arguments(code, &mut faults));
        match (code, arguments) {
            (Some(code), Some(arguments)) if faults.found.is_empty() => Ok(CheckedDraft {
                code,
                level: level.unwrap_or_else(|| code.level()),
                resource_type: resource_type.map(str::to_owned),
                resource_uuid: self.resource_uuid.clone(),
                request_id: self.request_id.clone(),
                arguments,
            }),
            _ => Err(faults.found),
        }
    }

    fn code(&self, faults: &mut DraftFaults) -> Option<Code> {
        match (&self.event_id, &self.action) {
            (Some(id), None) => {
                for (field, value) in [("detail", &self.detail), ("exception", &self.exception)] {
                    if value.is_some() {
                        faults.add(field, "is only allowed with action, not with event_id");
                    }
                }
                let code = Code::parse(id);
                if code.is_none() {
                    let hint = faults.hint(id, catalog::codes());
                    faults.add("event_id", &format!("is not in the catalog{hint}"));
                }
                code
            }
            (None, Some(action)) => self.composed(action, faults),
            (Some(_), Some(_)) => {
                faults.add("event_id", "cannot be given together with action");
                None
            }
            (None, None) => {
                faults.add(
                    "event_id",
                    "is required, unless action is given with detail or exception",
                );
                None
            }
        }
    }

    fn composed(&self, action: &str, faults: &mut DraftFaults) -> Option<Code> {
        let Some(resource_type) = &self.resource_type else {
            faults.add("resource_type", "is required with action");
            return None;
        };
        // An unknown type is reported where the type itself is checked.
        let resource = catalog::resource(resource_type)?;
        let service = resource.service();
        let known = service.action(action);
        if known.is_none() {
            let hint = faults.hint(action, service.actions.iter().map(|known| known.name));
            faults.add("action", &format!("is not an action of {}{hint}", service.name));
        }
        let named = match &self.detail {
            Some(detail) => {
                let known = service.detail(detail);
                if known.is_none() {
                    let hint = faults.hint(detail, service.details.iter().map(|known| known.name));
                    faults.add("detail", &format!("is not a detail of {}{hint}", service.name));
                }
                Some(known?)
            }
            None => None,
        };
        let action = known?;
        let mapped = self
            .exception
            .as_deref()
            .and_then(|name| service.detail_for_exception(name));
        let Some(detail) = mapped.or(named).or_else(|| service.detail(UNKNOWN_DETAIL)) else {
            // The catalog's check requires one of every service that has actions.
            faults.add(
                "detail",
                &format!("is required: {} has no detail {UNKNOWN_DETAIL}", service.name),
            );
            return None;
        };
        Code::compose(resource, action, detail)
    }

    /// Returns the resource type to store.
    fn resource_type(&self, code: Option<Code>, faults: &mut DraftFaults) -> Option<&'static str> {
        let implied = code.and_then(Code::resource_type);
        let Some(given) = &self.resource_type else {
            return implied;
        };
        let Some(resource) = catalog::resource(given) else {
            let hint = faults.hint(given, catalog::resources().map(|known| known.name));
            faults.add("resource_type", &format!("is not in the catalog{hint}"));
            return None;
        };
        let contradicts = code.is_some_and(|code| {
            implied.map_or(code.service().prefix != resource.service().prefix, |implied| {
                implied != given
            })
        });
        if contradicts {
            faults.add("event_id", &format!("does not belong to resource_type {given}"));
        }
        Some(resource.name)
    }

    fn check_resource_uuid(&self, resource_type: Option<&'static str>, faults: &mut DraftFaults) {
        let Some(id) = &self.resource_uuid else { return };
        match resource_type
            .and_then(catalog::resource)
            .map(|resource| resource.ids)
        {
            Some(ResourceIds::Uuid) if !is_uuid(id) => {
                faults.add("resource_uuid", "must be a UUID in lower case with hyphens");
            }
            Some(ResourceIds::Name) if !is_name(id) => {
                faults.add(
                    "resource_uuid",
                    "must be 1 to 255 visible characters, without leading or trailing white space, format or private-use characters, and must not start with a combining mark",
                );
            }
            // An unknown type is reported already; without a type, nothing says what the id refers to.
            None if self.resource_type.is_none() => {
                faults.add("resource_uuid", "needs resource_type");
            }
            _ => {}
        }
    }

    fn arguments(&self, code: Code, faults: &mut DraftFaults) -> Option<Arguments> {
        let given = self
            .parameters
            .0
            .iter()
            .map(|(name, value)| (name.as_str(), value));
        Arguments::check(code.parameters(), given)
            .map_err(|wrong| {
                for fault in wrong {
                    let name = brief(&fault.name, brief::NAME);
                    faults.add(&format!("parameters.{name}"), &fault.reason);
                }
            })
            .ok()
    }
}

/// The detail for an unspecified failure, which every service has.
const UNKNOWN_DETAIL: &str = "001";

/// Whether this is a UUID in canonical form: lower case, with hyphens.
pub(crate) fn is_uuid(text: &str) -> bool {
    catalog::canonical_uuid(text).is_some()
}

fn is_request_id(text: &str) -> bool {
    text.strip_prefix("req-").is_some_and(is_uuid)
}

fn is_name(text: &str) -> bool {
    let length = text.chars().count();
    (1..=LONGEST).contains(&length) && text.trim() == text && is_legible(text)
}

struct DraftFaults {
    found: Vec<DraftFault>,
    /// Whether to suggest the nearest name.
    suggests: bool,
}

impl DraftFaults {
    fn add(&mut self, field: &str, reason: &str) {
        self.found.push(DraftFault {
            field: field.to_owned(),
            reason: reason.to_owned(),
        });
    }

    fn hint<'a>(&self, word: &str, candidates: impl Iterator<Item = &'a str>) -> String {
        if self.suggests {
            spelling::hint(word, candidates)
        } else {
            String::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_suggested_only_where_it_is_read() {
        let draft = Draft {
            event_id: Some("VOLUME_00002".to_owned()),
            resource_type: Some("VOLUMME".to_owned()),
            ..Draft::default()
        };
        let told = |suggests| -> Vec<String> {
            let faults = draft.check_with(suggests).unwrap_err();
            faults.iter().map(ToString::to_string).collect()
        };
        assert!(told(true).iter().all(|fault| fault.contains("did you mean")));
        assert_eq!(
            told(false),
            [
                "event_id: is not in the catalog",
                "resource_type: is not in the catalog"
            ]
        );
    }
}
