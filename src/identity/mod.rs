//! Authenticates callers and decides what they may do.

mod caller;
mod credentials;
mod keystone;
mod noauth;
mod owners;
pub mod policy;
mod refusal;
pub(crate) mod session;
mod sign_in;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

pub use caller::Caller;
pub(crate) use caller::DomainProjects;
pub(crate) use credentials::Credentials;
pub(crate) use owners::{NotOwner, Owners, UnknownPrefix};
pub use policy::Rule;
pub(crate) use policy::{Denied, Policy};
pub(crate) use refusal::{Refusal, SetupError};
pub(crate) use session::{Session, Sessions, Tokens};
pub(crate) use sign_in::{Project, SignIn};

use keystone::Keystone;

use crate::clock::Clock;
use crate::config::{AuthStrategy, Config};
use crate::telemetry::Metrics;

/// The source of identities.
pub enum IdentitySource {
    /// The caller's own claim. For trials and tests; limited to loopback by default.
    NoAuth,
    /// Keystone.
    Keystone(Box<Keystone>),
}

impl Caller {
    /// Returns the caller of a token in Keystone's description: `{"token": {...}}`.
    ///
    /// # Errors
    /// Says what is wrong with the description.
    pub fn from_token(description: &[u8]) -> Result<Self, String> {
        keystone::describe(description)
    }
}

impl IdentitySource {
    /// Creates the configured source. Does not connect yet.
    ///
    /// # Errors
    /// [`SetupError`] if Keystone could never be used.
    pub fn new(config: &Config, clock: Clock, metrics: &Metrics) -> Result<Self, SetupError> {
        match config.general.auth_strategy {
            AuthStrategy::Noauth => Ok(Self::NoAuth),
            AuthStrategy::Keystone => Ok(Self::Keystone(Box::new(Keystone::new(
                &config.keystone_authtoken,
                clock,
                metrics.tokens.clone(),
            )?))),
        }
    }

    /// Returns the caller with these credentials.
    ///
    /// # Errors
    /// [`Refusal`]; never in noauth.
    pub async fn identify(&self, shown: &Credentials<'_>) -> Result<Arc<Caller>, Refusal> {
        match self {
            Self::NoAuth => Ok(Arc::new(noauth::identify(shown.token, shown.url_project))),
            Self::Keystone(keystone) => keystone.identify(shown).await,
        }
    }

    /// Signs a user in and returns the tokens. Not used in noauth.
    ///
    /// # Errors
    /// [`Refusal::Unauthorized`] if the credentials are wrong, without saying which part.
    pub async fn sign_in(&self, shown: &SignIn) -> Result<Tokens, Refusal> {
        match self {
            Self::NoAuth => Err(Refusal::Unauthorized),
            Self::Keystone(keystone) => keystone.sign_in(shown).await,
        }
    }

    /// Returns tokens of the same user, scoped to a project by id.
    ///
    /// # Errors
    /// [`Refusal::Unauthorized`] if the user has no role in it, or the tokens are no longer valid.
    pub async fn enter(&self, tokens: &Tokens, project: &str) -> Result<Tokens, Refusal> {
        match self {
            Self::NoAuth => Err(Refusal::Unauthorized),
            Self::Keystone(keystone) => keystone.enter(tokens, project).await,
        }
    }

    /// Returns the projects that a token's user has a role in, by name.
    ///
    /// # Errors
    /// [`Refusal::Unauthorized`] if the token is no longer valid.
    pub async fn projects(&self, token: &str) -> Result<Vec<Project>, Refusal> {
        match self {
            Self::NoAuth => Ok(Vec::new()),
            Self::Keystone(keystone) => keystone.projects(token).await,
        }
    }

    /// Returns the names of projects by id, as far as the user of a token may see them; none in noauth.
    pub async fn project_names(&self, token: &str, ids: &[String]) -> HashMap<String, String> {
        match self {
            Self::NoAuth => HashMap::new(),
            Self::Keystone(keystone) => keystone.names(token, ids).await,
        }
    }

    /// Revokes tokens, if possible.
    pub async fn sign_out(&self, tokens: &Tokens) {
        if let Self::Keystone(keystone) = self {
            keystone.sign_out(tokens).await;
        }
    }

    /// Checks at startup whether callers can be authenticated, and logs it if not. The server starts anyway: Keystone
    /// may come up later.
    pub async fn warm_up(&self) {
        let Self::Keystone(keystone) = self else { return };
        if let Err(reason) = keystone.warm_up().await {
            tracing::warn!(
                reason,
                "Keystone is unavailable; requests are answered with 503 until it is back"
            );
        }
    }

    /// Checks whether callers can be authenticated now, and says so in a sentence.
    ///
    /// # Errors
    /// Says why they cannot.
    pub async fn check(&self) -> Result<String, String> {
        match self {
            Self::NoAuth => Ok("Keystone is not used".to_owned()),
            Self::Keystone(keystone) => keystone.check().await,
        }
    }

    /// Returns the `WWW-Authenticate` challenge for callers without a valid token.
    pub fn challenge(&self) -> Option<&str> {
        match self {
            Self::NoAuth => None,
            Self::Keystone(keystone) => Some(keystone.challenge()),
        }
    }

    /// Whether callers can claim any identity.
    pub fn is_noauth(&self) -> bool {
        matches!(self, Self::NoAuth)
    }
}

impl fmt::Debug for IdentitySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoAuth => "NoAuth",
            Self::Keystone(_) => "Keystone",
        })
    }
}
