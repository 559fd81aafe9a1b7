//! Lookups in the catalog.

use super::code::Code;
use super::definition::{Action, Detail, EventType, Resource, Service, by_id};
use super::generated;
use super::rule::{OwnerRule, Rule};

impl Code {
    /// Finds a code by its id, case-sensitively.
    pub fn parse(id: &str) -> Option<Self> {
        let (rest, last) = id.rsplit_once('_')?;
        if let Some(service) = service(rest)
            && let Some(message) = by_id(service.messages, last)
        {
            return Some(Self::Flat(message));
        }
        let (rest, action) = rest.rsplit_once('_')?;
        let (prefix, resource_type) = rest.split_once('_')?;
        let resource = resource(resource_type).filter(|found| found.service().prefix == prefix)?;
        let action = by_id(resource.service().actions, action)?;
        let detail = by_id(resource.service().details, last)?;
        Some(Self::Composed {
            resource,
            action,
            detail,
        })
    }

    /// Composes a code; `None` if the parts belong to different services.
    pub fn compose(
        resource: &'static Resource,
        action: &'static Action,
        detail: &'static Detail,
    ) -> Option<Self> {
        let service = resource.service();
        let same = action.service() == service && detail.service() == service;
        same.then_some(Self::Composed {
            resource,
            action,
            detail,
        })
    }
}

/// Returns the catalogs of all services, sorted by name.
pub fn services() -> &'static [Service] {
    &generated::SERVICES
}

/// Finds the service whose codes start with a prefix such as `VOLUME`.
pub fn service(prefix: &str) -> Option<&'static Service> {
    // There are so few that a linear search is the fastest.
    services().iter().find(|service| service.prefix == prefix)
}

/// Finds a resource by its type in upper case, such as `VOLUME_SNAPSHOT`. Types are unique across services.
pub fn resource(resource_type: &str) -> Option<&'static Resource> {
    // Most differ in length already, so a linear search over so few beats a binary one.
    generated::RESOURCES
        .iter()
        .copied()
        .find(|resource| resource.name == resource_type)
}

/// Yields every resource type.
pub fn resources() -> impl Iterator<Item = &'static Resource> {
    generated::RESOURCES.iter().copied()
}

/// Yields the flat codes of all services.
pub fn codes() -> impl Iterator<Item = &'static str> {
    services()
        .iter()
        .flat_map(|service| service.messages)
        .map(|message| message.code)
}

/// Returns all event types, sorted.
pub fn event_types() -> &'static [&'static EventType] {
    &generated::EVENTS
}

/// Finds an event type by name.
pub fn event_type(name: &str) -> Option<&'static EventType> {
    let found = generated::EVENTS.binary_search_by(|known| known.name.cmp(name));
    found.ok().and_then(|index| generated::EVENTS.get(index).copied())
}

/// Returns the rules that turn notifications into messages, in evaluation order: a site's own first, then the built-in
/// ones.
pub fn rules() -> &'static [Rule] {
    generated::RULES
}

/// Returns the rules that read a resource's owner from notifications.
pub fn owner_rules() -> &'static [OwnerRule] {
    generated::OWNER_RULES
}

/// Returns sixteen hexadecimal digits that change with any file of the catalog; used in entity tags.
pub fn fingerprint() -> &'static str {
    generated::FINGERPRINT
}
