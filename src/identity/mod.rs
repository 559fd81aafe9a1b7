//! Who calls, and what they may do.

mod caller;
mod credentials;
mod keystone;
mod noauth;
mod owners;
pub mod policy;
mod refusal;
pub(crate) mod session;
mod sign_in;

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

/// Where identities come from.
pub enum IdentitySource {
    /// The caller's own word. For trying out and for tests; served on loopback unless told otherwise.
    NoAuth,
    /// Keystone's.
    Keystone(Box<Keystone>),
}

impl Caller {
    /// The caller whose token Keystone describes so: `{"token": {...}}`.
    ///
    /// # Errors
    /// What is wrong with the description.
    pub fn from_token(description: &[u8]) -> Result<Self, String> {
        keystone::describe(description)
    }
}

impl IdentitySource {
    /// The configured source. Connects to nothing yet.
    ///
    /// # Errors
    /// [`SetupError`] where Keystone could never be asked.
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

    /// Who shows these credentials.
    ///
    /// # Errors
    /// [`Refusal`], never in noauth.
    pub async fn identify(&self, shown: &Credentials<'_>) -> Result<Arc<Caller>, Refusal> {
        match self {
            Self::NoAuth => Ok(Arc::new(noauth::identify(shown.token, shown.url_project))),
            Self::Keystone(keystone) => keystone.identify(shown).await,
        }
    }

    /// The tokens of somebody who signs in. In noauth nobody does.
    ///
    /// # Errors
    /// [`Refusal::Unauthorized`] where what is shown is wrong, without a word on what in it.
    pub async fn sign_in(&self, shown: &SignIn) -> Result<Tokens, Refusal> {
        match self {
            Self::NoAuth => Err(Refusal::Unauthorized),
            Self::Keystone(keystone) => keystone.sign_in(shown).await,
        }
    }

    /// The same user's tokens in a project, by its id.
    ///
    /// # Errors
    /// [`Refusal::Unauthorized`] where the user has no role in it, or the tokens are of no more use.
    pub async fn enter(&self, tokens: &Tokens, project: &str) -> Result<Tokens, Refusal> {
        match self {
            Self::NoAuth => Err(Refusal::Unauthorized),
            Self::Keystone(keystone) => keystone.enter(tokens, project).await,
        }
    }

    /// The projects that the user of a token may act in, by name.
    ///
    /// # Errors
    /// [`Refusal::Unauthorized`] where the token is not valid any more.
    pub async fn projects(&self, token: &str) -> Result<Vec<Project>, Refusal> {
        match self {
            Self::NoAuth => Ok(Vec::new()),
            Self::Keystone(keystone) => keystone.projects(token).await,
        }
    }

    /// Makes tokens worthless, as far as that can be done now.
    pub async fn sign_out(&self, tokens: &Tokens) {
        if let Self::Keystone(keystone) = self {
            keystone.sign_out(tokens).await;
        }
    }

    /// Finds out early whether identities can be established, and says in the log when not. A server starts all the
    /// same: Keystone may come up after it.
    pub async fn warm_up(&self) {
        let Self::Keystone(keystone) = self else { return };
        if let Err(reason) = keystone.warm_up().await {
            tracing::warn!(
                reason,
                "Keystone cannot be used now; requests are answered with 503 until it can"
            );
        }
    }

    /// Finds out whether identities can be established now, and says so in a sentence.
    ///
    /// # Errors
    /// Why they cannot.
    pub async fn check(&self) -> Result<String, String> {
        match self {
            Self::NoAuth => Ok("Keystone is not used".to_owned()),
            Self::Keystone(keystone) => keystone.check().await,
        }
    }

    /// What `WWW-Authenticate` says to a caller without a valid token.
    pub fn challenge(&self) -> Option<&str> {
        match self {
            Self::NoAuth => None,
            Self::Keystone(keystone) => Some(keystone.challenge()),
        }
    }

    /// Whether anybody who can reach the server can be anybody.
    pub fn trusts_everybody(&self) -> bool {
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
