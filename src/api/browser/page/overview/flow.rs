//! The panels of what messages come from and events go through.

use super::maker::Maker;
use crate::config::Driver;
use crate::page::panel::{Health, Panel, PanelRow};
use crate::store::{self, delivery};

/// Events are counted up to this number.
const MOST_COUNTED: u64 = 1000;

/// How long an event may wait for a driver before that deserves a look, in microseconds.
const LONG: i64 = 60_000_000;

/// How far a followed table may be behind, in seconds.
const LONG_LAG: i64 = 60;

/// The drivers, with the events that wait for them.
pub async fn drivers(maker: &Maker<'_>) -> Result<Panel, store::Error> {
    let (w, app) = (maker.words, maker.app);
    let configured = &app.config.oslo_messaging_notifications.driver;
    let mut rows = Vec::new();
    for driver in configured.iter().filter(|driver| **driver != Driver::Noop) {
        let name = driver.name();
        let waiting = app.store.count_some_waiting(name, i64::MAX, MOST_COUNTED).await?;
        let oldest = app.store.read(move |read| delivery::oldest(read, name));
        let oldest = oldest.await?.filter(|_| waiting > 0);
        let is_late = oldest.is_some_and(|at| at < maker.now - LONG);
        let metrics = app.metrics.events.driver(name);
        rows.push(PanelRow {
            health: if is_late { Health::Slow } else { Health::Good },
            state: oldest.map_or(w.idle, |_| w.oldest).to_owned(),
            at: oldest.map(|at| maker.moment(at)),
            figures: vec![
                if waiting < MOST_COUNTED {
                    waiting.to_string()
                } else {
                    format!("{MOST_COUNTED}+")
                },
                metrics.delivered.get().to_string(),
                metrics.failures.get().to_string(),
                metrics.dropped.get().to_string(),
            ],
            ..PanelRow::new(name, w.since_start)
        });
    }
    Ok(Panel {
        title: w.drivers,
        heads: vec![w.waiting, w.delivered, w.failed, w.dropped],
        rows,
        empty: w.no_drivers,
    })
}

/// Notifications and followed tables, as this server sees them.
pub fn sources(maker: &Maker<'_>) -> Panel {
    let (w, app) = (maker.words, maker.app);
    let mut rows = Vec::new();
    if app.config.ingest.enabled {
        let ingest = &app.metrics.ingest;
        let is_connected = ingest.connected.get() > 0;
        rows.push(PanelRow {
            health: if is_connected { Health::Good } else { Health::Bad },
            state: if is_connected { w.connected } else { w.unconnected }.to_owned(),
            figures: vec![
                String::new(),
                ingest.recorded.get().to_string(),
                ingest.rejected.get().to_string(),
                ingest.unmatched.get().to_string(),
                ingest.ownerless.get().to_string(),
            ],
            ..PanelRow::new(w.ingest, w.since_start)
        });
    }
    let follow = &app.config.follow;
    for (service, connection) in [("cinder", &follow.cinder), ("manila", &follow.manila)] {
        if connection.is_none() {
            continue;
        }
        let followed = app.metrics.follow.of(service);
        let (is_active, lag) = (followed.active.get() > 0, followed.lag.get());
        rows.push(PanelRow {
            health: if !is_active {
                Health::Off
            } else if lag > LONG_LAG {
                Health::Slow
            } else {
                Health::Good
            },
            state: if is_active { w.active } else { w.elsewhere }.to_owned(),
            figures: vec![
                if is_active { lag.to_string() } else { String::new() },
                followed.recorded.get().to_string(),
                followed.refused.get().to_string(),
                String::new(),
                String::new(),
            ],
            ..PanelRow::new(&format!("{} {service}", w.follow), w.since_start)
        });
    }
    Panel {
        title: w.sources,
        heads: vec![w.lag, w.recorded, w.rejected, w.unmatched_failures, w.ownerless],
        rows,
        empty: w.no_sources,
    }
}
