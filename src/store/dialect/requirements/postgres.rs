//! What the store needs of PostgreSQL.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Bool, Text};

use crate::store::error::Error;

#[derive(QueryableByName)]
struct Server {
    #[diesel(sql_type = Text)]
    encoding: String,
    #[diesel(sql_type = Text)]
    language: String,
    #[diesel(sql_type = Bool)]
    is_standby: bool,
}

/// Refuses a server that the store cannot work with. Warns where errors are not in English, since their words decide on
/// retries.
///
/// # Errors
/// [`Error::Conflict`] with what to change; [`Error::Unavailable`] for a standby, which may be the primary in a moment.
pub(in crate::store::dialect) fn check(conn: &mut PgConnection) -> Result<(), Error> {
    let server: Server = sql_query(
        "SELECT current_setting('server_encoding') AS encoding, current_setting('lc_messages') AS language, \
         pg_is_in_recovery() AS is_standby",
    )
    .get_result(conn)?;
    if server.encoding != "UTF8" {
        return Err(Error::Conflict(format!(
            "the database has the encoding {}: create one with CREATE DATABASE .. TEMPLATE template0 ENCODING 'UTF8'",
            server.encoding
        )));
    }
    if server.is_standby {
        return Err(Error::Unavailable(
            "the server is a standby, which only reads: name the primary in [database] connection, or all servers and \
             target_session_attrs=read-write"
                .to_owned(),
        ));
    }
    let language = server.language;
    let is_english =
        language.starts_with("en") || ["", "C", "POSIX"].contains(&language.split('.').next().unwrap_or(""));
    if !is_english {
        tracing::warn!(
            language,
            "PostgreSQL reports errors in a language other than English, so deadlocks are not recognized; set lc_messages = 'C' for this user"
        );
    }
    Ok(())
}
