//! The query string of a list. Empty fields, which forms send, are ignored.

use std::fmt;

use uuid::Uuid;

use super::kind;
use super::selection;
use crate::api::volume::messages::{search, states};
use crate::catalog::{Language, canonical_uuid};
use crate::message::{Change, Column, Condition, Direction, Position, Query, Scope, time};
use crate::page::{Extent, Filters, Sort};
use crate::store::read_state::Undo;

/// The message at which a page begins or ends. Links include its time, so that they work even after it was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    id: Uuid,
    /// Microseconds since 1970.
    created_at: Option<i64>,
}

impl Edge {
    fn parse(text: &str) -> Option<Self> {
        if let Some(id) = canonical_uuid(text) {
            return Some(Self { id, created_at: None });
        }
        let (created_at, id) = text.split_once('_')?;
        Some(Self {
            id: canonical_uuid(id)?,
            created_at: Some(created_at.parse().ok()?),
        })
    }
}

impl From<Position> for Edge {
    fn from(position: Position) -> Self {
        Self {
            id: position.id,
            created_at: Some(position.created_at),
        }
    }
}

impl fmt::Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.created_at {
            Some(created_at) => write!(f, "{created_at}_{}", self.id),
            None => write!(f, "{}", self.id),
        }
    }
}

/// The query string of a list, parsed.
#[derive(Debug, Clone, Default)]
pub struct ListQuery {
    /// The filters, as the form shows them.
    pub filters: Filters,
    /// Whether `since` and `before` are invalid.
    pub bad: (bool, bool),
    /// Whether the text was cut.
    pub is_text_cut: bool,
    /// Whether another filter was cut.
    pub is_cut: bool,
    /// The page begins after this message.
    pub marker: Option<Edge>,
    /// The page ends before this message.
    pub back: Option<Edge>,
    /// Whether the marker is invalid.
    pub is_nowhere: bool,
    /// How many messages the last form deleted.
    pub deleted: Option<i64>,
    /// How many messages the last form gave another state.
    pub marked: Option<i64>,
    /// How that number is meant.
    pub extent: Option<Extent>,
    /// What the last form did to them; none if it undid something.
    pub change: Option<Change>,
    /// What undoes it.
    pub undo: Option<String>,
    since: Option<i64>,
    before: Option<i64>,
}

impl ListQuery {
    /// Parses a query string. Unknown parameters are ignored.
    pub fn parse(query_string: &str) -> Self {
        let mut asked = Self::default();
        for (key, value) in form_urlencoded::parse(query_string.as_bytes()) {
            let value = value.trim();
            if key == "text" {
                asked.is_text_cut = search::is_cut(value);
            }
            let kept: String = value.chars().take(search::LONGEST).collect();
            let is_filter = matches!(
                &*key,
                "message_level" | "service" | "resource_type" | "resource_uuid" | "event_id" | "request_id"
            );
            asked.is_cut |= is_filter && kept.len() < value.len();
            asked.take(&key, kept);
        }
        asked.since = moment(&asked.filters.since);
        asked.before = moment(&asked.filters.before);
        // In the form that the browser's field can show. Invalid texts stay as typed.
        if let Some(at) = asked.since {
            asked.filters.since = field(at);
        }
        if let Some(at) = asked.before {
            asked.filters.before = field(at);
        }
        asked.bad = (
            asked.since.is_none() && !asked.filters.since.is_empty(),
            asked.before.is_none() && !asked.filters.before.is_empty(),
        );
        asked
    }

    fn take(&mut self, key: &str, value: String) {
        let filters = &mut self.filters;
        match key {
            "text" => filters.text = value,
            "message_level" => filters.message_level = value.to_ascii_uppercase(),
            "service" => filters.service = value.to_ascii_uppercase(),
            "resource_type" => kind::of(&value.to_ascii_uppercase()).clone_into(&mut filters.resource_type),
            "state" if value != "inbox" => filters.state = value,
            "resource_uuid" => filters.resource_uuid = value,
            "event_id" => filters.event_id = value,
            "request_id" => filters.request_id = value,
            "since" | "created_since" => filters.since = value,
            "before" | "created_before" => filters.before = value,
            "sort" => filters.sort = Sort::parse(&value),
            "repeats" => filters.each = value == "each",
            "marker" | "back" if !value.is_empty() => {
                let place = Edge::parse(&value);
                self.is_nowhere |= place.is_none();
                if key == "back" {
                    self.back = place;
                } else {
                    self.marker = place;
                }
            }
            // A number that no form can have produced is ignored.
            "deleted" => self.deleted = count(&value, selection::MOST),
            "marked" => self.marked = count(&value, states::MOST_CHANGED),
            "extent" => self.extent = Some(Extent::parse(&value)),
            "change" => self.change = Change::from_name(&value),
            "undo" => self.undo = Undo::parse(&value).map(|undo| undo.to_string()),
            _ => {}
        }
    }

    /// The query string of this page of the list.
    pub fn place(&self) -> String {
        match (self.back, self.marker) {
            (Some(place), _) => self.filters.query_with("back", &place.to_string()),
            (None, Some(place)) => self.filters.query_with("marker", &place.to_string()),
            (None, None) => self.filters.query(),
        }
    }

    /// Whether a filter is invalid.
    pub fn is_bad(&self) -> bool {
        self.bad.0 || self.bad.1
    }

    /// The query for the store, without a limit.
    pub fn query(&self, scope: Scope, language: Language) -> Query {
        let mut order = order(self.filters.sort);
        if self.back.is_some() {
            for (_, direction) in &mut order {
                *direction = match direction {
                    Direction::Ascending => Direction::Descending,
                    Direction::Descending => Direction::Ascending,
                };
            }
        }
        let start = self.back.or(self.marker);
        Query {
            scope,
            conditions: self.conditions(language),
            order: Query::total(order),
            marker: start.map(|place| place.id),
            marker_at: start.and_then(|place| place.created_at),
            limit: 0,
            offset: 0,
        }
    }

    /// The conditions of the filters, except for that on states, which depends on the reader.
    pub fn conditions(&self, language: Language) -> Vec<Condition> {
        let filters = &self.filters;
        let mut conditions: Vec<Condition> = [
            (Column::MessageLevel, &filters.message_level),
            (Column::ResourceUuid, &filters.resource_uuid),
            (Column::EventId, &filters.event_id),
            (Column::RequestId, &filters.request_id),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(column, value)| Condition::Equals(column, value.clone()))
        .collect();
        if !filters.resource_type.is_empty() {
            conditions.push(kind::condition(&filters.resource_type));
        }
        if !filters.service.is_empty() {
            let codes = format!("{}_", filters.service);
            conditions.push(Condition::StartsWith(Column::EventId, codes));
        }
        conditions.extend(self.since.map(|at| Condition::Since(Column::CreatedAt, at)));
        conditions.extend(self.before.map(|at| Condition::Before(Column::CreatedAt, at)));
        conditions.extend(search::conditions(&filters.text, language));
        conditions
    }
}

/// A number from 0 to `most`.
fn count(text: &str, most: usize) -> Option<i64> {
    let count: i64 = text.parse().ok()?;
    usize::try_from(count)
        .is_ok_and(|count| count <= most)
        .then_some(count)
}

fn order(sort: Sort) -> Vec<(Column, Direction)> {
    use Direction::{Ascending, Descending};
    let first = match sort {
        Sort::Newest => return vec![(Column::CreatedAt, Descending)],
        Sort::Oldest => return vec![(Column::CreatedAt, Ascending)],
        // In alphabetical order errors come first.
        Sort::Level => Column::MessageLevel,
        Sort::Resource => Column::ResourceUuid,
        Sort::Code => Column::EventId,
    };
    vec![
        (first, Ascending),
        (Column::CreatedAt, Descending),
        (Column::Id, Descending),
    ]
}

/// Reads a time to the minute, as a browser's field sends it, or in full, or a day. Fractions of a second, which the
/// field does not show, are dropped.
pub fn moment(text: &str) -> Option<i64> {
    let forms = [text.to_owned(), format!("{text}:00"), format!("{text}T00:00:00")];
    let at = forms.iter().find_map(|form| time::parse(form))?;
    Some(at - at.rem_euclid(time::SECOND))
}

/// A time in the form of the browser's field, in UTC, without seconds if they are zero.
pub fn field(at: i64) -> String {
    let length = if at.rem_euclid(60 * time::SECOND) == 0 {
        16
    } else {
        19
    };
    time::format(at).chars().take(length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_in_every_form_that_a_reader_may_write() {
        let minute = Some(1_795_231_200_000_000);
        for text in [
            "2026-11-21T03:20",
            "2026-11-21 03:20",
            "2026-11-21T03:20:00Z",
            "2026-11-21T04:20:00+01:00",
        ] {
            assert_eq!(moment(text), minute, "{text}");
        }
        assert_eq!(moment("2026-11-21"), Some(1_795_219_200_000_000));
        for text in ["", "yesterday", "2026-13-01", "2026-11-21T"] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn times_are_written_as_the_browsers_field_takes_them() {
        for (given, shown) in [
            ("2026-11-21", "2026-11-21T00:00"),
            ("2026-11-21T04:20:00%2B01:00", "2026-11-21T03:20"),
            ("2026-11-21T03:20:24.123456", "2026-11-21T03:20:24"),
            ("2026-11-21 03:20:24Z", "2026-11-21T03:20:24"),
            ("yesterday", "yesterday"),
        ] {
            let asked = ListQuery::parse(&format!("since={given}&before={given}"));
            let filters = asked.filters;
            assert_eq!((filters.since.as_str(), filters.before.as_str()), (shown, shown));
        }
    }

    #[test]
    fn empty_fields_ask_for_nothing() {
        let asked = ListQuery::parse("text=&message_level=+&since=&sort=&marker=&unknown=x&repeats=");
        assert_eq!(asked.filters, Filters::default());
        assert!(!asked.is_bad() && !asked.is_nowhere);
        assert_eq!(asked.conditions(Language::English), []);
    }

    #[test]
    fn a_place_that_no_message_has_is_told_from_none() {
        assert!(ListQuery::parse("marker=x").is_nowhere);
        assert!(ListQuery::parse("since=x").is_bad());
    }
}
