//! The entries of the catalog, as users search them.

use crate::catalog::{self, Language, Level, Notice, Parameter, Service, Text};

/// A message, resource type, action or detail.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) service: &'static Service,
    pub(super) kind: EntryKind,
    /// The digits, or the first words of its codes.
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) retired: Option<&'static str>,
    /// The service's exceptions that map to it.
    pub(super) exceptions: &'static [&'static str],
    /// The text and more of messages and details.
    pub(super) notice: Option<&'static Notice>,
    text: &'static Text,
}

/// The kind of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum EntryKind {
    Message,
    Type,
    Action,
    Detail,
}

impl EntryKind {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Type => "type",
            Self::Action => "action",
            Self::Detail => "detail",
        }
    }
}

impl Entry {
    /// Yields every entry, service by service.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        catalog::services().iter().flat_map(Self::of)
    }

    fn of(service: &'static Service) -> impl Iterator<Item = Self> {
        let messages = service.messages.iter().map(move |message| Self {
            service,
            kind: EntryKind::Message,
            id: message.code,
            name: message.name,
            retired: message.notice.retired,
            exceptions: &[],
            notice: Some(&message.notice),
            text: &message.notice.text,
        });
        let types = service.resources.iter().map(move |resource| Self {
            service,
            kind: EntryKind::Type,
            id: resource.code,
            name: resource.name,
            retired: resource.retired,
            exceptions: &[],
            notice: None,
            text: &resource.text,
        });
        let actions = service.actions.iter().map(move |action| Self {
            service,
            kind: EntryKind::Action,
            id: action.id,
            name: action.name,
            retired: action.retired,
            exceptions: &[],
            notice: None,
            text: &action.text,
        });
        let details = service.details.iter().map(move |detail| Self {
            service,
            kind: EntryKind::Detail,
            id: detail.id,
            name: detail.name,
            retired: detail.notice.retired,
            exceptions: detail.exceptions,
            notice: Some(&detail.notice),
            text: &detail.notice.text,
        });
        messages.chain(types).chain(actions).chain(details)
    }

    pub(super) fn text(&self, language: Language) -> &'static str {
        self.text.template(language)
    }

    pub(super) fn level(&self) -> Option<Level> {
        self.notice.map(|notice| notice.level)
    }

    pub(super) fn parameters(&self) -> &'static [Parameter] {
        self.notice.map_or(&[], |notice| notice.parameters)
    }

    /// Whether this is its name or one of its exceptions.
    pub(super) fn is_called(&self, name: &str) -> bool {
        let is = |known: &str| known.eq_ignore_ascii_case(name);
        is(self.name) || is(self.id) || self.exceptions.iter().any(|known| is(known))
    }

    /// Whether its names, texts, exceptions or parameters contain a word, given in lower case.
    pub(super) fn mentions(&self, word: &str, language: Language) -> bool {
        let has = |text: &str| text.to_lowercase().contains(word);
        [self.id, self.name, self.text(language)].into_iter().any(has)
            || self.exceptions.iter().any(|name| has(name))
            || self.parameters().iter().any(|parameter| has(parameter.name))
            || self.notice.is_some_and(|notice| notice.mentions(word, language))
    }
}
