//! A store with segments and hosts, and calls at a time that the test sets.

use serde_json::{Map, Value, json};
use tidings::config::Config;
use tidings::event::Reporter;
use tidings::failure::{
    FailureNotification, HostFields, NotificationType, Report, SegmentFields, Status, StepState, Term, Update,
};
use tidings::recovery::{self, Affected, Claimed, Finish, Line, Outcome, ProgressReport, Terms};
use tidings::store::failure::{self, Received};
use tidings::store::{Error, Settings, Store, Tx};
use tidings::telemetry::{Metrics, RecoveryMetrics};
use uuid::Uuid;

use crate::support::{Fresh, NOW};

pub const SECOND: i64 = 1_000_000;
pub const LEASE: i64 = 60 * SECOND;
pub const STEP_TIMEOUT: i64 = 600 * SECOND;
pub const RETRY_AFTER: i64 = 120 * SECOND;
pub const DAY: i64 = 86_400 * SECOND;

/// A store, the time, and the terms of the default configuration.
pub struct Desk {
    pub store: Store,
    pub terms: Terms,
    pub now: i64,
    pub segment: Uuid,
    pub database: Fresh,
}

impl Desk {
    pub async fn new() -> Self {
        Self::with(Reporter::new(&Config::default())).await
    }

    pub async fn with(reporter: Reporter) -> Self {
        let database = Fresh::new();
        let settings = Settings::from_config(&tidings::config::Database {
            connection: database.connection(),
            ..tidings::config::Database::default()
        });
        Store::migrate(&settings.backend).unwrap();
        let store = Store::open(&settings, &Metrics::new("test")).unwrap();
        let segment = Uuid::new_v4();
        let terms = Terms::new(&Config::default(), reporter, RecoveryMetrics::default());
        let desk = Self {
            store,
            terms,
            now: NOW,
            segment,
            database,
        };
        desk.write(move |tx, _, now| add_segment(tx, segment, now))
            .await
            .unwrap();
        desk
    }

    /// Runs a transaction.
    pub async fn write<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>, &Terms, i64) -> Result<T, Error> + Send + 'static,
    {
        let (terms, now) = (self.terms.clone(), self.now);
        self.store.write(move |tx| work(tx, &terms, now)).await
    }

    /// Adds a host.
    pub async fn host(&self, name: &'static str) -> Uuid {
        let (segment, uuid) = (self.segment, Uuid::new_v4());
        self.write(move |tx, _, now| add_host(tx, segment, uuid, name, false, now))
            .await
            .unwrap();
        uuid
    }

    /// Reports a failure now.
    pub async fn report(&self, host: &str, kind: NotificationType, payload: &Value) -> Uuid {
        self.report_at(host, kind, payload, self.now).await
    }

    pub async fn report_at(
        &self,
        host: &str,
        kind: NotificationType,
        payload: &Value,
        generated: i64,
    ) -> Uuid {
        let (host, payload) = (host.to_owned(), payload.as_object().unwrap().clone());
        let reported = self
            .write(move |tx, _, now| report(tx, &host, kind, &payload, generated, now))
            .await;
        reported.unwrap()
    }

    /// Reports the failure of a new virtual machine.
    pub async fn vm(&self, host: &str) -> Uuid {
        self.report(host, NotificationType::Vm, &vm(Uuid::new_v4())).await
    }

    pub async fn attend(&self) {
        self.write(recovery::attend).await.unwrap();
    }

    pub async fn claim(&self) -> Option<Claimed> {
        self.claim_by("engine-1", &NotificationType::ALL).await
    }

    pub async fn claim_by(&self, engine: &'static str, kinds: &[NotificationType]) -> Option<Claimed> {
        let kinds = kinds.to_vec();
        self.write(move |tx, terms, now| recovery::claim(tx, terms, &kinds, engine, now))
            .await
            .unwrap()
    }

    /// Reports a line about a step.
    pub async fn step(&self, id: Uuid, lease: Term, message: &str) -> Result<i64, Error> {
        let report = ProgressReport {
            lines: vec![line(message)],
            ..ProgressReport::default()
        };
        self.progress(id, lease, report).await
    }

    pub async fn progress(&self, id: Uuid, lease: Term, report: ProgressReport) -> Result<i64, Error> {
        self.write(move |tx, terms, now| recovery::progress(tx, terms, id, lease, &report, now))
            .await
    }

    pub async fn fence(&self, id: Uuid, lease: Term) -> Result<i64, Error> {
        self.write(move |tx, terms, now| recovery::fence(tx, terms, id, lease, "it is off", now))
            .await
    }

    pub async fn finish(&self, id: Uuid, lease: Term, status: Status) -> Result<Status, Error> {
        self.finish_with(id, lease, status, vec![]).await
    }

    pub async fn finish_with(
        &self,
        id: Uuid,
        lease: Term,
        status: Status,
        tenants: Vec<Affected>,
    ) -> Result<Status, Error> {
        let finish = Finish {
            status,
            message: "it ended".to_owned(),
            tenants,
        };
        let finished = self
            .write(move |tx, terms, now| recovery::finish(tx, terms, id, lease, &finish, now))
            .await?;
        Ok(finished.status)
    }

    pub async fn shown(&self, id: Uuid) -> FailureNotification {
        let read = self.store.read(move |read| failure::notification(read, id));
        read.await.unwrap()
    }

    pub async fn status(&self, id: Uuid) -> Status {
        self.shown(id).await.status
    }

    pub async fn updates(&self, id: Uuid) -> Vec<Update> {
        let read = self.store.read(move |read| failure::updates(read, id));
        read.await.unwrap()
    }

    /// The path that a notification has taken.
    pub async fn path(&self, id: Uuid) -> Vec<&'static str> {
        let updates = self.updates(id).await;
        updates.iter().map(|update| update.to.name()).collect()
    }
}

pub fn add_segment(tx: &mut Tx<'_>, uuid: Uuid, now: i64) -> Result<(), Error> {
    let body =
        json!({ "segment": { "name": "rack1", "recovery_method": "auto", "service_type": "compute" } });
    let fields = SegmentFields::check(&body, true, true).unwrap();
    failure::insert_segment(tx, &fields.into_segment(uuid, now)).map(drop)
}

pub fn add_host(
    tx: &mut Tx<'_>,
    segment: Uuid,
    uuid: Uuid,
    name: &str,
    reserved: bool,
    now: i64,
) -> Result<(), Error> {
    let body = json!({ "host": {
        "name": name, "type": "COMPUTE", "control_attributes": "SSH", "reserved": reserved
    }});
    let fields = HostFields::check(&body, true).unwrap();
    failure::insert_host(tx, &fields.into_host(segment, uuid, now)).map(drop)
}

pub fn report(
    tx: &mut Tx<'_>,
    host: &str,
    kind: NotificationType,
    payload: &Map<String, Value>,
    generated_time: i64,
    now: i64,
) -> Result<Uuid, Error> {
    let report = Report {
        kind,
        hostname: host.to_owned(),
        generated_time,
        payload: payload.clone(),
    };
    let uuid = Uuid::new_v4();
    match failure::receive(tx, &report, uuid, now, 180 * SECOND)? {
        Received::New(_) => Ok(uuid),
        other => panic!("{other:?}"),
    }
}

/// What a monitor reports of a virtual machine that must be recovered.
pub fn vm(instance: Uuid) -> Value {
    json!({
        "event": "LIFECYCLE",
        "vir_domain_event": "STOPPED_FAILED",
        "instance_uuid": instance.to_string(),
    })
}

pub fn host_down() -> Value {
    json!({ "event": "STOPPED", "host_status": "NORMAL", "cluster_status": "OFFLINE" })
}

pub fn line(message: &str) -> Line {
    Line {
        step: "StopInstanceTask".to_owned(),
        state: StepState::Running,
        progress: 0.0,
        message: message.to_owned(),
    }
}

pub fn affected(instance: Uuid, outcome: Option<Outcome>) -> Affected {
    Affected {
        instance: instance.to_string(),
        project: "p1".to_owned(),
        outcome,
        told: None,
    }
}
