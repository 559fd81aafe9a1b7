//! The reader whose read state a call is about.

use crate::api::error::Error;
use crate::identity::Caller;
use crate::message::time;
use crate::store::read_state::ProjectUser;

/// Longest id of a user or project that a database takes, in characters. Keystone's have 64.
const LONGEST_ID: usize = 255;

/// The caller as a reader.
///
/// # Errors
/// [`Error::BadRequest`] for a caller without a project, and for ids that are too long for a database.
pub fn of(caller: &Caller) -> Result<ProjectUser, Error> {
    let Some(project) = caller.project.clone() else {
        return Err(Error::bad_request("A project-scoped token is required."));
    };
    let user = caller.user.clone();
    if [&user, &project].iter().any(|id| id.chars().count() > LONGEST_ID) {
        return Err(Error::bad_request(
            "The id of the user or the project is too long.",
        ));
    }
    Ok(ProjectUser { project, user })
}

/// The time up to which everything has been read, in microseconds since 1970.
///
/// # Errors
/// [`Error::BadRequest`] for any other text.
pub fn until(text: &str) -> Result<i64, Error> {
    time::parse(text)
        .ok_or_else(|| Error::bad_request("until: must be a time such as 2026-11-21T03:20:24.834285"))
}
