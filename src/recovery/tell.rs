//! Messages to tenants about their instances.

use uuid::Uuid;

use crate::catalog::{Code, ha};
use crate::failure::{FailureNotification, NotificationType};
use crate::message::Draft;
use crate::store::{Error, Tx, message};

use super::tenants::{Affected, Outcome, keep, known};
use super::terms::Terms;

/// Records messages about new outcomes; about failures only once no other attempt follows.
pub(super) fn tell(
    tx: &mut Tx<'_>,
    terms: &Terms,
    notification: &mut FailureNotification,
    is_last: bool,
    now: i64,
) -> Result<(), Error> {
    let mut tenants = known(notification);
    for affected in &mut tenants {
        let Some(outcome) = affected
            .outcome
            .filter(|outcome| is_last || !outcome.is_failure())
        else {
            continue;
        };
        if affected.told == Some(outcome) {
            continue;
        }
        let code = code(notification.kind, outcome);
        record(tx, terms, affected, code, now)?;
        affected.told = Some(outcome);
    }
    keep(notification, &tenants);
    Ok(())
}

/// Records messages about all instances that were not recovered.
pub(super) fn tell_failed(
    tx: &mut Tx<'_>,
    terms: &Terms,
    notification: &mut FailureNotification,
    now: i64,
) -> Result<(), Error> {
    let mut tenants = known(notification);
    for affected in &mut tenants {
        affected.outcome.get_or_insert(Outcome::Failed);
    }
    keep(notification, &tenants);
    tell(tx, terms, notification, true, now)
}

/// Records a message. A project or instance that no message can have is left out, so that it does not keep the recovery from
/// ending.
fn record(tx: &mut Tx<'_>, terms: &Terms, affected: &Affected, code: Code, now: i64) -> Result<(), Error> {
    let draft = Draft {
        event_id: Some(code.to_string()),
        resource_type: Some("INSTANCE".to_owned()),
        resource_uuid: Some(affected.instance.clone()),
        ..Draft::default()
    };
    let id = Uuid::now_v7();
    match draft.check() {
        Ok(checked) => {
            let told = checked.into_message(id, &affected.project, now, terms.ttl, &format!("req-{id}"));
            message::add(tx, &told, &terms.reporter)
        }
        Err(_) => Ok(()),
    }
}

fn code(kind: NotificationType, outcome: Outcome) -> Code {
    match (kind, outcome) {
        (NotificationType::Process, _) => ha::PROCESS_FAILED,
        (_, Outcome::Skipped) => ha::RECOVERY_SKIPPED,
        (_, Outcome::NoRoom) => ha::NO_ROOM_FOR_INSTANCE,
        (NotificationType::Vm, Outcome::Recovered) => ha::INSTANCE_RECOVERED,
        (NotificationType::Vm, Outcome::Failed) => ha::INSTANCE_RECOVERY_FAILED,
        (NotificationType::ComputeHost, Outcome::Recovered) => ha::INSTANCE_MOVED,
        (NotificationType::ComputeHost, Outcome::Failed) => ha::INSTANCE_MOVE_FAILED,
    }
}
