//! Listeners in the configured database.

use std::sync::Arc;

use serde_json::{Value, json};
use tidings_client::Secret;
use uuid::Uuid;

use super::call::{Call, DELIVERY, LISTENER, Period, Selection, missing};
use crate::api::{attempt_json, confirmations_json, delivery_json, listener_members, unusable_members};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::delivery::{Registrar, RegistrarError};
use crate::event::{Origin, Reporter};
use crate::listener::{self, Listener, ListenerSeal, Reach, StoredListener, check_reason};
use crate::message::time;
use crate::store::delivery::{Again, DeliveryRecord, Redelivery, State};
use crate::store::listener::ListenerFilter;
use crate::store::{self, Store, Tx};

/// The listeners read at once.
const PAGE: i64 = 500;

/// Answers a call from the database.
pub fn answer(context: &Context, call: Call) -> Result<Value, Failure> {
    call.project()
        .map_or(Ok(()), |project| context.check_project(project))?;
    context.with_store(|store| async move {
        let seal = Arc::new(ListenerSeal::new(&context.config));
        let desk = Desk {
            registrar: Registrar::new(&context.config, store.clone(), context.clock.clone(), seal),
            store,
            context,
            now: context.clock.now(),
        };
        desk.answer(call).await
    })
}

struct Desk<'a> {
    registrar: Registrar,
    store: Store,
    context: &'a Context,
    now: i64,
}

impl Desk<'_> {
    async fn answer(&self, call: Call) -> Result<Value, Failure> {
        match call {
            Call::List { project } => self.list(project).await,
            Call::Create { project, members } => {
                let reach = project.map_or(Reach::Cloud, Reach::Project);
                let created = self.registrar.create(reach, &members).await;
                let (listener, _) = created.map_err(of(Uuid::nil()))?;
                self.shown_whole(&listener).await
            }
            Call::Show(id) => {
                let stored = self.registrar.stored(id).await;
                let stored = stored.map_err(|error| of(id)(error.into()))?;
                match self.registrar.open(&stored) {
                    Ok(listener) => self.shown_whole(&listener).await,
                    Err(_) => Ok(self.shown_as_stored(&stored)),
                }
            }
            Call::Update(id, changes) => {
                let updated = self.registrar.update(id, &changes).await;
                self.shown_whole(&updated.map_err(of(id))?).await
            }
            Call::Delete(id) => {
                let deleted = self.registrar.delete(id).await;
                deleted.map(|()| Value::Null).map_err(of(id))
            }
            Call::RotateSecret {
                listener,
                secret,
                overlap,
            } => self.rotate(listener, secret, overlap).await,
            Call::Test(id) => self.test(id).await,
            Call::Deliveries(id, selection) => self.deliveries(id, selection).await,
            Call::Delivery { listener, delivery } => self.delivery(listener, delivery).await,
            Call::Redeliver { listener, delivery } => {
                let terms = self.terms(&self.show(listener).await?);
                let again = move |tx: &mut Tx<'_>| store::delivery::redeliver(tx, listener, delivery, terms);
                self.delivery_shown(self.store.write(again).await, delivery)
            }
            Call::RedeliverAll(id, period) => self.redeliver_all(id, period).await,
            Call::Dismiss {
                listener,
                delivery,
                reason,
            } => {
                check_reason(&reason).map_err(Failure::Data)?;
                let dismissed = self
                    .store
                    .write(move |tx| store::delivery::dismiss(tx, listener, delivery, &reason));
                self.delivery_shown(dismissed.await, delivery)
            }
        }
    }

    fn terms(&self, listener: &Listener) -> Redelivery {
        let most = self.context.config.listeners.max_pending;
        Redelivery {
            now: self.now,
            is_ordered: listener.settings.is_ordered,
            max_pending: i64::try_from(most).unwrap_or(i64::MAX),
        }
    }

    fn shown_as_stored(&self, stored: &StoredListener) -> Value {
        match self.registrar.open(stored) {
            Ok(listener) => shown(&listener),
            Err(problem) => unusable_members(stored, &problem).into(),
        }
    }

    async fn show(&self, id: Uuid) -> Result<Listener, Failure> {
        self.registrar.show(id).await.map_err(of(id))
    }

    /// A listener, with the confirmations of its recipients if it needs any.
    async fn shown_whole(&self, listener: &Listener) -> Result<Value, Failure> {
        let found = self.registrar.confirmations(listener).await;
        let mut members = listener_members(listener);
        if let Some(found) = found.map_err(of(listener.id))? {
            let confirmations = confirmations_json(listener, &found, self.now);
            members.insert("confirmations".to_owned(), confirmations);
        }
        Ok(members.into())
    }

    async fn list(&self, project: Option<String>) -> Result<Value, Failure> {
        let mut filter = ListenerFilter {
            project,
            ..ListenerFilter::default()
        };
        let mut all = Vec::new();
        loop {
            let page = self.registrar.list(filter.clone(), PAGE).await;
            let page = page.map_err(|error| of(Uuid::nil())(error.into()))?;
            all.extend(page.iter().map(|stored| self.shown_as_stored(stored)));
            filter.after = page.last().map(|listener| listener.id);
            if i64::try_from(page.len()).is_ok_and(|count| count < PAGE) {
                return Ok(Value::Array(all));
            }
        }
    }

    async fn rotate(&self, id: Uuid, secret: Option<Secret>, overlap: u32) -> Result<Value, Failure> {
        let secret = secret.as_ref().map(Secret::expose);
        let overlap = i64::from(overlap).saturating_mul(time::SECOND);
        let rotated = self.registrar.rotate(id, secret, overlap).await;
        let (_, random) = rotated.map_err(of(id))?;
        Ok(json!(random.as_ref().map(Secret::expose)))
    }

    async fn test(&self, id: Uuid) -> Result<Value, Failure> {
        let listener = self.show(id).await?;
        if !listener.settings.is_enabled {
            return Err(Failure::Data("The listener is disabled.".to_owned()));
        }
        let origin = Origin {
            project_id: listener.reach.project(),
            request_id: None,
        };
        let event = Reporter::new(&self.context.config).listener_test(id, origin, self.now);
        let delivery = event.message_id;
        let added = self.store.write(move |tx| {
            store::delivery::add_for(tx, &event, id)?;
            store::delivery::record(tx.conn(), id, delivery)
        });
        self.delivery_shown(added.await, delivery)
    }

    async fn deliveries(&self, id: Uuid, selection: Selection) -> Result<Value, Failure> {
        let state = selection.state.as_deref().and_then(State::from_name);
        let limit = usize::try_from(selection.limit).unwrap_or(usize::MAX);
        let read = self.store.read(move |conn| {
            store::listener::show(conn, id)?;
            store::delivery::page(conn, id, state, selection.marker, limit)
        });
        let page = read.await.map_err(|error| of(id)(error.into()))?;
        let shown = page
            .deliveries
            .iter()
            .map(|(record, event_type)| Value::from(delivery_json(record, event_type.as_deref(), self.now)));
        Ok(json!({
            "deliveries": shown.collect::<Vec<_>>(),
            "marker": page.next.map(|next| next.to_string()),
        }))
    }

    async fn delivery(&self, listener: Uuid, delivery: Uuid) -> Result<Value, Failure> {
        let read = self
            .store
            .read(move |conn| store::delivery::detail(conn, listener, delivery));
        let detail = read.await.map_err(at(delivery))?;
        let mut members = delivery_json(&detail.record, detail.event_type.as_deref(), self.now);
        members.insert(
            "attempts".to_owned(),
            detail.attempts.iter().map(attempt_json).collect(),
        );
        Ok(members.into())
    }

    async fn redeliver_all(&self, id: Uuid, period: Period) -> Result<Value, Failure> {
        let listener = self.show(id).await?;
        let again = Again {
            listener: id,
            since: period.since,
            until: period.until.unwrap_or(self.now),
            state: State::from_name(&period.state).unwrap_or(State::Dead),
            types: listener::expand_all(&listener.settings.event_types),
            project: listener.reach.project().map(str::to_owned),
        };
        let terms = self.terms(&listener);
        let (mut count, mut after) = (0, None);
        loop {
            let again = again.clone();
            let step = self
                .store
                .write(move |tx| store::delivery::deliver_again(tx, &again, after, terms));
            let step = step.await.map_err(|error| match error {
                store::Error::Conflict(reason) if count > 0 => {
                    Failure::Data(format!("{count} are redelivered, but {reason}"))
                }
                error => at(Uuid::nil())(error),
            });
            let (made_due, next) = step?;
            count += made_due;
            after = next;
            if after.is_none() {
                return Ok(count.into());
            }
        }
    }

    fn delivery_shown(
        &self,
        record: Result<DeliveryRecord, store::Error>,
        delivery: Uuid,
    ) -> Result<Value, Failure> {
        let record = record.map_err(at(delivery))?;
        Ok(delivery_json(&record, None, self.now).into())
    }
}

fn shown(listener: &Listener) -> Value {
    listener_members(listener).into()
}

fn at(delivery: Uuid) -> impl FnOnce(store::Error) -> Failure {
    move |error| match error {
        store::Error::NotFound => missing(delivery, DELIVERY),
        store::Error::Conflict(reason) => Failure::Data(reason),
        error => Failure::store("the deliveries cannot be used")(error),
    }
}

fn of(id: Uuid) -> impl FnOnce(RegistrarError) -> Failure {
    move |error| match error {
        RegistrarError::Invalid(_)
        | RegistrarError::Quota(_)
        | RegistrarError::Unconfirmed(_)
        | RegistrarError::Confirmed(_)
        | RegistrarError::Rotation(_) => Failure::Data(error.to_string()),
        RegistrarError::Seal(_) | RegistrarError::Open(_) => Failure::Unconfigured(error.to_string()),
        RegistrarError::Store(store::Error::NotFound) => missing(id, LISTENER),
        RegistrarError::Store(store::Error::Conflict(reason)) => Failure::Data(reason),
        RegistrarError::Store(error) => Failure::store("the listeners cannot be used")(error),
    }
}
