//! What the store needs of PostgreSQL.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use crate::store::error::Error;

/// Refuses an unsuitable server: [`Error::Conflict`] says what to change, [`Error::Unavailable`] is for a standby, which may
/// become the primary in a moment. Warns where errors are not in English, since retries depend on their text.
pub(super) fn check(conn: &mut PgConnection) -> Result<(), Error> {
    let settings = sql::<(Text, Text, Bool)>(
        "SELECT current_setting('server_encoding'), current_setting('lc_messages'), pg_is_in_recovery()",
    );
    let (encoding, language, is_standby): (String, String, bool) = settings.get_result(conn)?;
    if encoding != "UTF8" {
        return Err(Error::Conflict(format!(
            "the database has the encoding {encoding}: create one with CREATE DATABASE .. TEMPLATE template0 ENCODING 'UTF8'"
        )));
    }
    if is_standby {
        return Err(Error::Unavailable(
            "the server is a standby, which only reads: name the primary in [database] connection, or all servers and \
             target_session_attrs=read-write"
                .to_owned(),
        ));
    }
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
