//! Codes: each identifies a kind of message and its text.

use std::fmt::{self, Write};

use super::arguments::Arguments;
use super::definition::{Action, Detail, Message, Notice, Resource, Service};
use super::kind::Parameter;
use super::language::Language;
use super::level::Level;
use super::text::Form;

/// A code of the catalog, called `event_id` on the wire. A value always names an entry that exists.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Code {
    /// One number for the whole message: `VOLUME_000002`.
    Flat(&'static Message),
    /// Resource, action and detail: `VOLUME_VOLUME_SNAPSHOT_009_006`.
    Composed {
        /// What the action acted on.
        resource: &'static Resource,
        /// What was attempted.
        action: &'static Action,
        /// The outcome.
        detail: &'static Detail,
    },
}

impl Code {
    /// The service that defines the code.
    pub const fn service(self) -> &'static Service {
        match self {
            Self::Flat(message) => message.service(),
            Self::Composed { resource, .. } => resource.service(),
        }
    }

    /// The text, remedy, level and so on.
    pub const fn notice(self) -> &'static Notice {
        match self {
            Self::Flat(message) => &message.notice,
            Self::Composed { detail, .. } => &detail.notice,
        }
    }

    /// The level of its messages unless the sender sets one.
    pub const fn level(self) -> Level {
        self.notice().level
    }

    /// Whether retrying may succeed.
    pub const fn retryable(self) -> bool {
        self.notice().retryable
    }

    /// The minimum time to keep its messages, in seconds.
    pub const fn ttl(self) -> Option<u32> {
        self.notice().ttl
    }

    /// The version that introduced its text.
    pub const fn since(self) -> Option<&'static str> {
        self.notice().since
    }

    /// The version that retired the code or a part of it.
    pub fn retired(self) -> Option<&'static str> {
        match self {
            Self::Flat(message) => message.notice.retired,
            Self::Composed {
                resource,
                action,
                detail,
            } => detail.notice.retired.or(action.retired).or(resource.retired),
        }
    }

    /// The parameters of its texts, sorted by name.
    pub const fn parameters(self) -> &'static [Parameter] {
        self.notice().parameters
    }

    /// The resource type of a composed code.
    pub const fn resource_type(self) -> Option<&'static str> {
        match self {
            Self::Flat(_) => None,
            Self::Composed { resource, .. } => Some(resource.name),
        }
    }

    /// The three digits of a composed code's action.
    pub const fn action_id(self) -> Option<&'static str> {
        match self {
            Self::Flat(_) => None,
            Self::Composed { action, .. } => Some(action.id),
        }
    }

    /// The three digits of a composed code's detail.
    pub const fn detail_id(self) -> Option<&'static str> {
        match self {
            Self::Flat(_) => None,
            Self::Composed { detail, .. } => Some(detail.id),
        }
    }

    /// What the user can do, with `{name}` in place of each parameter.
    pub fn remedy(self, language: Language) -> Option<&'static str> {
        self.notice()
            .remedy
            .as_ref()
            .map(|remedy| remedy.template(language))
    }

    /// Writes the text in the API's form: a composed one as `<action>:<detail>` in every language.
    pub fn write_text(self, out: &mut impl Write, language: Language, arguments: &Arguments) -> fmt::Result {
        self.write_joined(out, language, arguments, Form::Api)
    }

    /// Writes the text for a page, a mail or a terminal: `<Action>: <detail>`, punctuated as the language does.
    pub fn write_prose(self, out: &mut impl Write, language: Language, arguments: &Arguments) -> fmt::Result {
        self.write_joined(out, language, arguments, Form::Prose)
    }

    /// Writes what the user can do; writes nothing if the catalog has no advice.
    pub fn write_remedy(
        self,
        out: &mut impl Write,
        language: Language,
        arguments: &Arguments,
    ) -> fmt::Result {
        self.notice().write_remedy(out, language, arguments)
    }

    fn write_joined(
        self,
        out: &mut impl Write,
        language: Language,
        arguments: &Arguments,
        form: Form,
    ) -> fmt::Result {
        if let Self::Composed { action, .. } = self {
            form.write_action(out, language, action.text(language))?;
        }
        self.notice().write_text(out, language, arguments)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flat(message) => f.write_str(message.code),
            Self::Composed {
                resource,
                action,
                detail,
            } => {
                write!(f, "{}_{}_{}", resource.code, action.id, detail.id)
            }
        }
    }
}

impl Notice {
    pub(super) fn write_text(
        &self,
        out: &mut impl Write,
        language: Language,
        arguments: &Arguments,
    ) -> fmt::Result {
        self.text.write(out, language, self.parameters, arguments)
    }

    pub(super) fn write_remedy(
        &self,
        out: &mut impl Write,
        language: Language,
        arguments: &Arguments,
    ) -> fmt::Result {
        match &self.remedy {
            Some(remedy) => remedy.write(out, language, self.parameters, arguments),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{services, share, volume};

    #[test]
    fn every_code_reads_back_from_its_id() {
        let mut count = 0;
        let mut check = |code: Code| {
            assert_eq!(Code::parse(&code.to_string()), Some(code), "{code}");
            count += 1;
        };
        for service in services() {
            service
                .messages
                .iter()
                .for_each(|message| check(Code::Flat(message)));
            for resource in service.resources {
                for action in service.actions {
                    for detail in service.details {
                        check(Code::compose(resource, action, detail).unwrap());
                    }
                }
            }
        }
        assert!(count > 3 * 16 * 30, "{count} codes");
    }

    #[test]
    fn other_ids_are_no_codes() {
        for id in [
            "",
            "_",
            "VOLUME",
            "VOLUME_",
            "VOLUME_000000",
            "VOLUME_000099",
            "VOLUME_2",
            "000002",
            "volume_000002",
            "VOLUME_VOLUME_001",
            "VOLUME_VOLUME_001_999",
            "VOLUME_VOLUME_000_001",
            "VOLUME_SHARE_001_001",
            "SHARE_VOLUME_001_001",
            "VOLUME_NOTHING_001_001",
            "VOLUME_VOLUME_001_001_",
            "VOLUME_VOLUME_0001_001",
            " VOLUME_000002",
            "VOLUME_00000２",
        ] {
            assert_eq!(Code::parse(id), None, "{id}");
        }
    }

    #[test]
    fn constants_are_the_codes() {
        assert_eq!(volume::UNABLE_TO_ALLOCATE.to_string(), "VOLUME_000002");
        let snapshot = Code::compose(
            volume::resource::VOLUME_SNAPSHOT,
            volume::action::SNAPSHOT_CREATE,
            volume::detail::QUOTA_EXCEED,
        );
        assert_eq!(snapshot.unwrap().to_string(), "VOLUME_VOLUME_SNAPSHOT_009_006");
    }

    #[test]
    fn parts_of_two_services_make_no_code() {
        let mixed = Code::compose(
            volume::resource::VOLUME,
            volume::action::SNAPSHOT_CREATE,
            share::detail::UNKNOWN_ERROR,
        );
        assert_eq!(mixed, None);
    }
}
