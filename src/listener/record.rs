//! A listener, and the form in which it is stored.

use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::email::address;
use super::event_types;
use super::notifier::Notifier;
use super::seal::{ListenerSeal, SealError};
use super::settings::Settings;
use crate::brief;

/// Whose events a listener gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Those of one project.
    Project(String),
    /// All events.
    Cloud,
}

impl Reach {
    /// Returns the project; none for the whole cloud.
    pub fn project(&self) -> Option<&str> {
        match self {
            Self::Project(project) => Some(project),
            Self::Cloud => None,
        }
    }

    /// Returns the name in the API.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Project(_) => "project",
            Self::Cloud => "cloud",
        }
    }
}

/// A listener.
#[derive(Debug, Clone, PartialEq)]
pub struct Listener {
    /// Its id.
    pub id: Uuid,
    /// Whose events it gets.
    pub reach: Reach,
    /// What its owner decides.
    pub settings: Settings,
    /// When it was created, in microseconds since 1970.
    pub created_at: i64,
    /// When it was last changed, in microseconds since 1970.
    pub updated_at: i64,
    /// Since when every delivery has failed, in microseconds since 1970.
    pub failing_since: Option<i64>,
    /// Why it was disabled, if not by a client.
    pub disabled_reason: Option<String>,
}

/// A listener as it is stored: its secrets are sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredListener {
    /// Its id.
    pub id: Uuid,
    /// Whose events it gets.
    pub reach: Reach,
    /// The client's name for it.
    pub name: Option<String>,
    /// The kind of its notifier.
    pub notifier_type: String,
    /// Whether it gets events.
    pub is_enabled: bool,
    /// The settings without secrets, as JSON.
    pub settings: String,
    /// The secrets, sealed.
    pub secrets: Option<Vec<u8>>,
    /// When it was created, in microseconds since 1970.
    pub created_at: i64,
    /// When it was last changed, in microseconds since 1970.
    pub updated_at: i64,
    /// Since when every delivery has failed, in microseconds since 1970.
    pub failing_since: Option<i64>,
    /// Why it was disabled, if not by a client.
    pub disabled_reason: Option<String>,
}

/// Why a stored listener cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its secrets cannot be opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A newer or older program wrote settings that this one does not understand.
    #[error("the settings of listener {0} are not valid: {1}")]
    Settings(Uuid, String),
}

impl Listener {
    /// Whether its settings have any.
    pub fn has_secrets(&self) -> bool {
        let secrets = self.settings.notifier.kind().secrets();
        secrets
            .iter()
            .any(|name| self.settings.config.0.contains_key(*name))
    }

    /// Returns the project and the addresses of a listener whose recipients must confirm; `None` for one that needs no consent.
    pub fn to_confirm(&self) -> Option<(String, Vec<String>)> {
        let project = self.reach.project()?;
        let Notifier::Email(email) = &self.settings.notifier else {
            return None;
        };
        let addresses = email.addresses.iter().map(ToString::to_string);
        Some((project.to_owned(), addresses.collect()))
    }

    /// Seals the secrets.
    ///
    /// # Errors
    /// [`SealError`] if there are secrets but no keys.
    pub fn store(&self, seal: &ListenerSeal) -> Result<StoredListener, SealError> {
        let mut settings = self.settings.to_members();
        let secrets = take_secrets(&mut settings, self.settings.notifier.kind().secrets());
        let secrets = if secrets.is_empty() {
            None
        } else {
            Some(seal.close(self.id, secrets)?)
        };
        Ok(StoredListener {
            id: self.id,
            reach: self.reach.clone(),
            name: self.settings.name.clone(),
            notifier_type: self.settings.notifier.kind().name().to_owned(),
            is_enabled: self.settings.is_enabled,
            settings: Value::from(settings).to_string(),
            secrets,
            created_at: self.created_at,
            updated_at: self.updated_at,
            failing_since: self.failing_since,
            disabled_reason: self.disabled_reason.clone(),
        })
    }
}

/// The part of stored settings that decides who may see a listener.
#[derive(Deserialize)]
struct Types {
    event_types: Vec<String>,
}

impl StoredListener {
    /// Whether members of its project may see it: not if it gets more than they may get, as its deliveries lead to the events.
    pub fn is_hidden(&self) -> bool {
        let types: Option<Types> = serde_json::from_str(&self.settings).ok();
        let is_for_members = types.is_some_and(|types| event_types::is_for_members(&types.event_types));
        self.reach != Reach::Cloud && !is_for_members
    }

    /// Returns the addresses that its notifier mails to, which are no secret.
    pub fn addresses(&self) -> Vec<String> {
        let members = self.without_secrets();
        let addresses = members
            .get("notifier_config")
            .and_then(|config| config.get("addresses")?.as_array());
        let texts = addresses.into_iter().flatten();
        // As they are stored with confirmations.
        let parsed = texts.filter_map(|text| address(text.as_str()?));
        parsed.map(|address| address.to_string()).collect()
    }

    /// Returns the settings for an answer without those that are secret, which need no key. Empty if they cannot be read.
    pub fn without_secrets(&self) -> Map<String, Value> {
        let mut members: Map<String, Value> = serde_json::from_str(&self.settings).unwrap_or_default();
        members.insert("enabled".to_owned(), self.is_enabled.into());
        members
    }

    /// Opens the secrets.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(&self, seal: &ListenerSeal) -> Result<Listener, OpenError> {
        self.with_secrets(|| match &self.secrets {
            Some(sealed) => seal.open(self.id, sealed),
            None => Ok(Map::new()),
        })
    }

    /// Returns the listener for a change that gives it other secrets, with something else in their place.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open_without_secrets(&self) -> Result<Listener, OpenError> {
        self.with_secrets(|| {
            // A user needs a password.
            let members = self.without_secrets();
            let config = members.get("notifier_config");
            let needs_password = config.is_some_and(|config| config["username"].is_string());
            let password = needs_password.then(|| ("password".to_owned(), Value::from("lost")));
            Ok(password.into_iter().collect())
        })
    }

    fn with_secrets(
        &self,
        secrets: impl FnOnce() -> Result<Map<String, Value>, SealError>,
    ) -> Result<Listener, OpenError> {
        let unreadable = |error: serde_json::Error| OpenError::Settings(self.id, error.to_string());
        let mut members: Map<String, Value> = serde_json::from_str(&self.settings).map_err(unreadable)?;
        let secrets = secrets()?;
        if let Some(config) = members.get_mut("notifier_config").and_then(Value::as_object_mut) {
            config.extend(secrets);
        }
        members.insert("enabled".to_owned(), self.is_enabled.into());
        let settings = Settings::read(&members, self.reach == Reach::Cloud)
            .map_err(|faults| OpenError::Settings(self.id, brief::listed(faults, "; ", 3)))?;
        Ok(Listener {
            id: self.id,
            reach: self.reach.clone(),
            settings,
            created_at: self.created_at,
            updated_at: self.updated_at,
            failing_since: self.failing_since,
            disabled_reason: self.disabled_reason.clone(),
        })
    }
}

/// Takes the secrets out of the notifier's configuration.
fn take_secrets(settings: &mut Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    let Some(config) = settings.get_mut("notifier_config").and_then(Value::as_object_mut) else {
        return Map::new();
    };
    let taken = names
        .iter()
        .filter_map(|name| config.remove(*name).map(|value| ((*name).to_owned(), value)));
    taken.collect()
}
