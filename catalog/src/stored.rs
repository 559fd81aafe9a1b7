//! The text of a stored row, including rows that another version of the catalog wrote.

use std::fmt::{self, Write};

use super::arguments::Arguments;
use super::definition::{Action, Notice, Resource, Service, by_id};
use super::generated::FALLBACK;
use super::language::Language;
use super::level::Level;
use super::lookup::{resource, service};
use super::text::Form;

/// The columns of a row that determine its text. Rendering never allocates and never fails, whatever they hold.
#[derive(Clone, Copy, Debug)]
pub struct Stored<'a> {
    /// The code as it was recorded.
    pub event_id: &'a str,
    /// The action's digits; `None` for a flat code.
    pub action_id: Option<&'a str>,
    /// The detail's digits.
    pub detail_id: Option<&'a str>,
    /// The resource type, which tells the service of the digits.
    pub resource_type: Option<&'a str>,
    /// The output of [`Arguments::to_json`].
    pub parameters: Option<&'a str>,
}

/// The catalog's entries for a row.
#[derive(Clone, Copy)]
struct Resolved {
    action: Option<&'static Action>,
    notice: Option<&'static Notice>,
}

impl<'a> Stored<'a> {
    /// Returns the names of action and detail: the digits if the catalog does not know them, `None` for a flat code.
    pub fn names(&self) -> (Option<&'a str>, Option<&'a str>) {
        let service = self.service();
        let action = self.action_id.map(|id| {
            let known = service.and_then(|service| by_id(service.actions, id));
            known.map_or(id, |action| action.name)
        });
        let detail = self.detail_id.filter(|_| action.is_some()).map(|id| {
            let known = service.and_then(|service| by_id(service.details, id));
            known.map_or(id, |detail| detail.name)
        });
        (action, detail)
    }

    /// Whether the catalog knows every part of the code.
    pub fn is_known(&self) -> bool {
        self.is_whole(self.find())
    }

    /// Writes the text in the API's form: `<action>:<detail>`, or the flat text. Unknown parts read "unknown action" and
    /// "An unknown error occurred.", in the language. Returns [`Stored::is_known`].
    pub fn write_user_message(&self, out: &mut impl Write, language: Language) -> Result<bool, fmt::Error> {
        self.write_checked(out, language, Form::Api)
    }

    /// As [`Stored::write_user_message`], in the form of shared file systems: `<action>: <detail>`.
    pub fn write_spaced_message(&self, out: &mut impl Write, language: Language) -> Result<bool, fmt::Error> {
        self.write_checked(out, language, Form::Spaced)
    }

    /// Writes the text for a page, a mail or a terminal: `<Action>: <detail>`, punctuated as the language does.
    pub fn write_prose(&self, out: &mut impl Write, language: Language) -> fmt::Result {
        self.write_joined(self.find(), out, language, Form::Prose)
    }

    /// Writes what the user can do; writes nothing if the catalog has no advice.
    pub fn write_remedy(&self, out: &mut impl Write, language: Language) -> fmt::Result {
        match self.find().notice {
            Some(notice) => notice.write_remedy(out, language, &self.arguments(notice)),
            None => Ok(()),
        }
    }

    /// Whether retrying may succeed; `None` if the catalog does not know the code.
    pub fn retryable(&self) -> Option<bool> {
        self.find().notice.map(|notice| notice.retryable)
    }

    /// Returns the catalog's level for the code; an error's level if the code is unknown.
    pub fn level(&self) -> Level {
        self.find().notice.map_or(Level::Error, |notice| notice.level)
    }

    fn is_whole(&self, found: Resolved) -> bool {
        found.notice.is_some() && (self.action_id.is_none() || found.action.is_some())
    }

    fn write_checked(
        &self,
        out: &mut impl Write,
        language: Language,
        form: Form,
    ) -> Result<bool, fmt::Error> {
        let found = self.find();
        self.write_joined(found, out, language, form)?;
        Ok(self.is_whole(found))
    }

    fn write_joined(
        &self,
        found: Resolved,
        out: &mut impl Write,
        language: Language,
        form: Form,
    ) -> fmt::Result {
        if self.action_id.is_some() {
            let action = found.action.map(|action| action.text(language));
            form.write_action(out, language, action.unwrap_or(language.words().unknown_action))?;
        }
        match found.notice {
            None => out.write_str(language.words().unknown_error),
            // Most texts have no parameters, so nothing has to be read from the row.
            Some(notice) if !notice.text.has_places(language) => {
                out.write_str(notice.text.template(language))
            }
            Some(notice) => notice.write_text(out, language, &self.arguments(notice)),
        }
    }

    fn arguments(&self, notice: &'static Notice) -> Arguments {
        match self.parameters {
            Some(json) if !notice.parameters.is_empty() => Arguments::of_parameters(notice.parameters, json),
            _ => Arguments::NONE,
        }
    }

    fn find(&self) -> Resolved {
        let Some(action_id) = self.action_id else {
            let message = self
                .event_id
                .rsplit_once('_')
                .and_then(|(prefix, id)| by_id(service(prefix)?.messages, id));
            return Resolved {
                action: None,
                notice: message.map(|message| &message.notice),
            };
        };
        let service = self.service();
        let detail = service.and_then(|service| by_id(service.details, self.detail_id?));
        Resolved {
            action: service.and_then(|service| by_id(service.actions, action_id)),
            notice: detail.map(|detail| &detail.notice),
        }
    }

    /// Returns the service that the digits belong to; `None` if the code's prefix is unknown or does not fit the resource
    /// type. The same digits differ between services, so no other service may stand in.
    fn service(&self) -> Option<&'static Service> {
        let by_type = self.resource_type.and_then(resource).map(Resource::service);
        let Some((prefix, _)) = self.event_id.split_once('_') else {
            // Only block storage has ids without a prefix.
            return Some(by_type.unwrap_or(FALLBACK));
        };
        match by_type {
            Some(found) => (found.prefix == prefix).then_some(found),
            None => service(prefix),
        }
    }
}
