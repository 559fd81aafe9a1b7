//! Browser sessions.
//!
//! A browser holds an opaque random id; the database holds its SHA-256, the encrypted tokens and the expiry time. So
//! every server with the same database and keys knows the session, and neither a copy of the database nor the keys
//! alone are of use.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::clock::Clock;
use crate::config::{self, SHORTEST_KEY};
use crate::message::time;
use crate::seal::{self, KeyError, KeyFile, Keys, Seal, Signer, hex};
use crate::store::browser_session::{self, BrowserSession};
use crate::store::{Error, Store};

/// How much of a session's idle time must have passed before its use is written down, in microseconds.
const NOTICE: i64 = 60 * time::SECOND;

/// The purposes of the keys, which give each its own bytes. Sessions in the database depend on the first.
const TOKENS: &str = "tidings: tokens of sessions";
const FORMS: &str = "tidings: forms";

/// The sessions of all browsers.
pub struct Sessions {
    tokens: Seal,
    forms: Signer,
    is_lasting: bool,
    store: Store,
    clock: Clock,
    idle: i64,
    lifetime: i64,
}

/// One browser's session.
#[derive(Debug, Clone)]
pub struct Session {
    /// Its tokens.
    pub tokens: Tokens,
}

/// The Keystone tokens of a session.
#[derive(Clone, PartialEq, Eq)]
pub struct Tokens {
    /// The token for requests.
    pub current: String,
    /// A token without a project, to get project tokens with; `None` for an application credential, which has its
    /// project.
    pub unscoped: Option<String>,
    /// When they expire, in microseconds since 1970.
    pub expires_at: i64,
    /// The user's name.
    pub user: String,
    /// The id of the project that scopes the current token, if any.
    pub project: Option<String>,
}

/// What is encrypted in the database.
#[derive(Serialize, Deserialize)]
struct Sealed {
    current: String,
    unscoped: Option<String>,
    user: String,
    project: Option<String>,
}

impl Sessions {
    /// Creates sessions with the configured keys.
    ///
    /// # Errors
    /// [`KeyError`] if there are none.
    pub fn new(config: &config::Session, store: Store, clock: Clock) -> Result<Self, KeyError> {
        let in_file = key_file(config).map(KeyFile::load).transpose()?;
        let keys = Keys::of(&config.keys, in_file.unwrap_or(Keys::none()));
        let is_lasting = !keys.is_empty();
        let keys = if is_lasting { keys } else { Keys::temporary()? };
        let micros =
            |duration: std::time::Duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX / 4);
        Ok(Self {
            tokens: Seal::new(&keys, TOKENS),
            forms: Signer::new(&keys, FORMS),
            is_lasting,
            store,
            clock,
            idle: micros(config.idle_timeout),
            lifetime: micros(config.lifetime),
        })
    }

    /// Checks what [`Sessions::new`] would reject, without a store. A missing key file is not created.
    ///
    /// # Errors
    /// [`KeyError`], which names the file.
    pub fn check(config: &config::Session) -> Result<(), KeyError> {
        key_file(config).map_or(Ok(()), KeyFile::check)
    }

    /// Whether keys are configured, so that sessions outlive this process and other servers may know them.
    pub fn are_lasting(&self) -> bool {
        self.is_lasting
    }

    /// Returns an unused id for a browser that is about to sign in, which ties its form to it.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the system provides no random numbers.
    pub fn new_id() -> Result<String, Error> {
        let id = seal::random().ok_or_else(no_random)?;
        Ok(hex::write(&id))
    }

    /// Starts a session in place of the browser's `before`, if any, and returns its new id. The id is always new:
    /// it cannot be known from before the sign-in.
    pub async fn begin(&self, tokens: &Tokens, before: Option<&str>) -> Result<String, Error> {
        let shown = Self::new_id()?;
        let id = hash(&shown);
        let text = Sealed {
            current: tokens.current.clone(),
            unscoped: tokens.unscoped.clone(),
            user: tokens.user.clone(),
            project: tokens.project.clone(),
        };
        let text = serde_json::to_string(&text).map_err(|error| Error::Broken(error.to_string()))?;
        let now = self.clock.now();
        let ends_at = tokens.expires_at.min(now.saturating_add(self.lifetime));
        let row = BrowserSession {
            id: id.to_vec(),
            token: self.tokens.close(&text, &id).ok_or_else(no_random)?,
            expires_at: ends_at.min(now.saturating_add(self.idle)),
            ends_at,
        };
        let before = before.map(hash);
        self.store
            .write(move |tx| browser_session::put(tx, &row, before.as_ref().map(<[u8; 32]>::as_slice)))
            .await?;
        Ok(shown)
    }

    /// Returns the session with this id, if it exists and a key fits. `is_use` extends it.
    pub async fn resume(&self, shown: &str, is_use: bool) -> Result<Option<Session>, Error> {
        if hex::read(shown).is_none() {
            return Ok(None);
        }
        let (id, now) = (hash(shown), self.clock.now());
        let find = self.store.read(move |conn| browser_session::find(conn, &id, now));
        let Some(row) = find.await? else { return Ok(None) };
        let text = self.tokens.open(&row.token, &id);
        let Some(sealed) = text.and_then(|text| serde_json::from_str::<Sealed>(&text).ok()) else {
            tracing::debug!("a session cannot be read with the keys of [session]");
            return Ok(None);
        };
        if is_use {
            self.extend(&row, id, now).await;
        }
        Ok(Some(Session {
            tokens: Tokens {
                current: sealed.current,
                unscoped: sealed.unscoped,
                expires_at: row.ends_at,
                user: sealed.user,
                project: sealed.project,
            },
        }))
    }

    /// If this fails, the session ends sooner: no reason to refuse the request.
    async fn extend(&self, row: &BrowserSession, id: [u8; 32], now: i64) {
        let until = row.ends_at.min(now.saturating_add(self.idle));
        if until - row.expires_at < NOTICE.min(self.idle / 4) {
            return;
        }
        let extend = self
            .store
            .write(move |tx| browser_session::extend(tx, &id, until));
        if let Err(error) = extend.await {
            tracing::info!(%error, "the use of a session could not be recorded");
        }
    }

    /// Ends the session with this id on every server.
    pub async fn end(&self, shown: &str) -> Result<(), Error> {
        let id = hash(shown);
        self.store.write(move |tx| browser_session::delete(tx, &id)).await
    }

    /// Returns the token that a form sends back to prove that this browser was shown its page; `whose` identifies the
    /// browser.
    pub fn form_token(&self, whose: &str) -> String {
        self.forms.sign(whose.as_bytes())
    }

    /// Whether a form token is valid.
    pub fn is_form_token(&self, whose: &str, given: &str) -> bool {
        self.forms.is_signature(whose.as_bytes(), given)
    }
}

fn key_file(config: &config::Session) -> Option<KeyFile<'_>> {
    config.key_file.as_deref().map(|path| KeyFile {
        option: "[session] key_file",
        path,
        shortest: SHORTEST_KEY,
    })
}

fn hash(shown: &str) -> [u8; 32] {
    Sha256::digest(shown.as_bytes()).into()
}

fn no_random() -> Error {
    Error::Unavailable("the system provides no random numbers".to_owned())
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("user", &self.user)
            .field("project", &self.project)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
