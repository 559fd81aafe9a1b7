//! The operations of failure notifications.

use serde_json::json;
use tidings::failure::{NotificationType, Progress, Report, Status, StepState, Turn, Update, VMoveStatus};
use tidings::message::{Direction, Scope};
use tidings::store::failure::{
    self, Due, HostFilter, NOTIFICATION_COLUMNS, NotificationFilter, Page, SegmentFilter, SetAside,
    VMoveFilter,
};
use tidings::store::{Error, Read, Store, Tx};
use uuid::Uuid;

use super::fill::NUMBERED;
use super::id;
use crate::api::failures::show::vmove;
use crate::support::NOW;

/// Lists in an order without an index, or by a filter without one, may read all rows, as a search.
pub fn reads_all(text: &str) -> bool {
    text.contains("failure_notifications")
        && (text.contains("ORDER BY coalesce(message")
            || text.contains("generated_time` >=")
            || text.contains("\"generated_time\" >="))
        || text.contains("\"failover_segments\".\"service_type\" =")
        || text.contains("`failover_segments`.`service_type` =")
}

/// What engines look for by type: many of one type must not hide one of another.
pub const LOOKS_BY_TYPE: &str = "SELECT due, id FROM failure_notifications WHERE kind = ";

/// The index for it.
pub const BY_TYPE: &str = "failure_notifications_types";

/// Runs each.
pub async fn run(store: &Store) {
    store.read(reads).await.unwrap();
    for (status, host) in [(None, None), (Some(Status::New), None), (None, Some(id(1)))] {
        for marker in [None, Some(NUMBERED + 500)] {
            let page = Page {
                marker,
                ..Page::newest(10)
            };
            let filter = NotificationFilter {
                status,
                source_host: host,
                ..NotificationFilter::default()
            };
            assert!(page.is_direct() && filter.is_direct());
            let listed = move |read: &mut Read<'_>| {
                failure::notifications(read, &filter, &page)?;
                failure::listed_notifications(read, &filter, &page).map(drop)
            };
            store.search(&Scope::All, listed).await.unwrap();
        }
    }
    store.search(&Scope::All, searches).await.unwrap();
    store.write(writes).await.unwrap();
    store.read(looks).await.unwrap();
    store.write(turns).await.unwrap();
    let deleted = store.write(|tx| failure::delete_segment(tx, id(41)));
    deleted.await.unwrap();
}

fn reads(read: &mut Read<'_>) -> Result<(), Error> {
    failure::notification(read, id(1))?;
    failure::updates(read, id(1))?;
    failure::steps(read, id(1))?;
    failure::last_steps(read, id(1), 10)?;
    failure::vmove(read, id(1), id(1))?;
    failure::segment(read, id(1))?;
    failure::host(read, id(1), Some(id(1)))?;
    let page = Page {
        marker: Some(NUMBERED + 1),
        ..Page::newest(10)
    };
    failure::vmoves(read, id(1), &VMoveFilter::default(), &page)?;
    failure::hosts(read, id(1), &HostFilter::default(), &page)?;
    failure::segments(read, &SegmentFilter::default(), &Page::newest(10)).map(drop)
}

/// What a worker and engines look for.
fn looks(read: &mut Read<'_>) -> Result<(), Error> {
    failure::count(read, Status::Running, 10)?;
    failure::count(read, Status::Running, 100_000)?;
    failure::is_any(read, &Due::of(Turn::Worker, NOW))?;
    failure::is_any(read, &Due::ready(&[NotificationType::Vm]))?;
    failure::due_numbers(read, &Due::of(Turn::Worker, NOW), 10)?;
    failure::leased_until(read, id(1))?;
    failure::last_retry(read, id(1))?;
    failure::last_step_at(read, id(1))?;
    failure::last_move_at(read, id(1))?;
    failure::segment_named(read, "x").err();
    failure::host_named(read, "x").err();
    Ok(())
}

/// What they change.
fn turns(tx: &mut Tx<'_>) -> Result<(), Error> {
    failure::due(tx.conn(), &Due::of(Turn::Worker, NOW), 10)?;
    let old = Due::of(Turn::Engine, NOW);
    failure::due(tx.conn(), &old, 10)?;
    failure::due_alone(tx.conn(), &old, NUMBERED + 1)?;
    let aside = SetAside {
        reason: "x".to_owned(),
        until: NOW,
        failed_before: NOW,
    };
    failure::set_aside(tx, &old, NUMBERED + 1, &aside, Uuid::now_v7(), NOW)?;
    let ready = Due::ready(&[NotificationType::Vm, NotificationType::Process]);
    failure::due(tx.conn(), &ready, 10)?;
    let notification = failure::lock(tx, id(3))?;
    failure::lock_host(tx, id(1))?;
    failure::replace(tx, &notification, &notification)?;
    failure::wake_next(tx, id(1), NOW)?;
    failure::set_host_aside(tx, id(20), NOW, 10)?;
    failure::trim_steps(tx, id(3), 1, "FenceHostTask")?;
    failure::purge(tx, NOW, 10).map(drop)
}

/// What may read all rows.
fn searches(read: &mut Read<'_>) -> Result<(), Error> {
    let filter = SegmentFilter {
        service_type: Some("x".to_owned()),
        ..SegmentFilter::default()
    };
    failure::segments(read, &filter, &Page::newest(10))?;
    let filter = NotificationFilter {
        kind: Some(NotificationType::Vm),
        generated_since: Some(NOW),
        ..NotificationFilter::default()
    };
    failure::notifications(read, &filter, &Page::newest(10))?;
    let key = NOTIFICATION_COLUMNS.find("message").unwrap();
    let mut page = Page::newest(10);
    page.order.insert(0, (key, Direction::Ascending));
    failure::notifications(read, &NotificationFilter::default(), &page).map(drop)
}

fn writes(tx: &mut Tx<'_>) -> Result<(), Error> {
    let report = json!({ "notification": { "type": "PROCESS", "hostname": "h7", "generated_time": "2026",
        "payload": { "event": "STARTED", "process_name": "x" } } });
    let report = Report::check(&report).unwrap();
    failure::receive(tx, &report, Uuid::now_v7(), NOW, 1)?;
    let ahead = Report {
        generated_time: NOW + 86_400_000_000,
        ..report
    };
    for _ in ["the first", "an equal one"] {
        failure::receive(tx, &ahead, Uuid::now_v7(), NOW, 1)?;
    }
    let notification = failure::notification(tx.conn(), id(3))?;
    failure::save(tx, &notification)?;
    let update = Update {
        at: NOW,
        from: Status::New,
        to: Status::Running,
        cause: "x".to_owned(),
    };
    failure::add_update(tx, id(3), Uuid::now_v7(), &update)?;
    let progress = Progress {
        at: NOW,
        step: "x".to_owned(),
        state: StepState::Running,
        progress: 0.5,
        message: String::new(),
    };
    failure::add_steps(tx, id(3), &[(Uuid::now_v7(), progress)])?;
    failure::save_vmove(tx, &vmove(id(3), 1, VMoveStatus::Failed))?;
    let segment = failure::segment(tx.conn(), id(3))?;
    failure::update_segment(tx, &segment)?;
    let host = failure::host(tx.conn(), id(3), None)?;
    failure::update_host(tx, &host)?;
    failure::delete_host(tx, id(21))
}
