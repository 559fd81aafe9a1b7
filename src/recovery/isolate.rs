//! Keeps notifications that cannot be worked on from holding up the others. What is due is done in one transaction; if the database
//! cannot do that, and never will, each notification gets a transaction of its own, and what fails alone is set aside: in error, and
//! tried again later, as the fault may be the server's. It fails once it is too old.

use std::sync::Arc;

use super::attend::{BATCH, attend, attend_one, overdue};
use super::claim::{Claimed, LOOK, claim, claim_one};
use super::events::{self, Process};
use super::terms::Terms;
use crate::brief::brief;
use crate::failure::NotificationType;
use crate::message::time;
use crate::store::failure::{self, Due, SetAside};
use crate::store::{Error, Store, Tx};

/// The longest reason that is kept, in bytes: a database's error may quote much.
const LONGEST_REASON: usize = 1000;

/// The shortest time until what was set aside is tried again, in microseconds.
const SHORTEST_REST: i64 = 60 * time::SECOND;

/// Does what [`attend`] does.
///
/// # Errors
/// Any error that may pass, and one of a notification that cannot even be set aside.
pub async fn attend_all(store: &Store, terms: &Terms, now: i64) -> Result<bool, Error> {
    let whole = terms.clone();
    match store.write(move |tx| attend(tx, &whole, now)).await {
        // One whose rows another transaction keeps locked must not hold up the others either.
        Err(error) if error.is_lasting() || matches!(error, Error::Busy(_)) => {
            attend_each(store, terms, now).await
        }
        done => done,
    }
}

/// Does what [`claim`] does.
///
/// # Errors
/// Any error that may pass.
pub async fn claim_from(
    store: &Store,
    terms: &Terms,
    kinds: &[NotificationType],
    engine: &str,
    now: i64,
) -> Result<Option<Claimed>, Error> {
    let (whole, types, name) = (terms.clone(), kinds.to_vec(), engine.to_owned());
    match store.write(move |tx| claim(tx, &whole, &types, &name, now)).await {
        Err(error) if error.is_lasting() => {}
        done => return done,
    }
    // Not even one that cannot be set aside keeps engines from the others.
    match attend_each(store, terms, now).await {
        Err(error) if !error.is_lasting() => return Err(error),
        _ => {}
    }
    let ready = Due::ready(kinds);
    for number in numbers(store, &ready, LOOK).await? {
        let (of, terms_of, name) = (ready.clone(), terms.clone(), engine.to_owned());
        let claimed = store.write(move |tx| match failure::due_alone(tx.conn(), &of, number)? {
            Some(notification) => claim_one(tx, &terms_of, notification, &name, now),
            None => Ok(None),
        });
        match claimed.await {
            Ok(None) => {}
            Err(error) if error.is_lasting() => {
                drop(set_aside(store, terms, &ready, number, &error, now).await);
            }
            done => return done,
        }
    }
    Ok(None)
}

/// Sees to each notification alone.
async fn attend_each(store: &Store, terms: &Terms, now: i64) -> Result<bool, Error> {
    let (mut is_full, mut unsolved) = (false, None);
    for due in overdue(terms, now) {
        let found = numbers(store, &due, BATCH).await?;
        is_full |= found.len() == BATCH;
        for number in found {
            let (of, terms_of) = (due.clone(), terms.clone());
            let attended = store.write(move |tx| match failure::due_alone(tx.conn(), &of, number)? {
                Some(notification) => attend_one(tx, &terms_of, notification, now),
                None => Ok(()),
            });
            match attended.await {
                Err(error) if error.is_lasting() => {
                    let aside = set_aside(store, terms, &due, number, &error, now).await;
                    unsolved = aside.err().or(unsolved);
                }
                Err(error @ Error::Busy(_)) => unsolved = Some(error),
                done => done?,
            }
        }
    }
    unsolved.map_or(Ok(is_full), Err)
}

async fn numbers(store: &Store, due: &Due, limit: usize) -> Result<Vec<i64>, Error> {
    let due = due.clone();
    let read = store.read(move |read| failure::due_numbers(read, &due, limit));
    read.await
}

/// Sets a notification aside, with an event if that is possible.
async fn set_aside(
    store: &Store,
    terms: &Terms,
    due: &Due,
    number: i64,
    error: &Error,
    now: i64,
) -> Result<(), Error> {
    tracing::error!(number, %error, "a failure notification cannot be worked on");
    let reason = format!("it cannot be worked on: {error}");
    let aside = Arc::new(SetAside {
        // PostgreSQL stores no NUL.
        reason: brief(&reason, LONGEST_REASON).replace('\0', "\u{fffd}"),
        until: now.saturating_add(terms.retry_after.max(SHORTEST_REST)),
        failed_before: now.saturating_sub(terms.expire_after),
    });
    let write = |has_event: bool| {
        let (terms, due, aside) = (terms.clone(), due.clone(), Arc::clone(&aside));
        store.write(move |tx| set_aside_in(tx, &terms, &due, number, &aside, has_event, now))
    };
    match write(true).await {
        Err(error) if error.is_lasting() => write(false).await,
        done => done,
    }
}

fn set_aside_in(
    tx: &mut Tx<'_>,
    terms: &Terms,
    due: &Due,
    number: i64,
    aside: &SetAside,
    has_event: bool,
    now: i64,
) -> Result<(), Error> {
    let notification = if has_event {
        let found = failure::due_alone(tx.conn(), due, number)?;
        if found.is_none() {
            // It is no longer due, or another transaction has it. The next look decides.
            return Ok(());
        }
        found
    } else {
        None
    };
    let id = terms.reporter.next_id(now);
    let Some(to) = failure::set_aside(tx, due, number, aside, id, now)? else {
        return Ok(());
    };
    if let Some(notification) = notification {
        events::process(
            tx,
            &terms.reporter,
            &notification,
            &Process::Error(&aside.reason),
            now,
        )?;
    }
    tx.count(terms.metrics.transitions(to.name()));
    Ok(())
}
