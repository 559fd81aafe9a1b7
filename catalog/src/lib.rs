//! The catalog: every text that a tenant can be shown, compiled into the program from the files of `catalog/`.
//!
//! A [`Code`] names a text; there is no code without one, and no way to put free text into one. The build script checks
//! the files ([`source`]) and writes sorted statics, which are looked up here and rendered without allocating. Each
//! service has a module of constants, such as [`volume`]. Nothing here knows of stores or requests.

/// The example of the README, which a test compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod arguments;
mod bytes;
mod code;
mod definition;
pub mod export;
mod field;
mod kind;
mod language;
mod level;
mod parts;
mod rule;
mod search;
#[cfg(feature = "source")]
mod site;
#[cfg(feature = "source")]
pub mod source;
mod stored;
mod text;
mod value;

pub use arguments::{ArgumentFault, Arguments};
pub use code::Code;
pub use definition::{Action, Detail, EventType, Message, Notice, Resource, ResourceIds, Service};
pub use field::{Field, FieldKind};
pub use generated::Language;
// Which modules there are depends on the files, also on a site's own.
pub use generated::constants::*;
pub use kind::{Choice, Kind, Parameter};
pub use language::Words;
pub use level::Level;
pub use parts::{Parts, flat_prefix};
pub use rule::{Argument, Condition, Events, Glob, Outcome, OwnerRule, Place, Rule, Source};
pub use search::{InService, SearchResult, search};
#[cfg(feature = "source")]
pub use site::{CheckedDirectory, check_directory};
pub use stored::Stored;
pub use text::Text;
pub use value::canonical_uuid;

/// What the build script made of the files.
#[allow(clippy::all, clippy::pedantic, unused_imports, reason = "generated")]
mod generated {
    use super::definition::{EventType, Resource, Service};
    use super::language::{Facts, Words};
    use super::level::Level;
    use super::rule::{Argument, Condition, Events, Glob, Outcome, OwnerRule, Place, Rule};

    include!(concat!(env!("OUT_DIR"), "/catalog.rs"));
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
