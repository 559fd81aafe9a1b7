//! Finding segments and hosts by name or id, and changing them.

use uuid::Uuid;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::event::Reporter;
use crate::failure::{Host, Segment};
use crate::store::{Conn, Error, Tx, failure};

/// The segment with this name or id.
pub(super) fn segment(conn: &mut Conn, name: &str) -> Result<Segment, Error> {
    match Uuid::try_parse(name) {
        Ok(id) => failure::segment(conn, id),
        Err(_) => failure::segment_named(conn, name),
    }
}

/// The host with this name or id.
pub(super) fn host(conn: &mut Conn, name: &str) -> Result<Host, Error> {
    match Uuid::try_parse(name) {
        Ok(id) => failure::host(conn, id, None),
        Err(_) => failure::host_named(conn, name),
    }
}

/// Why a segment and its hosts stay as they are.
pub(super) const OPEN: &str = "a notification of the segment is not final: wait until it ends, or cancel it with \
    `tidings notification cancel`";

/// Runs a change; `name` is what it is about, and `conflict` what may stand against it.
pub(super) fn write<T, F>(context: &Context, name: &str, conflict: &str, change: F) -> Result<T, Failure>
where
    T: Send + 'static,
    F: Fn(&mut Tx<'_>, &Reporter, i64) -> Result<T, Error> + Send + 'static,
{
    let (reporter, now) = (Reporter::new(&context.config), context.clock.now());
    context.with_store(|store| async move {
        let written = store.write(move |tx| change(tx, &reporter, now));
        written.await.map_err(|error| match error {
            Error::Conflict(_) => Failure::Data(format!("{name}: {conflict}")),
            error => failure_of(error, name),
        })
    })
}

/// The failure of a command about a segment or host.
pub(super) fn failure_of(error: Error, name: &str) -> Failure {
    match error {
        Error::NotFound => Failure::NotFound(format!("no segment or host has the name or id {name}")),
        error => Failure::store("the segments cannot be read or changed")(error),
    }
}
