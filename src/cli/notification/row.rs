//! Rows of Masakari's tables, turned into ours.

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::failure::{
    FailureNotification, Host, NotificationType, RecoveryMethod, Segment, Status, Term, Turn, VMove,
    VMoveStatus, fingerprint, flag, parse_time,
};
use crate::store::failure::{Import, MasakariTable};

/// Turns a row into what is inserted; `now` is when open notifications are due.
///
/// # Errors
/// Names the invalid column.
pub(super) fn import_of(
    table: MasakariTable,
    id: i64,
    members: &Map<String, Value>,
    now: i64,
) -> Result<Import, String> {
    let row = Row(members);
    match table {
        MasakariTable::Segments => segment(id, &row).map(Import::Segment),
        MasakariTable::Hosts => host(id, &row).map(Import::Host),
        MasakariTable::Notifications => notification(id, &row, now)
            .map(Box::new)
            .map(Import::Notification),
        MasakariTable::VMoves => vmove(id, &row).map(Import::VMove),
    }
}

struct Row<'a>(&'a Map<String, Value>);

impl Row<'_> {
    fn text(&self, name: &str) -> Option<String> {
        self.0.get(name).and_then(Value::as_str).map(str::to_owned)
    }

    fn required(&self, name: &str) -> Result<String, String> {
        self.text(name).ok_or_else(|| format!("{name}: is missing"))
    }

    fn one_of<T>(&self, name: &str, read: impl Fn(&str) -> Option<T>) -> Result<T, String> {
        let text = self.required(name)?;
        read(&text).ok_or_else(|| format!("{name}: {text:?} is unknown"))
    }

    fn uuid(&self, name: &str) -> Result<Uuid, String> {
        self.one_of(name, |text| Uuid::try_parse(text).ok())
    }

    fn flag(&self, name: &str, default: bool) -> Result<bool, String> {
        match self.text(name) {
            None => Ok(default),
            Some(_) => self.one_of(name, flag),
        }
    }

    fn time(&self, name: &str) -> Result<Option<i64>, String> {
        match self.text(name) {
            None => Ok(None),
            Some(_) => self.one_of(name, parse_time).map(Some),
        }
    }

    fn created_at(&self) -> Result<i64, String> {
        self.time("created_at")?
            .ok_or_else(|| "created_at: is missing".to_owned())
    }
}

fn segment(id: i64, row: &Row<'_>) -> Result<Segment, String> {
    Ok(Segment {
        id,
        uuid: row.uuid("uuid")?,
        created_at: row.created_at()?,
        updated_at: row.time("updated_at")?,
        name: row.required("name")?,
        service_type: row.required("service_type")?,
        is_enabled: row.flag("enabled", true)?,
        description: row.text("description"),
        recovery_method: row.one_of("recovery_method", RecoveryMethod::from_name)?,
    })
}

fn host(id: i64, row: &Row<'_>) -> Result<Host, String> {
    Ok(Host {
        id,
        uuid: row.uuid("uuid")?,
        created_at: row.created_at()?,
        updated_at: row.time("updated_at")?,
        name: row.required("name")?,
        kind: row.required("type")?,
        control_attributes: row.required("control_attributes")?,
        is_reserved: row.flag("reserved", false)?,
        on_maintenance: row.flag("on_maintenance", false)?,
        segment_uuid: row.uuid("failover_segment_id")?,
    })
}

fn notification(id: i64, row: &Row<'_>, now: i64) -> Result<FailureNotification, String> {
    let host = row.uuid("source_host_uuid")?;
    let kind = row.one_of("type", NotificationType::from_name)?;
    let status = row.one_of("status", Status::from_name)?;
    let payload = row.text("payload").unwrap_or_else(|| "{}".to_owned());
    let members: Map<String, Value> = serde_json::from_str(&payload).unwrap_or_default();
    let is_open = !status.is_final();
    Ok(FailureNotification {
        id,
        uuid: row.uuid("notification_uuid")?,
        created_at: row.created_at()?,
        updated_at: row.time("updated_at")?,
        generated_time: row
            .time("generated_time")?
            .ok_or_else(|| "generated_time: is missing".to_owned())?,
        source_host_uuid: host,
        segment_uuid: row
            .text("failover_segment_uuid")
            .map(|_| row.uuid("failover_segment_uuid"))
            .transpose()?,
        kind,
        fingerprint: fingerprint(host, kind, &members),
        payload,
        status,
        message: row.text("message"),
        turn: is_open.then_some(Turn::Worker),
        due: is_open.then_some(now),
        engine: None,
        term: Term::default(),
        lease_until: None,
        leased_host: None,
        retries: 0,
        tenants: None,
    })
}

fn vmove(id: i64, row: &Row<'_>) -> Result<VMove, String> {
    Ok(VMove {
        id,
        uuid: row.uuid("uuid")?,
        created_at: row.created_at()?,
        updated_at: row.time("updated_at")?,
        notification_uuid: row.uuid("notification_uuid")?,
        instance_uuid: row.required("instance_uuid")?,
        instance_name: row.text("instance_name"),
        source_host: row.text("source_host"),
        dest_host: row.text("dest_host"),
        start_time: row.time("start_time")?,
        end_time: row.time("end_time")?,
        kind: row.text("type"),
        status: row.one_of("status", VMoveStatus::from_name)?,
        message: row.text("message"),
    })
}
