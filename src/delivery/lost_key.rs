//! Notices that the file of keys was lost before another one takes its place.

use std::path::PathBuf;

use crate::listener::ListenerSeal;
use crate::store::listener::{ListenerFilter, list};
use crate::store::{Error, Read, Store};

/// Listeners that are read at a time.
const PAGE: i64 = 100;

/// Returns the file of keys if sealing secrets would create it although other secrets were sealed with it: with a new key, its loss
/// would go unnoticed.
///
/// # Errors
/// Any error of the database.
pub(super) async fn lost_file(store: &Store, seal: &ListenerSeal) -> Result<Option<PathBuf>, Error> {
    let Some(file) = seal.to_be_created() else {
        return Ok(None);
    };
    let is_lost = store.read(has_secrets).await?;
    Ok(is_lost.then(|| file.to_owned()))
}

/// Whether any listener has secrets.
fn has_secrets(read: &mut Read<'_>) -> Result<bool, Error> {
    let mut filter = ListenerFilter::default();
    loop {
        let page = list(read, &filter, PAGE)?;
        if page.iter().any(|listener| listener.secrets.is_some()) {
            return Ok(true);
        }
        match page.last() {
            Some(last) => filter.after = Some(last.id),
            None => return Ok(false),
        }
    }
}
