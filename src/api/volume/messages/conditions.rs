//! The filters in the query string of a list, with block storage's errors for unknown ones.

use crate::api::error::Error;
use crate::brief::{self, brief, listed};
use crate::catalog::canonical_uuid;
use crate::message::{Column, Condition, time};

/// The columns by which every caller may filter.
pub const FILTERS: [&str; 5] = [
    "resource_uuid",
    "resource_type",
    "event_id",
    "request_id",
    "message_level",
];

/// The filters by time, which every caller may use.
const SINCE: &str = "created_since";
const BEFORE: &str = "created_before";

/// Most unknown filters that an answer names.
const MOST_NAMED: usize = 10;

/// From 3.31 on, non-admins may filter only by the five columns and by time: for them an unknown filter is a 400, and
/// `all_tenants` is ignored.
pub fn check_filters(rest: &mut Vec<(String, String)>, is_admin: bool) -> Result<(), Error> {
    if rest.iter().any(|(key, _)| !key.is_ascii()) {
        return Err(Error::bad_request(
            "Filter keys can only contain ASCII characters.",
        ));
    }
    if is_admin {
        return Ok(());
    }
    rest.retain(|(key, _)| key != "all_tenants");
    let unknown: Vec<_> = rest
        .iter()
        .map(|(key, _)| key.as_str())
        .filter(|key| !FILTERS.contains(key) && ![SINCE, BEFORE].contains(key))
        .map(|key| brief(key, brief::NAME))
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(Error::bad_request(&format!(
        "Invalid filters {} are found in query options.",
        listed(unknown, ",", MOST_NAMED)
    )))
}

/// The conditions of the filters; none if one of them cannot match.
pub fn conditions(filters: &[(String, String)]) -> Result<Option<Vec<Condition>>, Error> {
    let mut conditions: Vec<Condition> = Vec::with_capacity(filters.len());
    let mut patterns: Vec<(Column, &str)> = Vec::new();
    let mut seen: Vec<&str> = Vec::with_capacity(filters.len());
    let mut matches_nothing = false;
    for (key, value) in filters {
        if let Some(name) = key.strip_suffix('~') {
            let column =
                Column::parse(name).ok_or_else(|| Error::bad_request(&format!("{key} is not a filter.")))?;
            // The last one of a repeated pattern counts.
            patterns.retain(|(known, _)| *known != column);
            patterns.push((column, value));
            continue;
        }
        if seen.contains(&key.as_str()) {
            return Err(Error::malformed());
        }
        seen.push(key);
        if let SINCE | BEFORE = key.as_str() {
            conditions.push(created(key, value)?);
            continue;
        }
        match Column::parse(key)
            .map(|column| equals(column, value))
            .transpose()?
        {
            Some(Match::Rows(condition)) => conditions.push(condition),
            Some(Match::Every) => {}
            Some(Match::Nothing) | None => matches_nothing = true,
        }
    }
    for (column, pattern) in patterns {
        conditions.push(like(column, pattern)?);
    }
    Ok((!matches_nothing).then_some(conditions))
}

/// The condition of a filter by time or by day.
fn created(key: &str, value: &str) -> Result<Condition, Error> {
    let at = time::bound(value).ok_or_else(|| {
        Error::invalid_input(&format!(
            "{key} must be a time such as 2026-11-21T03:20:24.834285 or a day such as 2026-11-21"
        ))
    })?;
    Ok(match key {
        SINCE => Condition::Since(Column::CreatedAt, at),
        _ => Condition::Before(Column::CreatedAt, at),
    })
}

enum Match {
    Rows(Condition),
    Every,
    Nothing,
}

fn equals(column: Column, value: &str) -> Result<Match, Error> {
    Ok(match column {
        Column::Id => canonical_uuid(value).map_or(Match::Nothing, |id| Match::Rows(Condition::Id(id))),
        Column::CreatedAt | Column::ExpiresAt => Match::Rows(Condition::Time(column, instant(value)?)),
        // Rows are never updated, and deleted ones are removed.
        Column::UpdatedAt | Column::DeletedAt => instant(value).map(|_| Match::Nothing)?,
        Column::Deleted => match value.to_ascii_lowercase().as_str() {
            "false" | "0" | "f" | "no" | "n" | "off" => Match::Every,
            "true" | "1" | "t" | "yes" | "y" | "on" => Match::Nothing,
            _ => return Err(Error::invalid_input("deleted must be true or false")),
        },
        Column::ResourceType | Column::MessageLevel => {
            Match::Rows(Condition::Equals(column, value.to_ascii_uppercase()))
        }
        _ => Match::Rows(Condition::Equals(column, value.to_owned())),
    })
}

fn instant(value: &str) -> Result<i64, Error> {
    time::parse(value)
        .ok_or_else(|| Error::invalid_input("a time must have the form 2026-11-21T03:20:24.834285"))
}

/// Longest LIKE pattern, in bytes: no value is longer, and matching time grows with it.
const LONGEST_PATTERN: usize = 255;

fn like(column: Column, value: &str) -> Result<Condition, Error> {
    if value.len() > LONGEST_PATTERN {
        return Err(Error::invalid_input("a pattern may have 255 bytes at most"));
    }
    let value = match column {
        Column::ResourceType | Column::MessageLevel => value.to_ascii_uppercase(),
        // Ids are stored as bytes, so only their digits are matched.
        Column::Id => value.replace('-', ""),
        Column::CreatedAt | Column::ExpiresAt | Column::UpdatedAt | Column::DeletedAt | Column::Deleted => {
            return Err(Error::invalid_input("only texts can be matched by a pattern"));
        }
        _ => value.to_owned(),
    };
    Ok(Condition::Like(column, format!("%{value}%")))
}
