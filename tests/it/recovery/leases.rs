//! Leases: lost ones, stale numbers, steps without progress, failed attempts, fencing.

use tidings::failure::{NotificationType, Status, Term, VMoveStatus};
use tidings::recovery::{Move, ProgressReport};
use tidings::store::Error;
use uuid::Uuid;

use super::desk::{Desk, LEASE, RETRY_AFTER, STEP_TIMEOUT, host_down, line};

/// A desk with a claimed notification of a virtual machine.
async fn claimed() -> (Desk, Uuid, Term) {
    let desk = Desk::new().await;
    desk.host("h1").await;
    let id = desk.vm("h1").await;
    let lease = desk.claim().await.unwrap().notification.term;
    (desk, id, lease)
}

fn moved(status: VMoveStatus) -> ProgressReport {
    let of = Move {
        instance: Uuid::from_u128(7),
        name: None,
        dest_host: None,
        kind: None,
        status,
        message: None,
    };
    ProgressReport {
        moves: vec![of],
        ..ProgressReport::default()
    }
}

#[tokio::test]
async fn a_lost_lease_is_given_to_another_engine_and_the_old_number_changes_nothing() {
    let (mut desk, id, lost) = claimed().await;
    desk.now += LEASE;
    let other = desk.claim_by("engine-2", &NotificationType::ALL).await.unwrap();
    assert_eq!(
        (other.notification.uuid, other.notification.term),
        (id, lost.next())
    );
    let before = desk.shown(id).await;
    for refused in [
        desk.step(id, lost, "late").await.map(drop),
        desk.fence(id, lost).await.map(drop),
        desk.finish(id, lost, Status::Finished).await.map(drop),
        desk.finish(id, lost, Status::Error).await.map(drop),
    ] {
        assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
    }
    assert_eq!(desk.shown(id).await, before);
    assert_eq!(desk.path(id).await, ["running", "error", "running"]);
}

#[tokio::test]
async fn without_another_engine_nothing_stays_running() {
    let (mut desk, id, lease) = claimed().await;
    desk.now += LEASE - 1;
    desk.attend().await;
    assert_eq!(desk.status(id).await, Status::Running);
    desk.now += 1;
    desk.attend().await;
    assert_eq!(desk.status(id).await, Status::Error);
    assert!(desk.shown(id).await.message.unwrap().contains("engine-1"));
    assert!(desk.finish(id, lease, Status::Finished).await.is_err());
}

#[tokio::test]
async fn a_late_call_counts_while_the_host_is_still_held() {
    let (mut desk, id, lease) = claimed().await;
    desk.now += 2 * LEASE;
    assert_eq!(
        desk.step(id, lease, "still here").await.unwrap(),
        desk.now + LEASE
    );
    assert_eq!(desk.claim().await, None);
}

#[tokio::test]
async fn a_step_without_progress_times_out_however_often_the_lease_is_renewed() {
    let (mut desk, id, lease) = claimed().await;
    desk.step(id, lease, "stopping").await.unwrap();
    let begun = desk.now;
    while desk.now + LEASE < begun + STEP_TIMEOUT {
        desk.now += LEASE / 2;
        desk.step(id, lease, "stopping").await.unwrap();
    }
    let until = desk.shown(id).await.lease_until.unwrap();
    assert_eq!(until, begun + STEP_TIMEOUT);
    desk.now = until;
    assert!(desk.step(id, lease, "stopping").await.is_err());
    desk.attend().await;
    let shown = desk.shown(id).await;
    assert_eq!((shown.status, shown.retries), (Status::Error, 1));
    assert!(shown.message.unwrap().contains("no progress"));
}

/// What an engine reports again and again while it hangs.
async fn assert_times_out(mut desk: Desk, id: Uuid, lease: Term, repeated: ProgressReport) {
    let begun = desk.now;
    desk.progress(id, lease, repeated.clone()).await.unwrap();
    loop {
        desk.now += LEASE / 2;
        if desk.progress(id, lease, repeated.clone()).await.is_err() {
            break;
        }
        assert!(desk.now < begun + STEP_TIMEOUT, "it counts as progress");
    }
    desk.attend().await;
    let shown = desk.shown(id).await;
    assert_eq!((shown.status, shown.retries), (Status::Error, 1));
    assert!(shown.message.unwrap().contains("no progress"));
}

#[tokio::test]
async fn an_engine_that_repeats_its_last_lines_makes_no_progress() {
    let (desk, id, lease) = claimed().await;
    let said = ["stopping", "waiting", "stopping"].map(line);
    let repeated = ProgressReport {
        lines: said.to_vec(),
        ..ProgressReport::default()
    };
    assert_times_out(desk, id, lease, repeated).await;
}

/// A desk with a claimed notification of a host.
async fn claimed_host() -> (Desk, Uuid, Term) {
    let desk = Desk::new().await;
    desk.host("h1").await;
    let id = desk
        .report("h1", NotificationType::ComputeHost, &host_down())
        .await;
    let lease = desk.claim().await.unwrap().notification.term;
    (desk, id, lease)
}

#[tokio::test]
async fn an_engine_that_repeats_its_moves_makes_no_progress() {
    let (desk, id, lease) = claimed_host().await;
    desk.fence(id, lease).await.unwrap();
    let both = [VMoveStatus::Ongoing, VMoveStatus::Succeeded].map(|status| moved(status).moves);
    let repeated = ProgressReport {
        moves: both.concat(),
        ..ProgressReport::default()
    };
    assert_times_out(desk, id, lease, repeated).await;
}

#[tokio::test]
async fn an_engine_that_repeats_its_proof_makes_no_progress() {
    let (mut desk, id, lease) = claimed_host().await;
    let begun = desk.now;
    while desk.fence(id, lease).await.is_ok() {
        assert!(desk.now < begun + STEP_TIMEOUT, "it counts as progress");
        desk.now += LEASE / 2;
    }
    assert_eq!(desk.claim().await, None);
    assert_eq!(desk.status(id).await, Status::Error);
}

/// It may have to do the same steps.
#[tokio::test]
async fn what_another_engine_said_before_is_progress_of_its_successor() {
    let (mut desk, id, lost) = claimed().await;
    desk.step(id, lost, "stopping").await.unwrap();
    desk.now += LEASE;
    let lease = desk.claim().await.unwrap().notification.term;
    let taken_over = desk.now;
    desk.now += LEASE / 2;
    desk.step(id, lease, "stopping").await.unwrap();
    let progressed = desk.now;
    while desk.step(id, lease, "stopping").await.is_ok() {
        desk.now += LEASE / 2;
    }
    assert_eq!(desk.shown(id).await.lease_until, Some(progressed + STEP_TIMEOUT));
    assert!(progressed > taken_over);
}

/// Its attempt has not failed, as that of a step without progress has.
#[tokio::test]
async fn a_silent_engine_whose_last_progress_was_a_move_has_lost_its_lease() {
    let (mut desk, id, lease) = claimed_host().await;
    desk.fence(id, lease).await.unwrap();
    let begun = desk.now;
    let mut instance = 0;
    while desk.now < begun + STEP_TIMEOUT {
        desk.now += LEASE / 2;
        instance += 1;
        let mut report = moved(VMoveStatus::Succeeded);
        report.moves[0].instance = Uuid::from_u128(instance);
        desk.progress(id, lease, report).await.unwrap();
    }
    desk.now += LEASE;
    desk.attend().await;
    let shown = desk.shown(id).await;
    assert_eq!((shown.status, shown.retries), (Status::Error, 0));
    assert!(shown.message.unwrap().contains("silent"));
}

#[tokio::test]
async fn a_failed_attempt_is_followed_by_one_more() {
    let (mut desk, id, lease) = claimed().await;
    assert_eq!(
        desk.finish(id, lease, Status::Error).await.unwrap(),
        Status::Error
    );
    assert_eq!(desk.claim().await, None, "not at once");
    desk.now += RETRY_AFTER;
    let second = desk.claim().await.unwrap().notification.term;
    assert_eq!(
        desk.finish(id, second, Status::Error).await.unwrap(),
        Status::Failed
    );
    assert_eq!(desk.path(id).await, ["running", "error", "running", "failed"]);
    desk.now += RETRY_AFTER;
    assert_eq!(desk.claim().await, None);
}

#[tokio::test]
async fn the_end_may_be_reported_twice() {
    let (mut desk, id, lease) = claimed().await;
    desk.finish(id, lease, Status::Error).await.unwrap();
    assert_eq!(
        desk.finish(id, lease, Status::Error).await.unwrap(),
        Status::Error
    );
    assert!(desk.finish(id, lease, Status::Finished).await.is_err());
    desk.now += RETRY_AFTER;
    let lease = desk.claim().await.unwrap().notification.term;
    desk.finish(id, lease, Status::Error).await.unwrap();
    assert_eq!(
        desk.finish(id, lease, Status::Error).await.unwrap(),
        Status::Failed
    );
    assert_eq!(desk.updates(id).await.len(), 4);
}

#[tokio::test]
async fn instances_are_moved_only_once_the_engine_has_proved_that_the_host_is_fenced() {
    let (mut desk, id, lease) = claimed_host().await;
    desk.progress(id, lease, moved(VMoveStatus::Pending))
        .await
        .unwrap();
    for status in [VMoveStatus::Ongoing, VMoveStatus::Succeeded, VMoveStatus::Failed] {
        let refused = desk.progress(id, lease, moved(status)).await;
        assert!(matches!(refused, Err(Error::Conflict(_))), "{status:?}");
    }
    desk.fence(id, lease).await.unwrap();
    desk.progress(id, lease, moved(VMoveStatus::Ongoing))
        .await
        .unwrap();
    desk.now += LEASE;
    let claimed = desk.claim().await.unwrap();
    assert_eq!(claimed.vmoves.len(), 1, "one row, however often it is reported");
    let other = claimed.notification.term;
    let refused = desk.progress(id, other, moved(VMoveStatus::Succeeded)).await;
    assert!(
        matches!(refused, Err(Error::Conflict(_))),
        "each engine proves it"
    );
}

#[tokio::test]
async fn the_proof_outlives_the_oldest_lines() {
    let (desk, id, lease) = claimed_host().await;
    desk.fence(id, lease).await.unwrap();
    for round in 0..11 {
        let lines = (0..100).map(|number| line(&format!("{round}: {number}")));
        let report = ProgressReport {
            lines: lines.collect(),
            ..ProgressReport::default()
        };
        desk.progress(id, lease, report).await.unwrap();
    }
    let kept = desk.database.count("failure_steps");
    assert_eq!(kept, 1001, "the last lines and the proof");
    desk.progress(id, lease, moved(VMoveStatus::Ongoing))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_step_cannot_pretend_to_be_the_proof() {
    let (desk, id, lease) = claimed().await;
    let mut pretended = line("lease 1: it is off");
    pretended.step = "FenceHostTask".to_owned();
    let report = ProgressReport {
        lines: vec![pretended],
        ..ProgressReport::default()
    };
    assert!(matches!(
        desk.progress(id, lease, report).await,
        Err(Error::Conflict(_))
    ));
}
