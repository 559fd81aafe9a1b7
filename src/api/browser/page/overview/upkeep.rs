//! The panel of the purge, the leases and the database.

use super::maker::Maker;
use crate::page::panel::{Health, Panel, PanelRow};
use crate::store::{self, lease};

/// Most leases.
const MOST: i64 = 50;

/// The purge of this server, all leases, and the database.
pub async fn panel(maker: &Maker<'_>) -> Result<Panel, store::Error> {
    let (w, app) = (maker.words, maker.app);
    let leases = app.store.read(|read| lease::list(read, MOST)).await?;
    let purge = app.metrics.purge.last();
    let mut rows = vec![
        PanelRow {
            state: w.queue.replace("{}", &app.store.queue().to_string()),
            ..PanelRow::new(w.database, &app.store.describe())
        },
        PanelRow {
            health: purge.map_or(Health::Off, |_| Health::Good),
            state: purge.map_or_else(
                || w.never_here.to_owned(),
                |(_, took)| w.seconds.replace("{}", &format!("{took:.1}")),
            ),
            at: purge.map(|(ended, _)| maker.moment(ended)),
            ..PanelRow::new(w.purge, "")
        },
    ];
    rows.extend(leases.into_iter().map(|lease| {
        let is_held = lease.expires_at > maker.now;
        PanelRow {
            health: if is_held { Health::Good } else { Health::Off },
            state: if is_held {
                lease.holder
            } else {
                format!("{}: {}", lease.holder, w.lease_over)
            },
            ..PanelRow::new(&format!("{} {}", w.lease, lease.name), "")
        }
    }));
    Ok(Panel {
        title: w.upkeep,
        heads: Vec::new(),
        rows,
        empty: "",
    })
}
