//! What happens when keys were lost: no other file of keys silently takes the place of the lost one, and listeners can be given new
//! secrets.

use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::listener::{Kind, ListenerSeal, MASK, StoredListener};
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

/// Whether a change gives or removes secrets of a listener whose key was lost. A mask stands for none: it cannot be kept.
pub(super) fn gives_secrets(stored: &StoredListener, changes: &Map<String, Value>) -> bool {
    let kind = Kind::from_name(&stored.notifier_type);
    let names = kind.map_or(&[][..], Kind::secrets);
    let Some(config) = changes.get("notifier_config").and_then(Value::as_object) else {
        return false;
    };
    let is_mask = |value: &Value| value == MASK;
    let mut given = names.iter().filter_map(|name| config.get(*name)).peekable();
    given.peek().is_some()
        && given.all(|value| match value {
            Value::Object(texts) => !texts.values().any(is_mask),
            value => !is_mask(value),
        })
}
