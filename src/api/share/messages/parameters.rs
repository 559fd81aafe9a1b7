//! The query string of a list: page, order and filters, as Manila reads them. Unknown parameters mean nothing.

use uuid::Uuid;

use super::fields::{CODES, LEVEL, NO_PART};
use crate::api::call::Call;
use crate::api::error::Error;
use crate::api::share::service::TIME_FILTERS;
use crate::brief::{self, brief};
use crate::catalog::{self, canonical_uuid};
use crate::message::{Column, Condition, Direction, Query, time};

/// The parameters of a list.
pub struct Parameters {
    /// The query for the store; none if nothing can match.
    pub query: Option<Query>,
    /// The message after which the page starts.
    pub marker: Option<String>,
    pairs: Vec<(String, String)>,
}

impl Parameters {
    /// Reads a query string.
    ///
    /// # Errors
    /// A 400 that names the parameter; a 404 for a marker that cannot be a message.
    pub fn parse(query_string: &str, call: &Call) -> Result<Self, Error> {
        let pairs = form_urlencoded::parse(query_string.as_bytes());
        let mut parameters = Self {
            query: None,
            marker: None,
            pairs: pairs.into_owned().collect(),
        };
        let most = i64::try_from(call.app.config.api.max_limit).unwrap_or(i64::MAX);
        let limit = parameters.whole("limit")?.unwrap_or(most).min(most);
        let offset = parameters.whole("offset")?.unwrap_or(0);
        let order = Query::total(parameters.order()?);
        let conditions = parameters.conditions(call)?;
        parameters.marker = parameters.one("marker")?.map(str::to_owned);
        let id = |text: &String| canonical_uuid(text).ok_or_else(|| Error::no_message(text));
        let marker = parameters.marker.as_ref().map(id).transpose()?;
        parameters.query = match conditions {
            Some(conditions) => Some(Query {
                scope: call.scope()?,
                conditions,
                order,
                marker,
                marker_at: None,
                limit,
                offset,
            }),
            None => None,
        };
        Ok(parameters)
    }

    /// Returns the query string of the page that follows the message `last`: the offset counts from the first page.
    pub fn next(&self, last: Uuid) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let kept = |(name, _): &&(String, String)| !matches!(name.as_str(), "marker" | "offset");
        query.extend_pairs(self.pairs.iter().filter(kept));
        query.append_pair("marker", &last.to_string());
        query.finish()
    }

    fn first(&self, name: &str) -> Option<&str> {
        let mut pairs = self.pairs.iter();
        let (_, value) = pairs.find(|(known, _)| known == name)?;
        Some(value)
    }

    fn one(&self, name: &str) -> Result<Option<&str>, Error> {
        if self.pairs.iter().filter(|(known, _)| known == name).count() > 1 {
            return Err(Error::invalid_input(&format!("{name} must be given once")));
        }
        Ok(self.first(name))
    }

    fn whole(&self, name: &str) -> Result<Option<i64>, Error> {
        let Some(text) = self.one(name)? else {
            return Ok(None);
        };
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse::<i32>().ok().filter(|_| is_number);
        let refusal = || Error::invalid_input(&format!("{name} must be a number from 0 to {}", i32::MAX));
        number.map(|number| Some(number.into())).ok_or_else(refusal)
    }

    /// Returns the column to sort by, if one is given. Any direction but `desc` is ascending.
    fn order(&self) -> Result<Vec<(Column, Direction)>, Error> {
        let direction = match self.one("sort_dir")? {
            None | Some("desc") => Direction::Descending,
            Some(_) => Direction::Ascending,
        };
        let column = match self.one("sort_key")?.unwrap_or("created_at") {
            // All messages have the same level here.
            "message_level" | "deleted" => Column::Deleted,
            "resource_id" => Column::ResourceUuid,
            name => Column::parse(name)
                .filter(|column| !matches!(column, Column::EventId | Column::ResourceUuid))
                .ok_or_else(|| {
                    Error::invalid_input(&format!("Invalid sort key {}", brief(name, brief::NAME)))
                })?,
        };
        Ok(vec![(column, direction)])
    }

    /// Returns the conditions; none if nothing can match.
    fn conditions(&self, call: &Call) -> Result<Option<Vec<Condition>>, Error> {
        let mut conditions = vec![Condition::StartsWith(Column::EventId, CODES.to_owned())];
        for (name, column) in [
            ("action_id", Column::ActionId),
            ("detail_id", Column::DetailId),
            ("request_id", Column::RequestId),
            ("resource_id", Column::ResourceUuid),
        ] {
            let Some(value) = self.one(name)? else { continue };
            conditions.push(match (column, value) {
                (Column::ActionId | Column::DetailId, NO_PART) => without_parts(),
                _ => Condition::Equals(column, value.to_owned()),
            });
        }
        if let Some(value) = self.first("resource_type") {
            conditions.push(Condition::Equals(
                Column::ResourceType,
                value.to_ascii_uppercase(),
            ));
        }
        if call.version >= TIME_FILTERS {
            if let Some(at) = self.time("created_since")? {
                conditions.push(Condition::Since(Column::CreatedAt, at));
            }
            // Manila includes this time.
            if let Some(at) = self.time("created_before")? {
                conditions.push(Condition::Before(Column::CreatedAt, at.saturating_add(1)));
            }
        }
        let level = self.one("message_level")?;
        Ok(level
            .is_none_or(|level| level.eq_ignore_ascii_case(LEVEL))
            .then_some(conditions))
    }

    fn time(&self, name: &str) -> Result<Option<i64>, Error> {
        let refusal = || Error::BadRequest(format!("Invalid value specified for the query key: {name}"));
        let read = |text| time::bound(text).ok_or_else(refusal);
        self.one(name)?.map(read).transpose()
    }
}

/// The condition on messages that are shown without action and detail.
fn without_parts() -> Condition {
    let flat = catalog::codes().filter(|code| code.starts_with(CODES));
    Condition::In(Column::EventId, flat.map(str::to_owned).collect())
}
