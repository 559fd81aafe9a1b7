//! The catalog: every text that a tenant can be shown, compiled into the program from the files of `catalog/`.
//!
//! A [`Code`] identifies a text; no code is without one, and none takes free text. The build script checks the files
//! ([`source`]) and writes sorted statics, which this crate looks up and renders without allocating. Each service has a
//! module of constants, such as [`volume`]. The catalog knows nothing of stores or requests.

/// The README's example, which a test compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod arguments;
mod bytes;
mod code;
mod definition;
pub mod export;
mod field;
mod generated;
mod kind;
mod language;
mod level;
mod lookup;
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
// The set of modules depends on the files, including a site's own.
pub use generated::constants::*;
pub use kind::{Choice, Kind, Parameter};
pub use language::{Language, Words};
pub use level::Level;
pub use lookup::{
    codes, event_type, event_types, fingerprint, owner_rules, resource, resources, rules, service, services,
};
pub use parts::{Parts, flat_prefix};
pub use rule::{Argument, Condition, Events, Glob, Outcome, OwnerRule, Place, Rule, Source};
pub use search::{InService, SearchResult, search};
#[cfg(feature = "source")]
pub use site::{CheckedDirectory, check_directory};
pub use stored::Stored;
pub use text::Text;
pub use value::canonical_uuid;
