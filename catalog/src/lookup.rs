//! Finding what the catalog has.

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

    /// Puts a code together; `None` if the parts are not all of one service.
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

/// The catalogs of all services, sorted by name.
pub fn services() -> &'static [Service] {
    &generated::SERVICES
}

/// The service whose codes start with a prefix such as `VOLUME`.
pub fn service(prefix: &str) -> Option<&'static Service> {
    // So few that going through them is the fastest way.
    services().iter().find(|service| service.prefix == prefix)
}

/// A resource by its type in upper case, such as `VOLUME_SNAPSHOT`. Types are unique among all services.
pub fn resource(resource_type: &str) -> Option<&'static Resource> {
    // Most differ in length already: for so few, faster than a binary search by their bytes.
    generated::RESOURCES
        .iter()
        .copied()
        .find(|resource| resource.name == resource_type)
}

/// Every resource type.
pub fn resources() -> impl Iterator<Item = &'static Resource> {
    generated::RESOURCES.iter().copied()
}

/// The flat codes of all services.
pub fn codes() -> impl Iterator<Item = &'static str> {
    services()
        .iter()
        .flat_map(|service| service.messages)
        .map(|message| message.code)
}

/// All types of events, sorted.
pub fn event_types() -> &'static [&'static EventType] {
    &generated::EVENTS
}

/// The type of event of this name.
pub fn event_type(name: &str) -> Option<&'static EventType> {
    let found = generated::EVENTS.binary_search_by(|known| known.name.cmp(name));
    found.ok().and_then(|index| generated::EVENTS.get(index).copied())
}

/// The rules by which notifications become messages, in the order in which they are tried: a site's own, then the shipped
/// ones.
pub fn rules() -> &'static [Rule] {
    generated::RULES
}

/// The rules by which notifications tell whose a resource is.
pub fn owner_rules() -> &'static [OwnerRule] {
    generated::OWNER_RULES
}

/// Sixteen hexadecimal digits that change when any file of the catalog does, for an entity tag.
pub fn fingerprint() -> &'static str {
    generated::FINGERPRINT
}
