//! Expands listeners' globs anew after the catalog has changed.

use serde::Deserialize;
use uuid::Uuid;

use crate::catalog;
use crate::listener::{self, StoredListener};
use crate::store::listener::ListenerFilter;
use crate::store::{self, Error, Store, subscription};

/// Listeners that are expanded in one transaction.
const PAGE: i64 = 100;

/// The settings that decide which events a listener gets.
#[derive(Deserialize)]
struct Patterns {
    event_types: Vec<String>,
    order: String,
}

/// Expands the globs of all listeners unless that was done with this program's catalog. Returns how many were expanded.
///
/// # Errors
/// Any error of the database.
pub async fn follow_catalog(store: &Store) -> Result<usize, Error> {
    let known = store.read(|read| subscription::catalog(read)).await?;
    if known == catalog::fingerprint() {
        return Ok(0);
    }
    let (mut expanded, mut after) = (0, Some(Uuid::nil()));
    while let Some(last) = after {
        let (count, next) = store.write(move |tx| expand_page(tx, last)).await?;
        (expanded, after) = (expanded + count, next);
    }
    store
        .write(|tx| subscription::set_catalog(tx, catalog::fingerprint()))
        .await?;
    Ok(expanded)
}

/// Expands the listeners after an id; returns how many, and the last of them unless there are no more.
fn expand_page(tx: &mut store::Tx<'_>, after: Uuid) -> Result<(usize, Option<Uuid>), Error> {
    // Other changes wait, so each listener is written as it was read.
    subscription::lock(tx)?;
    let filter = ListenerFilter {
        after: Some(after),
        ..ListenerFilter::default()
    };
    let page = store::listener::list(tx.conn(), &filter, PAGE)?;
    for listener in &page {
        match expand(tx, listener) {
            // It must not keep the server from starting.
            Err(Error::Broken(reason)) => {
                tracing::error!(reason, "a listener's event types cannot be expanded");
            }
            expanded => expanded?,
        }
    }
    Ok((page.len(), page.last().map(|last| last.id)))
}

fn expand(tx: &mut store::Tx<'_>, listener: &StoredListener) -> Result<(), Error> {
    let patterns: Patterns = serde_json::from_str(&listener.settings)
        .map_err(|error| Error::Broken(format!("the settings of listener {}: {error}", listener.id)))?;
    let types = listener::expand_all(&patterns.event_types);
    store::listener::subscribe(tx, listener, &types, patterns.order == "resource")
}
