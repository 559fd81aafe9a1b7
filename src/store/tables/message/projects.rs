//! The projects that have messages.

use diesel::prelude::*;

use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::schema::messages;

/// Returns the projects after `after` that have messages, by id, up to `most`. Jumps in the key from one to the next, so
/// it reads one row for each.
pub fn projects(conn: &mut Conn, after: &str, most: usize) -> Result<Vec<String>, Error> {
    let mut projects: Vec<String> = Vec::new();
    while projects.len() < most {
        let last = projects.last().map_or(after, String::as_str).to_owned();
        let next = messages::table
            .select(messages::project_id)
            .filter(messages::project_id.gt(last))
            .order((messages::project_id, messages::created_at, messages::id))
            .first(conn)
            .optional()?;
        match next {
            Some(next) => projects.push(next),
            None => break,
        }
    }
    Ok(projects)
}
