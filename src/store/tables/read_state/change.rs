//! Changing the states of messages, and undoing a change.

use diesel::prelude::*;
use uuid::Uuid;

use super::mark::{Mark, insert_marks};
use super::undo::Undo;
use super::unread::states_among;
use super::user::ProjectUser;
use super::watermark;
use crate::message::{Change, Position, State};
use crate::store::error::Error;
use crate::store::schema::{messages, read_marks};
use crate::store::tables::ids::{self, CHUNK};
use crate::store::transaction::Tx;

/// What a mark takes from its message.
pub(super) type Marked = (i64, Vec<u8>, Option<i64>);

/// The most attempts to change states while another transaction changes them.
const MOST_ROUNDS: usize = 4;

/// Changes the state of these messages, as far as they exist in the user's project, and returns how many it changed: those that
/// were in that state already do not count.
pub fn change(
    tx: &mut Tx<'_>,
    user: &ProjectUser,
    ids: &[Uuid],
    change: Change,
    undo: Undo,
) -> Result<usize, Error> {
    let mut changed = 0;
    for chunk in ids.chunks(CHUNK) {
        let ids = chunk.iter().map(|id| id.as_bytes().as_slice());
        let select = messages::table
            .select((messages::created_at, messages::id, messages::expires_at))
            .filter(messages::id.eq_any(ids))
            .filter(messages::project_id.eq(&user.project));
        let found: Vec<Marked> = select.load(tx.conn())?;
        changed += change_found(tx, user, &found, change, undo)?;
    }
    Ok(changed)
}

/// Changes the state of messages of the project.
///
/// Another transaction may change a state after it was read here. Such messages are looked at again: one that was read meanwhile, for
/// example, still has to become done.
pub(super) fn change_found(
    tx: &mut Tx<'_>,
    user: &ProjectUser,
    found: &[Marked],
    change: Change,
    undo: Undo,
) -> Result<usize, Error> {
    let mut changed = 0;
    for _ in 0..MOST_ROUNDS {
        let round = change_once(tx, user, found, change, undo)?;
        changed += round.changed;
        if round.changed == round.tried {
            break;
        }
    }
    Ok(changed)
}

/// The messages whose state was to be changed, and those whose state was.
#[derive(Clone, Copy, Default)]
struct Round {
    tried: usize,
    changed: usize,
}

/// Changes the states as they are now, unless another transaction changes them first.
fn change_once(
    tx: &mut Tx<'_>,
    user: &ProjectUser,
    found: &[Marked],
    change: Change,
    undo: Undo,
) -> Result<Round, Error> {
    let positions = found
        .iter()
        .map(|(created_at, id, _)| ids::position((*created_at, id.clone())))
        .collect::<Result<Vec<Position>, Error>>()?;
    let states = states_among(tx.conn(), user, &positions)?;
    let mut round = Round::default();
    for was in State::ALL {
        let Some(state) = change.after(was) else { continue };
        let marks = found.iter().zip(&positions);
        let marks = marks.filter(|(_, position)| states.get(&position.id) == Some(&was));
        let mut marks: Vec<Mark> = marks
            .map(|((created_at, message_id, expires_at), _)| Mark {
                project_id: user.project.clone(),
                user_id: user.user.clone(),
                created_at: *created_at,
                message_id: message_id.clone(),
                expires_at: *expires_at,
                state: state.number(),
                was: was.number(),
                change_id: Some(undo.id),
            })
            .collect();
        round.tried += marks.len();
        // The same order everywhere prevents deadlocks between servers.
        marks.sort_by(|a, b| (a.created_at, &a.message_id).cmp(&(b.created_at, &b.message_id)));
        for chunk in marks.chunks(CHUNK) {
            // The update first: an ignored insert leaves a shared lock on MariaDB, and two of those a deadlock.
            round.changed += update(tx, user, chunk)?;
            round.changed += insert_marks(tx.conn(), chunk)?;
        }
    }
    Ok(round)
}

/// Changes the marks that exist in the state before, and returns their number. Of two callers at once, one changes a mark.
fn update(tx: &mut Tx<'_>, user: &ProjectUser, marks: &[Mark]) -> Result<usize, Error> {
    let (Some(first), Some(last)) = (marks.first(), marks.last()) else {
        return Ok(0);
    };
    let ids = marks.iter().map(|mark| mark.message_id.as_slice());
    let rows = read_marks::table
        .filter(read_marks::project_id.eq(&user.project))
        .filter(read_marks::user_id.eq(&user.user))
        .filter(read_marks::created_at.between(first.created_at, last.created_at))
        .filter(read_marks::message_id.eq_any(ids))
        .filter(read_marks::state.eq(first.was));
    let set = (
        read_marks::state.eq(first.state),
        read_marks::was.eq(first.was),
        read_marks::change_id.eq(first.change_id),
    );
    Ok(diesel::update(rows).set(set).execute(tx.conn())?)
}

/// Undoes a change, except for messages whose state was changed again, and returns how many messages that are marked one by one
/// it restored. A watermark is restored unless it moved again.
pub fn undo(tx: &mut Tx<'_>, user: &ProjectUser, undo: &Undo) -> Result<usize, Error> {
    if let Some((from, to)) = undo.watermark
        && watermark::lock(tx, user)? == to
    {
        watermark::set(tx, user, from)?;
    }
    let rows = read_marks::table
        .filter(read_marks::change_id.eq(undo.id))
        .filter(read_marks::project_id.eq(&user.project))
        .filter(read_marks::user_id.eq(&user.user));
    let set = (
        read_marks::state.eq(read_marks::was),
        read_marks::change_id.eq(None::<i64>),
    );
    Ok(diesel::update(rows).set(set).execute(tx.conn())?)
}
