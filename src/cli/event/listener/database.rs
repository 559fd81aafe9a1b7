//! Listeners in the configured database.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::call::{Call, Selection, missing};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::clock::Clock;
use crate::delivery::{Registrar, RegistrarError};
use crate::listener::{Listener, ListenerSeal, Reach};
use crate::message::time;
use crate::store::delivery::{AttemptRecord, DeliveryRecord, State};
use crate::store::listener::ListenerFilter;
use crate::store::{self, Store};

/// The listeners read at once.
const PAGE: i64 = 500;

/// Answers a call from the database.
pub fn answer(context: &Context, call: Call) -> Result<Value, Failure> {
    if let Call::Create {
        project: Some(project),
        ..
    }
    | Call::List {
        project: Some(project),
    } = &call
    {
        context.check_project(project)?;
    }
    context.with_store(|store| async move {
        let seal = Arc::new(ListenerSeal::new(&context.config));
        let desk = Desk {
            registrar: Registrar::new(&context.config, store.clone(), context.clock.clone(), seal),
            store,
            clock: context.clock.clone(),
        };
        desk.answer(call).await
    })
}

struct Desk {
    registrar: Registrar,
    store: Store,
    clock: Clock,
}

impl Desk {
    async fn answer(&self, call: Call) -> Result<Value, Failure> {
        Ok(match call {
            Call::List { project } => self.list(project).await?,
            Call::Create { project, members } => {
                let reach = project.map_or(Reach::Cloud, Reach::Project);
                let created = self.registrar.create(reach, &members).await;
                shown(&created.map_err(|error| failure(error, ""))?.0)
            }
            Call::Show(id) => shown(&self.registrar.show(id).await.map_err(of(id))?),
            Call::Update(id, changes) => shown(&self.registrar.update(id, &changes).await.map_err(of(id))?),
            Call::Delete(id) => {
                self.registrar.delete(id).await.map_err(of(id))?;
                Value::Null
            }
            Call::Deliveries(id, selection) => self.deliveries(id, selection).await?,
            Call::Redeliver { listener, delivery } => {
                let now = self.clock.now();
                let made = self
                    .store
                    .write(move |tx| store::delivery::redeliver(tx, listener, delivery, now));
                delivery_shown(&made.await.map_err(at(delivery))?, &[])
            }
            Call::Dismiss {
                listener,
                delivery,
                reason,
            } => {
                let made = self
                    .store
                    .write(move |tx| store::delivery::dismiss(tx, listener, delivery, &reason));
                delivery_shown(&made.await.map_err(at(delivery))?, &[])
            }
        })
    }

    async fn list(&self, project: Option<String>) -> Result<Value, Failure> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let filter = ListenerFilter {
                project: project.clone(),
                after,
                ..ListenerFilter::default()
            };
            let page = self.registrar.list(filter, PAGE).await;
            let page = page.map_err(|error| failure(error, ""))?;
            all.extend(page.iter().map(shown));
            after = page.last().map(|listener| listener.id);
            if i64::try_from(page.len()).is_ok_and(|count| count < PAGE) {
                return Ok(Value::Array(all));
            }
        }
    }

    async fn deliveries(&self, id: Uuid, selection: Selection) -> Result<Value, Failure> {
        let Selection { state, marker, limit } = selection;
        let state = state.as_deref().and_then(State::from_name);
        let read = self.store.read(move |conn| {
            store::listener::show(conn, id)?;
            let records = store::delivery::records(conn, id, state, marker, i64::from(limit))?;
            let with_attempts = |record: DeliveryRecord| {
                let attempts = store::delivery::attempts(conn, id, record.event)?;
                Ok(delivery_shown(&record, &attempts))
            };
            records.into_iter().map(with_attempts).collect()
        });
        read.await.map_err(|error| of(id)(error.into()))
    }
}

/// A listener as the API shows it.
fn shown(listener: &Listener) -> Value {
    let mut members = Map::new();
    members.insert("id".to_owned(), listener.id.to_string().into());
    members.insert("scope".to_owned(), listener.reach.name().into());
    members.insert("project_id".to_owned(), listener.reach.project().into());
    members.extend(listener.settings.visible());
    let since = listener.failing_since.map(time::format);
    members.insert("created_at".to_owned(), time::format(listener.created_at).into());
    members.insert("updated_at".to_owned(), time::format(listener.updated_at).into());
    members.insert("failing_since".to_owned(), since.into());
    members.insert(
        "disabled_reason".to_owned(),
        listener.disabled_reason.clone().into(),
    );
    members.into()
}

/// A delivery as the API shows it.
fn delivery_shown(delivery: &DeliveryRecord, attempts: &[AttemptRecord]) -> Value {
    let attempt = |made: &AttemptRecord| {
        json!({
            "started_at": time::format(made.started_at),
            "milliseconds": made.milliseconds,
            "result": if made.is_delivered { "delivered" } else { "failed" },
            "status": made.status,
            "answer": made.answer,
        })
    };
    json!({
        "id": delivery.event.to_string(),
        "created_at": time::format(delivery.created_at),
        "state": delivery.state.name(),
        "due": delivery.due.map(time::format),
        "attempt_count": delivery.attempts,
        "reason": delivery.reason,
        "attempts": attempts.iter().map(attempt).collect::<Vec<_>>(),
    })
}

fn of(id: Uuid) -> impl FnOnce(RegistrarError) -> Failure {
    move |error| failure(error, &id.to_string())
}

fn at(delivery: Uuid) -> impl FnOnce(store::Error) -> Failure {
    move |error| match error {
        store::Error::NotFound => missing(delivery, "delivery"),
        store::Error::Conflict(reason) => Failure::Data(reason),
        error => Failure::store("the delivery cannot be changed")(error),
    }
}

fn failure(error: RegistrarError, id: &str) -> Failure {
    match error {
        RegistrarError::Invalid(_) | RegistrarError::Quota(_) => Failure::Data(error.to_string()),
        RegistrarError::Seal(_) | RegistrarError::Open(_) => Failure::Unconfigured(error.to_string()),
        RegistrarError::Store(store::Error::NotFound) => missing(id, "event_listener"),
        RegistrarError::Store(store::Error::Conflict(reason)) => Failure::Data(reason),
        RegistrarError::Store(error) => Failure::store("the listeners cannot be used")(error),
    }
}
