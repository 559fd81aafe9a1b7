//! Changes of one notification.

use uuid::Uuid;

use super::show::failure_of;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::event::Reporter;
use crate::failure::FailureNotification;
use crate::recovery::Terms;
use crate::store::{Error, Tx};
use crate::telemetry::RecoveryMetrics;

/// Changes a notification in the database; `statuses` are those that allow it.
pub(super) fn change<F>(
    context: &Context,
    id: Uuid,
    statuses: &str,
    change: F,
) -> Result<FailureNotification, Failure>
where
    F: Fn(&mut Tx<'_>, &Terms, Uuid, i64) -> Result<FailureNotification, Error> + Send + 'static,
{
    let reporter = Reporter::new(&context.config);
    let terms = Terms::new(&context.config, reporter, RecoveryMetrics::default());
    let now = context.clock.now();
    context.with_store(|store| async move {
        let written = store.write(move |tx| change(tx, &terms, id, now));
        written.await.map_err(|error| match error {
            Error::Conflict(text) => Failure::Data(format!("{text}, not {statuses}")),
            error => failure_of(error, id),
        })
    })
}
