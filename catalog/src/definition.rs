//! The types of the compiled catalog: plain statics that refer to each other.

use std::fmt;

use super::field::Field;
use super::kind::Parameter;
use super::language::Language;
use super::level::Level;
use super::text::Text;

/// The catalog of one source service.
pub struct Service {
    /// The name of its file and of the module with its constants: `volume`.
    pub name: &'static str,
    /// The first word of its codes: `VOLUME`.
    pub prefix: &'static str,
    /// Entries with flat ids, sorted by id.
    pub messages: &'static [Message],
    /// Resource types, sorted by name.
    pub resources: &'static [Resource],
    /// Actions, sorted by id.
    pub actions: &'static [Action],
    /// Details, sorted by id.
    pub details: &'static [Detail],
    /// The service's exceptions and the details they map to, sorted by name.
    pub exceptions: &'static [(&'static str, &'static Detail)],
    /// The events it emits for operators and machines, sorted by type.
    pub events: &'static [EventType],
    /// The shapes that its events' call report may have; empty if they carry none.
    pub call_reports: &'static [&'static [Field]],
}

/// A message with a flat id.
pub struct Message {
    /// The constant's name: `UNABLE_TO_ALLOCATE`.
    pub name: &'static str,
    /// Six digits.
    pub id: &'static str,
    /// The whole code: `VOLUME_000002`.
    pub code: &'static str,
    /// What the message says.
    pub notice: Notice,
    pub(super) service: &'static Service,
}

/// A kind of object that operations act on.
pub struct Resource {
    /// The resource type on the wire: `VOLUME_SNAPSHOT`.
    pub name: &'static str,
    /// The start of its composed codes: `VOLUME_VOLUME_SNAPSHOT`.
    pub code: &'static str,
    /// The form of its ids.
    pub ids: ResourceIds,
    /// The user's word for it.
    pub text: Text,
    /// The version that introduced it.
    pub since: Option<&'static str>,
    /// The version that retired it.
    pub retired: Option<&'static str>,
    pub(super) service: &'static Service,
}

/// The form of a resource's ids.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ResourceIds {
    /// UUIDs in canonical form.
    Uuid,
    /// Names that the service assigns.
    Name,
}

/// What was attempted.
pub struct Action {
    /// The constant's name: `SNAPSHOT_CREATE`.
    pub name: &'static str,
    /// Three digits.
    pub id: &'static str,
    /// A verb phrase: "create snapshot".
    pub text: Text,
    /// The version that introduced it.
    pub since: Option<&'static str>,
    /// The version that retired it.
    pub retired: Option<&'static str>,
    pub(super) service: &'static Service,
}

/// The outcome of an action.
pub struct Detail {
    /// The constant's name: `QUOTA_EXCEED`.
    pub name: &'static str,
    /// Three digits.
    pub id: &'static str,
    /// What the message says.
    pub notice: Notice,
    /// The service's exceptions that map to it.
    pub exceptions: &'static [&'static str],
    pub(super) service: &'static Service,
}

/// What a message or detail says to the user.
pub struct Notice {
    /// What happened.
    pub text: Text,
    /// What the user can do.
    pub remedy: Option<Text>,
    /// How serious it is unless the sender sets a level.
    pub level: Level,
    /// Whether retrying may succeed.
    pub retryable: bool,
    /// The minimum time to keep the message, in seconds.
    pub ttl: Option<u32>,
    /// The version that introduced it.
    pub since: Option<&'static str>,
    /// The version that retired it. Old messages still show its text.
    pub retired: Option<&'static str>,
    /// The parameters of the texts, sorted by name.
    pub parameters: &'static [Parameter],
}

impl Service {
    /// Finds an action by its three digits or its name.
    pub fn action(&self, id_or_name: &str) -> Option<&'static Action> {
        by_id(self.actions, id_or_name).or_else(|| self.actions.iter().find(|found| found.name == id_or_name))
    }

    /// Finds a detail by its three digits or its name.
    pub fn detail(&self, id_or_name: &str) -> Option<&'static Detail> {
        by_id(self.details, id_or_name).or_else(|| self.details.iter().find(|found| found.name == id_or_name))
    }

    /// Finds the detail that an exception of the service maps to.
    pub fn detail_for_exception(&self, exception: &str) -> Option<&'static Detail> {
        let at = self
            .exceptions
            .binary_search_by(|(name, _)| (*name).cmp(exception))
            .ok()?;
        self.exceptions.get(at).map(|(_, detail)| *detail)
    }
}

/// An entry whose id is digits, kept in a slice sorted by them.
pub(super) trait Numbered: 'static {
    /// The digits.
    fn id(&self) -> &'static str;
}

/// Finds an entry by its digits. Ids mostly count up from one, so the first guess is that position.
pub(super) fn by_id<T: Numbered>(entries: &'static [T], id: &str) -> Option<&'static T> {
    let guess = id.bytes().fold(0_usize, |sum, byte| {
        sum.wrapping_mul(10)
            .wrapping_add(usize::from(byte.wrapping_sub(b'0')))
    });
    if let Some(entry) = entries.get(guess.wrapping_sub(1))
        && entry.id() == id
    {
        return Some(entry);
    }
    let at = entries.binary_search_by(|entry| entry.id().cmp(id)).ok()?;
    entries.get(at)
}

/// Entries are statics: each is equal only to itself, and prints as its code.
macro_rules! entry {
    ($($kind:ident by $id:ident),*) => { $(
        impl $kind {
            /// The service that defines it.
            pub const fn service(&self) -> &'static Service {
                self.service
            }
        }

        impl PartialEq for $kind {
            fn eq(&self, other: &Self) -> bool {
                std::ptr::eq(self, other)
            }
        }

        impl Eq for $kind {}

        impl Numbered for $kind {
            fn id(&self) -> &'static str {
                self.$id
            }
        }

        impl fmt::Debug for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({} {})", stringify!($kind), self.service.prefix, self.$id)
            }
        }
    )* };
}

entry!(Message by id, Resource by name, Action by id, Detail by id);

impl PartialEq for Service {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Service {}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Service({})", self.name)
    }
}

impl Resource {
    /// The user's word for it: "volume snapshot".
    pub const fn text(&self, language: Language) -> &'static str {
        self.text.template(language)
    }
}

impl Action {
    /// The verb phrase: "create snapshot".
    pub const fn text(&self, language: Language) -> &'static str {
        self.text.template(language)
    }
}

/// A type of event that services emit for operators and machines.
pub struct EventType {
    /// Its name in the envelope: `image.upload`.
    pub name: &'static str,
    /// Whether the payload may be structured at priority INFO, WARN and ERROR.
    pub structured: [bool; 3],
    /// Whether the payload may be a text at priority INFO, WARN and ERROR.
    pub text: [bool; 3],
    /// Whether the payload may be a bare id at priority INFO, WARN and ERROR.
    pub id: [bool; 3],
    /// The shapes of a structured payload, which has one of them.
    pub forms: &'static [&'static [Field]],
    pub(super) descriptions: [&'static str; Language::ALL.len()],
    pub(super) service: &'static Service,
}

/// The catalog's name for this service itself.
const OWN: &str = "tidings";

impl EventType {
    /// When it is emitted.
    pub fn description(&self, language: Language) -> &'static str {
        self.descriptions[language as usize]
    }

    /// Whether only this service may emit it.
    pub fn is_own(&self) -> bool {
        self.service().name == OWN
    }

    /// Lists the priorities for which one of `structured`, `text` and `id` is set.
    pub fn priorities(which: [bool; 3]) -> Vec<&'static str> {
        let names = ["INFO", "WARN", "ERROR"].into_iter().zip(which);
        names
            .filter(|(_, is_meant)| *is_meant)
            .map(|(name, _)| name)
            .collect()
    }

    /// The service that emits it.
    pub fn service(&self) -> &'static Service {
        self.service
    }
}

impl fmt::Debug for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
