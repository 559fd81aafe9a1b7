//! Engines report progress.

use uuid::Uuid;

use crate::failure::{FailureNotification, NotificationType, Progress, StepState, Term, VMove, VMoveStatus};
use crate::store::failure::{Page, VMoveFilter};
use crate::store::{Error, Tx, failure};

use super::attend::{claimed_at, failed_at, progressed_at};
use super::held::held;
use super::tenants::{Affected, merge};
use super::terms::Terms;

/// The lines about steps that are kept of one notification.
const KEPT: i64 = 1000;

/// The most moves of one notification.
const MOST_MOVES: usize = 1000;

/// Progress that differs by less is the same: the database keeps millionths.
const SAME: f64 = 2e-6;

/// The step by which an engine proves that the host is fenced.
const FENCED: &str = "FenceHostTask";

/// What an engine reports.
#[derive(Debug, Clone, Default)]
pub struct ProgressReport {
    /// Lines about steps.
    pub lines: Vec<Line>,
    /// Moves of virtual machines.
    pub moves: Vec<Move>,
    /// The tenants that are affected.
    pub tenants: Vec<Affected>,
}

/// A line about a step.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The name of the step.
    pub step: String,
    /// Its state.
    pub state: StepState,
    /// How much of it is done, from 0 to 1.
    pub progress: f64,
    /// What was done.
    pub message: String,
}

/// The move of a virtual machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The virtual machine.
    pub instance: Uuid,
    /// Its name.
    pub name: Option<String>,
    /// Where it is, or is to go.
    pub dest_host: Option<String>,
    /// How it is moved.
    pub kind: Option<String>,
    /// The status of the move.
    pub status: VMoveStatus,
    /// The reason for the status.
    pub message: Option<String>,
}

/// Records progress and renews the lease; returns when it ends. A repeated report is no progress: it renews the lease only until
/// the step has taken too long.
pub fn progress(
    tx: &mut Tx<'_>,
    terms: &Terms,
    id: Uuid,
    lease: Term,
    report: &ProgressReport,
    now: i64,
) -> Result<i64, Error> {
    let mut notification = held(tx, id, lease)?;
    if report.lines.iter().any(|line| line.step == FENCED) {
        let text = format!("The step {FENCED} is reported by PUT fenced, with the evidence.");
        return Err(Error::Conflict(text));
    }
    let steps = failure::steps(tx.conn(), id)?;
    let new = new_lines(&steps, &report.lines, &notification);
    add_lines(tx, terms, id, &new, now)?;
    let has_moved = add_moves(tx, &notification, &steps, report, now)?;
    merge(&mut notification, &report.tenants);
    renew(tx, terms, &mut notification, !new.is_empty() || has_moved, now)
}

/// Records the proof that the host is fenced, and renews the lease. It holds for this lease: another engine proves it again.
pub fn fence(
    tx: &mut Tx<'_>,
    terms: &Terms,
    id: Uuid,
    lease: Term,
    evidence: &str,
    now: i64,
) -> Result<i64, Error> {
    let mut notification = held(tx, id, lease)?;
    let line = Line {
        step: FENCED.to_owned(),
        state: StepState::Success,
        progress: 1.0,
        message: format!("{}{evidence}", proof_of(lease)),
    };
    let (steps, lines) = (failure::steps(tx.conn(), id)?, [line]);
    let new = new_lines(&steps, &lines, &notification);
    add_lines(tx, terms, id, &new, now)?;
    renew(tx, terms, &mut notification, !new.is_empty(), now)
}

/// How the line with the proof for a lease begins.
fn proof_of(lease: Term) -> String {
    format!("lease {lease}: ")
}

/// The lines that say something new under the present lease. What was said before, and not only last, is no progress: an engine that
/// hangs may repeat several lines. What an earlier engine said counts again, as its successor may have to do the same steps.
fn new_lines<'a>(steps: &[Progress], lines: &'a [Line], notification: &FailureNotification) -> Vec<&'a Line> {
    let claimed_at = claimed_at(notification);
    let said: Vec<&Progress> = steps.iter().filter(|said| said.at >= claimed_at).collect();
    let is_known = |line: &Line| {
        said.iter().any(|said| {
            let is_as_far = (said.progress - line.progress).abs() < SAME;
            said.step == line.step && said.state == line.state && is_as_far && said.message == line.message
        })
    };
    let mut new: Vec<&Line> = Vec::new();
    for line in lines {
        if !is_known(line) && !new.contains(&line) {
            new.push(line);
        }
    }
    new
}

fn add_lines(tx: &mut Tx<'_>, terms: &Terms, id: Uuid, lines: &[&Line], now: i64) -> Result<(), Error> {
    if lines.is_empty() {
        return Ok(());
    }
    let steps = lines.iter().map(|line| {
        let progress = Progress {
            at: now,
            step: line.step.clone(),
            state: line.state,
            progress: line.progress,
            message: line.message.clone(),
        };
        (terms.reporter.next_id(now), progress)
    });
    failure::add_steps(tx, id, &steps.collect::<Vec<_>>())?;
    failure::trim_steps(tx, id, KEPT, FENCED)
}

/// Records moves; returns whether any is new. Moving begins only once the host is fenced: its instances might still write to
/// their disks.
fn add_moves(
    tx: &mut Tx<'_>,
    notification: &FailureNotification,
    steps: &[Progress],
    report: &ProgressReport,
    now: i64,
) -> Result<bool, Error> {
    if report.moves.is_empty() {
        return Ok(false);
    }
    if notification.kind != NotificationType::ComputeHost {
        let text = "Only notifications of the type COMPUTE_HOST have moves.";
        return Err(Error::Conflict(text.to_owned()));
    }
    let proof = proof_of(notification.term);
    let is_fenced = steps
        .iter()
        .any(|line| line.step == FENCED && line.message.starts_with(&proof));
    let begins = |of: &Move| !matches!(of.status, VMoveStatus::Pending | VMoveStatus::Ignored);
    if !is_fenced && report.moves.iter().any(begins) {
        let text = "The host is not fenced: prove it with PUT fenced before instances are started elsewhere.";
        return Err(Error::Conflict(text.to_owned()));
    }
    let page = Page::newest(i64::try_from(MOST_MOVES).unwrap_or(i64::MAX));
    let known = failure::vmoves(tx.conn(), notification.uuid, &VMoveFilter::default(), &page)?;
    let source = failure::host(tx.conn(), notification.source_host_uuid, None)?.name;
    let (mut has_moved, mut room) = (false, MOST_MOVES.saturating_sub(known.len()));
    for new in last_of_each(&report.moves) {
        let instance = new.instance.to_string();
        let before = known.iter().find(|known| known.instance_uuid == instance);
        let after = moved(notification.uuid, before, new, &source, now);
        let is_same = before.is_some_and(|before| {
            let updated_at = before.updated_at;
            *before
                == VMove {
                    updated_at,
                    ..after.clone()
                }
        });
        if is_same || (before.is_none() && room == 0) {
            continue;
        }
        room -= usize::from(before.is_none());
        failure::save_vmove(tx, &after)?;
        has_moved = true;
    }
    Ok(has_moved)
}

/// The last of the moves of each instance: those before it would count as progress each time that a report is repeated.
fn last_of_each(moves: &[Move]) -> impl Iterator<Item = &Move> {
    let is_last = |(at, of): &(usize, &Move)| {
        let mut later = moves.iter().skip(at + 1);
        !later.any(|other| other.instance == of.instance)
    };
    moves.iter().enumerate().filter(is_last).map(|(_, of)| of)
}

/// A move as it is after a report. What the report leaves out stays as it was.
fn moved(notification: Uuid, before: Option<&VMove>, new: &Move, source: &str, now: i64) -> VMove {
    let is_over = matches!(new.status, VMoveStatus::Succeeded | VMoveStatus::Failed);
    let has_begun = is_over || new.status == VMoveStatus::Ongoing;
    let start_time = before.and_then(|before| before.start_time);
    let end_time = before.and_then(|before| before.end_time).filter(|_| is_over);
    let or = |new: &Option<String>, field: fn(&VMove) -> Option<String>| {
        new.clone().or_else(|| before.and_then(field))
    };
    VMove {
        id: before.map_or(0, |before| before.id),
        uuid: before.map_or_else(Uuid::new_v4, |before| before.uuid),
        created_at: before.map_or(now, |before| before.created_at),
        updated_at: before.map(|_| now),
        notification_uuid: notification,
        instance_uuid: new.instance.to_string(),
        instance_name: or(&new.name, |before| before.instance_name.clone()),
        source_host: Some(source.to_owned()),
        dest_host: or(&new.dest_host, |before| before.dest_host.clone()),
        start_time: start_time.or(has_begun.then_some(now)),
        end_time: end_time.or(is_over.then_some(now)),
        kind: or(&new.kind, |before| before.kind.clone()).or_else(|| Some("evacuation".to_owned())),
        status: new.status,
        message: new.message.clone(),
    }
}

/// Renews the lease, but not beyond the time that a step may take without progress, or the notification without recovery.
fn renew(
    tx: &mut Tx<'_>,
    terms: &Terms,
    notification: &mut FailureNotification,
    has_progressed: bool,
    now: i64,
) -> Result<i64, Error> {
    let before = notification.clone();
    let progressed_at = if has_progressed {
        now
    } else {
        progressed_at(tx.conn(), notification)?
    };
    let expires_at = failed_at(tx.conn(), terms, notification, now)?.saturating_add(terms.expire_after);
    let latest = progressed_at.saturating_add(terms.step_timeout).min(expires_at);
    let until = now.saturating_add(terms.lease).min(latest);
    if until <= now {
        let text =
            "The lease is over: the step has made no progress for too long, or the notification is too old.";
        return Err(Error::Conflict(text.to_owned()));
    }
    (notification.lease_until, notification.due) = (Some(until), Some(until));
    failure::replace(tx, &before, notification)?;
    Ok(until)
}
