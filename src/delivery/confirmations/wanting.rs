//! The listeners that an address belongs to.

use crate::listener::{Confirmation, Listener, ListenerSeal, Notifier};
use crate::store::listener::{ListenerFilter, list};
use crate::store::{Error, Store};

/// The most listeners of a project that are looked at.
const MOST: i64 = 10_000;

/// Returns the enabled listeners of the project that mail to the address.
pub(super) async fn wanting(
    store: &Store,
    seal: &ListenerSeal,
    confirmation: &Confirmation,
) -> Result<Vec<Listener>, Error> {
    let filter = ListenerFilter {
        project: Some(confirmation.project.clone()),
        ..ListenerFilter::default()
    };
    let stored = store.read(move |read| list(read, &filter, MOST)).await?;
    // What cannot be read mails nothing.
    let opened = stored.iter().filter_map(|stored| stored.open(seal).ok());
    let mails = |listener: &Listener| match &listener.settings.notifier {
        Notifier::Email(email) => {
            let mut addresses = email.addresses.iter();
            listener.settings.is_enabled
                && addresses.any(|address| address.to_string() == confirmation.address)
        }
        _ => false,
    };
    Ok(opened.filter(mails).collect())
}
