//! Creates and changes listeners, for the API and the command line.

use std::sync::Arc;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::notifiers::Guards;
use crate::clock::Clock;
use crate::config::Config;
use crate::listener::{
    self, Kind, Listener, ListenerFault, ListenerSeal, MASK, Notifier, OpenError, Reach, SealError, Settings,
    StoredListener,
};
use crate::store::listener::ListenerFilter;
use crate::store::{self, Store};

/// Creates and changes listeners.
pub struct Registrar {
    store: Store,
    clock: Clock,
    seal: Arc<ListenerSeal>,
    guards: Guards,
    quota: u64,
}

/// Why a listener is not created or changed.
#[derive(Debug, thiserror::Error)]
pub enum RegistrarError {
    /// Some of its settings are invalid.
    #[error("{}", crate::brief::listed(.0, "; ", 20))]
    Invalid(Vec<ListenerFault>),
    /// Its project has as many as it may have.
    #[error("the project has {0} listeners, the most that it may have")]
    Quota(u64),
    /// Its secrets cannot be stored.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A stored listener cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Any error of the database: [`store::Error::NotFound`], or [`store::Error::Conflict`] for a name that is taken by a
    /// different listener and for a change at the same time.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Registrar {
    /// Follows the configuration.
    pub fn new(config: &Config, store: Store, clock: Clock, seal: Arc<ListenerSeal>) -> Self {
        Self {
            store,
            clock,
            seal,
            guards: Guards::new(config),
            quota: config.listeners.quota,
        }
    }

    /// Creates a listener. If its project has one of the same name and the same settings, returns that one; also returns whether it
    /// is new.
    ///
    /// # Errors
    /// [`RegistrarError`].
    pub async fn create(
        &self,
        reach: Reach,
        members: &Map<String, Value>,
    ) -> Result<(Listener, bool), RegistrarError> {
        let settings = self.check(members, &reach)?;
        if let Some(name) = &settings.name
            && let Some(known) = self.find(&reach, name).await?
        {
            return if known.settings == settings {
                Ok((known, false))
            } else {
                let taken = format!("another listener of the project is named {name:?}");
                Err(store::Error::Conflict(taken).into())
            };
        }
        let now = self.clock.now();
        let listener = Listener {
            id: Uuid::now_v7(),
            reach,
            settings,
            created_at: now,
            updated_at: now,
            failing_since: None,
            disabled_reason: None,
        };
        let stored = listener.store(&self.seal)?;
        let (quota, types) = (self.quota, listener::expand_all(&listener.settings.event_types));
        let is_ordered = listener.settings.is_ordered;
        let written = self.store.write(move |tx| {
            let is_bounded = stored.reach != Reach::Cloud;
            if is_bounded && store::listener::count(tx.conn(), &stored.reach)?.unsigned_abs() >= quota {
                return Ok(false);
            }
            store::listener::insert(tx, &stored, &types, is_ordered)?;
            Ok(true)
        });
        if written.await? {
            Ok((listener, true))
        } else {
            Err(RegistrarError::Quota(self.quota))
        }
    }

    /// Changes a listener. Members that are absent stay, a null removes one; so do the members of `notifier_config`, where `*****`
    /// stands for a secret that stays.
    ///
    /// # Errors
    /// [`RegistrarError`].
    pub async fn update(&self, id: Uuid, changes: &Map<String, Value>) -> Result<Listener, RegistrarError> {
        let before = self.show(id).await?;
        let members = merged(before.settings.to_members(), changes);
        let settings = self.check(&members, &before.reach)?;
        if settings.notifier.kind() != before.settings.notifier.kind() {
            return Err(fault("notifier_type", "cannot be changed"));
        }
        let is_enabled_now = settings.is_enabled && !before.settings.is_enabled;
        let listener = Listener {
            settings,
            updated_at: self.clock.now().max(before.updated_at + 1),
            // Whoever enables it again starts afresh.
            failing_since: before.failing_since.filter(|_| !is_enabled_now),
            disabled_reason: before.disabled_reason.filter(|_| !is_enabled_now),
            ..before
        };
        let stored = listener.store(&self.seal)?;
        let types = listener::expand_all(&listener.settings.event_types);
        let (read_at, is_ordered) = (before.updated_at, listener.settings.is_ordered);
        self.store
            .write(move |tx| store::listener::update(tx, &stored, read_at, &types, is_ordered))
            .await?;
        Ok(listener)
    }

    /// Returns a listener.
    ///
    /// # Errors
    /// [`RegistrarError`].
    pub async fn show(&self, id: Uuid) -> Result<Listener, RegistrarError> {
        let stored = self
            .store
            .read(move |read| store::listener::show(read, id))
            .await?;
        Ok(stored.open(&self.seal)?)
    }

    /// Lists up to `limit` listeners, in the order of their creation.
    ///
    /// # Errors
    /// [`RegistrarError`].
    pub async fn list(&self, filter: ListenerFilter, limit: i64) -> Result<Vec<Listener>, RegistrarError> {
        let read = self
            .store
            .read(move |read| store::listener::list(read, &filter, limit));
        self.open_all(read.await?)
    }

    /// Deletes a listener with its deliveries.
    ///
    /// # Errors
    /// [`RegistrarError`].
    pub async fn delete(&self, id: Uuid) -> Result<(), RegistrarError> {
        Ok(self
            .store
            .write(move |tx| store::listener::delete(tx, id))
            .await?)
    }

    async fn find(&self, reach: &Reach, name: &str) -> Result<Option<Listener>, RegistrarError> {
        let filter = ListenerFilter {
            project: Some(reach.project().unwrap_or_default().to_owned()),
            name: Some(name.to_owned()),
            ..ListenerFilter::default()
        };
        Ok(self.list(filter, 1).await?.pop())
    }

    fn open_all(&self, stored: Vec<StoredListener>) -> Result<Vec<Listener>, RegistrarError> {
        let opened = stored.iter().map(|stored| stored.open(&self.seal));
        Ok(opened.collect::<Result<_, _>>()?)
    }

    /// Checks settings and what they lead to.
    fn check(&self, members: &Map<String, Value>, reach: &Reach) -> Result<Settings, RegistrarError> {
        let is_cloud = *reach == Reach::Cloud;
        let settings = Settings::check(members, is_cloud).map_err(RegistrarError::Invalid)?;
        if let Notifier::Http(http) = &settings.notifier
            && let Err(refused) = self.guards.of(reach).check_url(&http.url)
        {
            return Err(fault("notifier_config.url", &refused.to_string()));
        }
        if settings.notifier.kind() == Kind::Amqp && !is_cloud {
            return Err(fault(
                "notifier_type",
                "amqp is for listeners of scope cloud: the broker is the operator's",
            ));
        }
        Ok(settings)
    }
}

fn fault(field: &str, reason: &str) -> RegistrarError {
    RegistrarError::Invalid(vec![ListenerFault {
        field: field.to_owned(),
        reason: reason.to_owned(),
    }])
}

/// Applies changes as a JSON merge patch, one level deep and one more for the notifier's configuration.
fn merged(mut members: Map<String, Value>, changes: &Map<String, Value>) -> Map<String, Value> {
    for (name, change) in changes {
        match (members.get_mut(name), change) {
            (Some(Value::Object(config)), Value::Object(changes)) if name == "notifier_config" => {
                for (key, value) in changes {
                    match value {
                        Value::Null => drop(config.remove(key)),
                        Value::String(text) if text == MASK && config.contains_key(key) => {}
                        value => drop(config.insert(key.clone(), value.clone())),
                    }
                }
            }
            (_, Value::Null) => drop(members.remove(name)),
            (_, change) => drop(members.insert(name.clone(), change.clone())),
        }
    }
    members
}
