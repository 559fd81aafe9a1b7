//! The query string of a list: page and order, with block storage's errors.
//!
//! The checks are in the order of the real service; the first one that fails wins.

use std::borrow::Cow;

use percent_encoding::percent_decode;

use super::conditions::{check_filters, conditions};
use super::search;
use crate::api::error::Error;
use crate::api::version::Microversion;
use crate::api::volume::service::CHECKED_FILTERS;
use crate::catalog::Language;
use crate::catalog::canonical_uuid;
use crate::message::{Column, Condition, Direction, Query, Scope, StateFilter};

/// The parameters that ask for a page or an order.
const OF_PAGES: [&str; 6] = ["limit", "marker", "offset", "sort", "sort_key", "sort_dir"];

/// The parameters of a list.
#[derive(Debug)]
pub struct Parameters {
    /// The query for the store; none if a filter names an unknown column, so that nothing matches.
    pub query: Option<Query>,
    /// The marker as text. It must be a visible message even where the page is empty.
    pub marker: Option<String>,
    /// Whether every sort key is a column. A missing marker takes precedence over this error.
    pub has_valid_order: bool,
    /// The rows of a full page.
    pub limit: i64,
    /// The parameters for the link to the next page, without the marker.
    kept: Vec<(String, String)>,
}

/// What the meaning of the parameters depends on.
#[derive(Debug, Clone)]
pub struct Viewer {
    /// The visible messages.
    pub scope: Scope,
    /// The id of the user whose states of messages a filter means.
    pub user: String,
    /// Whether every column may be filtered by, in every version.
    pub is_admin: bool,
    /// The language in which to search for a text.
    pub language: Language,
    /// The microversion.
    pub version: Microversion,
    /// The most rows of a page.
    pub max_limit: usize,
}

impl Parameters {
    /// Reads a query string.
    ///
    /// # Errors
    /// The 400 of the first check that fails.
    pub fn parse(query_string: &str, viewer: &Viewer) -> Result<Self, Error> {
        let mut rest = decode(query_string)?;
        let kept: Vec<_> = rest.iter().filter(|(key, _)| key != "marker").cloned().collect();
        let limit = limit(take(&mut rest, "limit"), viewer.max_limit)?;
        let marker = take(&mut rest, "marker");
        let offset = offset(take(&mut rest, "offset"))?;
        let (sort, sort_key, sort_dir) = (
            take(&mut rest, "sort"),
            take(&mut rest, "sort_key"),
            take(&mut rest, "sort_dir"),
        );
        if sort.is_some() && (sort_key.is_some() || sort_dir.is_some()) {
            return Err(Error::bad_request(
                "The 'sort_key' and 'sort_dir' parameters are deprecated and cannot be used with the 'sort' parameter.",
            ));
        }
        // Only streams tell of changes; to a list it makes no difference.
        rest.retain(|(key, value)| key != "changes" || value != "true");
        let text = take(&mut rest, "text");
        let state = take(&mut rest, "state").map(|state| filter(&state)).transpose()?;
        let is_checked = viewer.version >= CHECKED_FILTERS;
        if is_checked {
            check_filters(&mut rest, viewer.is_admin)?;
        }
        let order = order(sort, sort_key, sort_dir)?;
        let mut conditions = conditions(&rest)?;
        if let (Some(conditions), Some(text)) = (&mut conditions, text) {
            conditions.extend(find(&text, viewer.language)?);
        }
        if let (Some(conditions), Some(state)) = (&mut conditions, state) {
            conditions.push(Condition::State(viewer.user.clone(), state));
        }
        let has_valid_order = order.is_some();
        let query = conditions.map(|conditions| Query {
            scope: viewer.scope.clone(),
            conditions,
            order: Query::total(order.unwrap_or_default()),
            marker: marker.as_deref().and_then(canonical_uuid),
            marker_at: None,
            limit,
            offset,
        });
        Ok(Self {
            query,
            marker,
            has_valid_order,
            limit,
            kept,
        })
    }

    /// The first parameter that asks for a page or an order, if any: it chooses no messages.
    pub fn of_pages(&self) -> Option<&'static str> {
        OF_PAGES.into_iter().find(|name| {
            let is_kept = self.kept.iter().any(|(key, _)| key == name);
            is_kept || (*name == "marker" && self.marker.is_some())
        })
    }

    /// The query string of the page that follows the message `last`.
    pub fn next(&self, last: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.kept);
        query.append_pair("marker", last);
        query.finish()
    }
}

/// Splits at `&` and `;` and decodes; `+` is a space.
fn decode(query_string: &str) -> Result<Vec<(String, String)>, Error> {
    let word = |text: &str| -> Result<String, Error> {
        let text: Cow<'_, str> = if text.contains('+') {
            text.replace('+', " ").into()
        } else {
            text.into()
        };
        percent_decode(text.as_bytes()).decode_utf8().map(Cow::into_owned).map_err(|_| {
            Error::bad_request(
                "Error decoding your request. Either the URL or the request body contained characters that could \
                 not be decoded by Tidings.",
            )
        })
    };
    query_string
        .split(['&', ';'])
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((word(key)?, word(value)?))
        })
        .collect()
}

/// Takes the first parameter of this name. A second one remains and counts as a filter, as in block storage.
fn take(parameters: &mut Vec<(String, String)>, name: &str) -> Option<String> {
    let index = parameters.iter().position(|(key, _)| key == name)?;
    Some(parameters.remove(index).1)
}

/// The conditions of a free text, which block storage does not have.
fn find(text: &str, language: Language) -> Result<Vec<Condition>, Error> {
    let has_too_many = text.split_whitespace().nth(search::MOST_WORDS).is_some();
    if has_too_many || text.chars().nth(search::LONGEST).is_some() {
        return Err(Error::invalid_input(
            "text may have 8 words and 255 characters at most",
        ));
    }
    Ok(search::conditions(text, language))
}

/// The filter by state, which block storage does not have.
fn filter(state: &str) -> Result<StateFilter, Error> {
    StateFilter::from_name(state)
        .ok_or_else(|| Error::invalid_input("state must be unread, read, done or inbox"))
}

fn limit(text: Option<String>, max: usize) -> Result<i64, Error> {
    let max = i64::try_from(max).unwrap_or(i64::MAX);
    let Some(text) = text else { return Ok(max) };
    match integer(&text) {
        None => Err(Error::bad_request("limit param must be an integer")),
        Some(limit) if limit < 0 => Err(Error::bad_request("limit param must be positive")),
        Some(limit) => Ok(limit.min(max)),
    }
}

fn offset(text: Option<String>) -> Result<i64, Error> {
    let Some(text) = text else { return Ok(0) };
    match integer(&text) {
        None => Err(Error::bad_request("offset must be an integer")),
        Some(offset) if offset < 0 => Err(Error::bad_request("offset must be >= 0")),
        Some(offset) if offset > i64::from(i32::MAX) => {
            Err(Error::bad_request("offset must be <= 2147483647"))
        }
        Some(offset) => Ok(offset),
    }
}

/// Reads an integer like Python: with spaces around, a sign, and single underscores between digits. A number beyond 64
/// bits is the largest one.
fn integer(text: &str) -> Option<i64> {
    let text = text.trim();
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let is_number = digits
        .split('_')
        .all(|group| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit()));
    if !is_number {
        return None;
    }
    let value = digits.replace('_', "").parse::<i64>().unwrap_or(i64::MAX);
    Some(if is_negative { -value } else { value })
}

/// The requested order; none if a key is not a column.
fn order(
    sort: Option<String>,
    sort_key: Option<String>,
    sort_dir: Option<String>,
) -> Result<Option<Vec<(Column, Direction)>>, Error> {
    let pairs: Vec<(String, String)> = match sort {
        Some(sort) => sort
            .split(',')
            .map(|element| {
                let (key, direction) = element.split_once(':').unwrap_or((element, "desc"));
                (key.trim().to_owned(), direction.trim().to_owned())
            })
            .collect(),
        None if sort_key.is_none() && sort_dir.is_none() => return Ok(Some(Vec::new())),
        None => {
            let key = sort_key
                .unwrap_or_else(|| "created_at".to_owned())
                .trim()
                .to_owned();
            vec![(
                key,
                sort_dir.unwrap_or_else(|| "desc".to_owned()).trim().to_owned(),
            )]
        }
    };
    let mut order = Vec::with_capacity(pairs.len());
    let mut is_valid = true;
    for (key, direction) in pairs {
        let direction = match direction.as_str() {
            "asc" => Direction::Ascending,
            "desc" => Direction::Descending,
            _ => {
                return Err(Error::invalid_input(
                    "Unknown sort direction, must be 'desc' or 'asc'.",
                ));
            }
        };
        match Column::parse(&key) {
            Some(column) => order.push((column, direction)),
            None => is_valid = false,
        }
    }
    Ok(is_valid.then_some(order))
}
