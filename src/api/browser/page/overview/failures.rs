//! The panel of failure notifications, with the steps of the work on them.

use super::maker::Maker;
use crate::failure::{ListedNotification, Progress, Status};
use crate::page::panel::{Health, Panel, PanelRow};
use crate::store;
use crate::store::failure::{self, NotificationFilter, Page};

/// Most notifications, and most steps of one: the last ones.
const MOST: i64 = 10;
const MOST_STEPS: i64 = 10;

/// The newest notifications.
pub async fn panel(maker: &Maker<'_>) -> Result<Panel, store::Error> {
    let read = maker.app.store.read(|read| {
        let listed =
            failure::listed_notifications(read, &NotificationFilter::default(), &Page::newest(MOST))?;
        let with_steps = listed.into_iter().map(|notification| {
            let steps = failure::last_steps(read, notification.uuid, MOST_STEPS)?;
            Ok((notification, steps))
        });
        with_steps.collect::<Result<Vec<_>, store::Error>>()
    });
    let rows = read.await?.into_iter();
    Ok(Panel {
        title: maker.words.failures,
        heads: Vec::new(),
        rows: rows
            .map(|(notification, steps)| row(maker, &notification, steps))
            .collect(),
        empty: maker.words.no_failures,
    })
}

fn row(maker: &Maker<'_>, notification: &ListedNotification, steps: Vec<Progress>) -> PanelRow {
    let status = notification.status.name();
    let steps = steps.into_iter().map(|step| {
        let text = format!("{} {} {}", step.step, step.state.name(), step.message);
        (maker.moment(step.at), text)
    });
    PanelRow {
        health: match notification.status {
            Status::Finished => Health::Good,
            Status::Ignored => Health::Off,
            Status::Error | Status::Failed => Health::Bad,
            _ => Health::Slow,
        },
        state: match &notification.message {
            Some(reason) => format!("{status}: {reason}"),
            None => status.to_owned(),
        },
        at: Some(maker.moment(notification.updated_at.unwrap_or(notification.created_at))),
        steps: steps.collect(),
        ..PanelRow::new(&notification.uuid.to_string(), notification.kind.name())
    }
}
