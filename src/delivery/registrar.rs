//! Creates and changes listeners, for the API and the command line.

use std::sync::Arc;

use serde_json::{Map, Value};
use tidings_client::Secret;
use uuid::Uuid;

use super::changes::{is_new_secret, merged, own_only, secrets_stay};
use super::lost_key::{gives_secrets, lost_file};
use super::notifiers::Guards;
use super::registrar_error::RegistrarError;
use super::rotation;
use crate::clock::Clock;
use crate::config::Config;
use crate::listener::{
    self, Confirmation, Kind, Listener, ListenerFault, ListenerSeal, Notifier, OpenError, Reach, SealError,
    Settings, SigningSecret, StoredListener,
};
use crate::seal::KeyError;
use crate::store::confirmation::{self, Asked, Most};
use crate::store::listener::ListenerFilter;
use crate::store::{self, Store, Tx};

/// The most confirmed addresses of a project, which are kept for years. Those that no listener names are forgotten first.
const MOST_CONFIRMED: u64 = 10_000;

/// Creates and changes listeners.
pub struct Registrar {
    store: Store,
    clock: Clock,
    seal: Arc<ListenerSeal>,
    guards: Guards,
    quota: u64,
    unconfirmed: u64,
    /// Whether links in e-mails have an address.
    has_endpoint: bool,
}

impl Registrar {
    /// Creates a registrar from the configuration.
    pub fn new(config: &Config, store: Store, clock: Clock, seal: Arc<ListenerSeal>) -> Self {
        Self {
            store,
            clock,
            seal,
            guards: Guards::new(config),
            quota: config.listeners.quota,
            unconfirmed: config.listeners.unconfirmed,
            has_endpoint: config.api.public_endpoint.is_some(),
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
        own_only(members)?;
        let settings = self.check(members, &reach)?;
        if let Some(known) = self.same(&reach, &settings).await? {
            return Ok((known, false));
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
        let stored = self.sealed(&listener).await?;
        let (quota, types) = (self.quota, listener::expand_all(&listener.settings.event_types));
        let is_ordered = listener.settings.is_ordered;
        let ask = self.ask(&listener);
        let written = self.store.write(move |tx| {
            if !store::listener::has_room(tx, &stored.reach, quota)? {
                return Ok(Err(RegistrarError::Quota(quota)));
            }
            if let Err(refused) = ask(tx)? {
                return Ok(Err(refused));
            }
            store::listener::insert(tx, &stored, &types, is_ordered)?;
            Ok(Ok(()))
        });
        match written.await {
            Ok(Ok(())) => Ok((listener, true)),
            Ok(Err(refused)) => Err(refused),
            // Another request may have taken the name since.
            Err(error @ store::Error::Conflict(_)) => {
                let known = self.same(&listener.reach, &listener.settings).await?;
                known.map(|known| (known, false)).ok_or(error.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Changes a listener. Members that are absent stay, a null removes one; so do the members of `notifier_config`, where `*****`
    /// stands for a secret that stays. Secrets whose key was lost stay only until one of them is given anew or removed.
    ///
    /// # Errors
    /// [`RegistrarError`].
    pub async fn update(&self, id: Uuid, changes: &Map<String, Value>) -> Result<Listener, RegistrarError> {
        own_only(changes)?;
        let stored = self.stored(id).await?;
        let opened = self.open(&stored);
        let are_lost = matches!(opened, Err(OpenError::Seal(_))) && gives_secrets(&stored, changes);
        let (before, known) = if are_lost {
            // Nothing of them can be kept.
            (stored.open_without_secrets()?, stored.without_secrets())
        } else {
            let before = opened?;
            let known = before.settings.to_members();
            (before, known)
        };
        let mut members = merged(known, changes);
        if is_new_secret(changes)
            && let Some(config) = members.get_mut("notifier_config").and_then(Value::as_object_mut)
        {
            // Only a rotation lets earlier ones sign on.
            config.remove("previous_secrets");
        }
        secrets_stay(&before, &members)?;
        self.replace(before, &members, are_lost).await
    }

    /// Gives an http listener another signing secret: this one, or a random one, which is returned. The current one signs on for
    /// `overlap` microseconds.
    ///
    /// # Errors
    /// [`RegistrarError`].
    pub async fn rotate(
        &self,
        id: Uuid,
        secret: Option<&str>,
        overlap: i64,
    ) -> Result<(Listener, Option<Secret>), RegistrarError> {
        let before = self.show(id).await?;
        if before.settings.notifier.kind() != Kind::Http {
            return Err(fault("notifier_type", "must be http: no other signs"));
        }
        let random = match secret {
            Some(_) => None,
            None => Some(SigningSecret::random().ok_or(SealError::Keys(KeyError::NoRandom))?),
        };
        let secret = secret.or(random.as_ref().map(Secret::expose)).unwrap_or_default();
        let mut members = before.settings.to_members();
        if let Some(config) = members.get_mut("notifier_config").and_then(Value::as_object_mut) {
            rotation::rotate(config, secret, overlap, self.clock.now())?;
        }
        Ok((self.replace(before, &members, false).await?, random))
    }

    /// Replaces the settings of a listener, even if that makes a new key because the one of its secrets was lost.
    async fn replace(
        &self,
        before: Listener,
        members: &Map<String, Value>,
        are_lost: bool,
    ) -> Result<Listener, RegistrarError> {
        let settings = self.check(members, &before.reach)?;
        if settings.notifier.kind() != before.settings.notifier.kind() {
            return Err(fault("notifier_type", "cannot be changed"));
        }
        if before.reach != Reach::Cloud
            && listener::is_for_members(&settings.event_types)
            && !listener::is_for_members(&before.settings.event_types)
        {
            // Members would see it, and the operators' events that it has got.
            return Err(fault(
                "event_types",
                "cannot be narrowed to what members may get: create another listener",
            ));
        }
        let is_for_members = |settings: &Settings| listener::is_for_members(&settings.event_types);
        let is_other_name = settings.name != before.settings.name
            || is_for_members(&settings) != is_for_members(&before.settings);
        if is_other_name
            && let Some(name) = &settings.name
            && let Some(other) = self.find(&before.reach, name, &settings).await?
            && other.id != before.id
        {
            return Err(taken(name).into());
        }
        let is_enabled_now = settings.is_enabled && !before.settings.is_enabled;
        let is_moved = settings.notifier != before.settings.notifier;
        let listener = Listener {
            settings,
            updated_at: self.clock.now().max(before.updated_at + 1),
            // A receiver that was mended starts afresh.
            failing_since: before.failing_since.filter(|_| !is_enabled_now && !is_moved),
            disabled_reason: before.disabled_reason.filter(|_| !is_enabled_now),
            ..before
        };
        let stored = if are_lost {
            listener.store(&self.seal)?
        } else {
            self.sealed(&listener).await?
        };
        let types = listener::expand_all(&listener.settings.event_types);
        let (read_at, is_ordered) = (before.updated_at, listener.settings.is_ordered);
        let ask = self.ask(&listener);
        let written = self.store.write(move |tx| {
            if let Err(refused) = ask(tx)? {
                return Ok(Err(refused));
            }
            store::listener::update(tx, &stored, read_at, &types, is_ordered)?;
            Ok(Ok(()))
        });
        written.await??;
        Ok(listener)
    }

    /// Returns the requests to the recipients of a listener that have to be asked.
    fn ask(
        &self,
        listener: &Listener,
    ) -> impl Fn(&mut Tx<'_>) -> Result<Result<(), RegistrarError>, store::Error> + Send + use<> {
        let asked = listener.to_confirm().filter(|_| listener.settings.is_enabled);
        let (unconfirmed, confirmed) = (self.unconfirmed, MOST_CONFIRMED);
        let (most, now) = (
            Most {
                unconfirmed,
                confirmed,
            },
            self.clock.now(),
        );
        move |tx| {
            let Some((project, addresses)) = &asked else {
                return Ok(Ok(()));
            };
            Ok(match confirmation::ask(tx, project, addresses, most, now)? {
                Asked::Yes => Ok(()),
                Asked::TooManyUnconfirmed => Err(RegistrarError::Unconfirmed(unconfirmed)),
                Asked::TooManyConfirmed => Err(RegistrarError::Confirmed(confirmed)),
            })
        }
    }

    /// Returns the confirmations of the recipients of a listener who were asked; `None` for a listener that needs none.
    ///
    /// # Errors
    /// [`RegistrarError`].
    pub async fn confirmations(
        &self,
        listener: &Listener,
    ) -> Result<Option<Vec<Confirmation>>, RegistrarError> {
        let Some((project, addresses)) = listener.to_confirm() else {
            return Ok(None);
        };
        let read = self
            .store
            .read(move |read| confirmation::of_addresses(read, &project, &addresses));
        Ok(Some(read.await?))
    }

    /// Returns a listener.
    ///
    /// # Errors
    /// [`RegistrarError`].
    pub async fn show(&self, id: Uuid) -> Result<Listener, RegistrarError> {
        Ok(self.open(&self.stored(id).await?)?)
    }

    /// Returns a listener as it is stored, even if its secrets cannot be opened.
    ///
    /// # Errors
    /// Any error of the database.
    pub async fn stored(&self, id: Uuid) -> Result<StoredListener, store::Error> {
        self.store.read(move |read| store::listener::show(read, id)).await
    }

    /// Opens the secrets of a listener.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(&self, stored: &StoredListener) -> Result<Listener, OpenError> {
        stored.open(&self.seal)
    }

    /// Seals the secrets of a listener.
    async fn sealed(&self, listener: &Listener) -> Result<StoredListener, RegistrarError> {
        if listener.has_secrets()
            && let Some(file) = lost_file(&self.store, &self.seal).await?
        {
            return Err(SealError::Lost(file).into());
        }
        Ok(listener.store(&self.seal)?)
    }

    /// Lists up to `limit` listeners as they are stored, in the order of their creation.
    ///
    /// # Errors
    /// Any error of the database.
    pub async fn list(
        &self,
        filter: ListenerFilter,
        limit: i64,
    ) -> Result<Vec<StoredListener>, store::Error> {
        let read = self
            .store
            .read(move |read| store::listener::list(read, &filter, limit));
        read.await
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

    /// The listener of the same name and with the same settings, if there is one of that name.
    async fn same(&self, reach: &Reach, settings: &Settings) -> Result<Option<Listener>, RegistrarError> {
        let Some(name) = &settings.name else {
            return Ok(None);
        };
        let Some(known) = self.find(reach, name, settings).await? else {
            return Ok(None);
        };
        let known = self.open(&known)?;
        let mut as_chosen = known.settings.clone();
        // The client did not disable it.
        as_chosen.is_enabled |= known.disabled_reason.is_some();
        if as_chosen != *settings {
            return Err(taken(name).into());
        }
        Ok(Some(known))
    }

    /// The listener of a name among those that the same callers may see.
    async fn find(
        &self,
        reach: &Reach,
        name: &str,
        settings: &Settings,
    ) -> Result<Option<StoredListener>, RegistrarError> {
        let is_hidden = *reach != Reach::Cloud && !listener::is_for_members(&settings.event_types);
        let filter = ListenerFilter {
            project: Some(reach.project().unwrap_or_default().to_owned()),
            name: Some(name.to_owned()),
            is_hidden: Some(is_hidden),
            ..ListenerFilter::default()
        };
        Ok(self.list(filter, 1).await?.pop())
    }

    /// Checks settings together with the configuration that they depend on.
    fn check(&self, members: &Map<String, Value>, reach: &Reach) -> Result<Settings, RegistrarError> {
        let is_cloud = *reach == Reach::Cloud;
        let settings = Settings::check(members, is_cloud).map_err(RegistrarError::Invalid)?;
        if let Notifier::Http(http) = &settings.notifier
            && let Err(refused) = self.guards.of(reach).check_url(&http.url)
        {
            return Err(fault("notifier_config.url", &refused.to_string()));
        }
        match settings.notifier.kind() {
            Kind::Amqp if !is_cloud => Err(fault(
                "notifier_type",
                "amqp is for listeners of scope cloud: the broker is the operator's",
            )),
            // Without a way to ask the recipients, the mail server would be an open relay.
            Kind::Email if !is_cloud && settings.is_enabled && !self.has_endpoint => Err(fault(
                "notifier_type",
                "email is for listeners of scope cloud until the operator sets [api] public_endpoint, where recipients confirm \
                 their addresses",
            )),
            _ => Ok(settings),
        }
    }
}

fn fault(field: &str, reason: &str) -> RegistrarError {
    ListenerFault::new(field, reason).into()
}

fn taken(name: &str) -> store::Error {
    store::Error::Conflict(format!("another listener of the project is named {name:?}"))
}
