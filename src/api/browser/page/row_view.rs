//! Rows as one caller sees them.

use std::sync::Arc;

use super::kind;
use crate::api::volume::messages::unknown_codes::UnknownCodes;
use crate::catalog::{self, Language, Stored};
use crate::config::ResourceLink;
use crate::page::{Item, Level, Moment, Resource, encode};
use crate::store::message::MessageRow;

/// How one caller sees rows.
#[derive(Clone)]
pub struct RowView {
    /// The language of the texts.
    pub language: Language,
    /// The time, in microseconds since 1970.
    pub now: i64,
    /// The caller's project.
    pub project: String,
    /// Links from resources to their dashboards.
    pub links: Arc<Vec<ResourceLink>>,
    /// Codes that the catalog does not know.
    pub unknown_codes: Arc<UnknownCodes>,
}

impl RowView {
    /// A single message.
    pub fn item(&self, row: &MessageRow) -> Item {
        let mut remedy = String::new();
        // Writing into memory does not fail.
        let _ = stored(row).write_remedy(&mut remedy, self.language);
        let at = self.moment(row.created_at);
        Item {
            id: row.id.to_string(),
            oldest_id: row.id.to_string(),
            level: Level(row.message_level().to_owned()),
            text: self.text(row),
            remedy,
            code: row.event_id().to_owned(),
            resource: self.resource(row),
            request_id: row.request_id().to_owned(),
            count: 1,
            first: at,
            last: at,
            until: row.expires_at.map(|at| self.moment(at)),
            is_unread: false,
            is_done: false,
        }
    }

    /// The text of a message.
    pub fn text(&self, row: &MessageRow) -> String {
        let stored = stored(row);
        if !stored.is_known() {
            self.unknown_codes.met(row.event_id());
        }
        let mut text = String::new();
        let _ = stored.write_prose(&mut text, self.language);
        text
    }

    /// A time on the page.
    pub fn moment(&self, at: i64) -> Moment {
        Moment { at, now: self.now }
    }

    fn resource(&self, row: &MessageRow) -> Resource {
        let resource_type = row.resource_type().unwrap_or_default();
        let kind = catalog::resource(resource_type).map(|resource| resource.text(self.language));
        let id = row.resource_uuid().filter(|id| !id.is_empty());
        let is_of_kind = |link: &&ResourceLink| kind::of(&link.resource_type) == kind::of(resource_type);
        let link = self.links.iter().find(is_of_kind);
        Resource {
            kind: kind.unwrap_or(resource_type).to_owned(),
            href: link
                .zip(id)
                .map(|(link, id)| link.to(&encode(id), &encode(&self.project))),
            id: id.map(str::to_owned),
        }
    }
}

/// The columns that decide the text.
pub fn stored(row: &MessageRow) -> Stored<'_> {
    Stored {
        event_id: row.event_id(),
        action_id: row.action_id(),
        detail_id: row.detail_id(),
        resource_type: row.resource_type(),
        parameters: row.parameters(),
    }
}
