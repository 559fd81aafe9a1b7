//! The token of a service.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::DateTime;
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderValue};
use serde::Deserialize;

use super::http::{Answer, Http};
use super::login::Login;

/// Tokens are renewed this long before they expire, in microseconds: a token must outlive the request that carries it.
const MARGIN: i64 = 30_000_000;
/// The pause after a refused login, in microseconds: Keystone may lock a user who fails too often.
const RESPITE: i64 = 5_000_000;

/// A token. Its `Debug` output hides the value.
#[derive(Debug)]
pub struct Token {
    /// The value of `X-Auth-Token`, marked as sensitive.
    pub header: HeaderValue,
    /// Microseconds since 1970.
    expires_at: i64,
}

/// The time of day in microseconds since 1970.
type Now = Box<dyn Fn() -> i64 + Send + Sync>;

/// The tokens of one login: caches the current one and acquires the next.
pub struct Tokens(Arc<Shared>);

struct Shared {
    http: Http,
    login: Vec<u8>,
    now: Now,
    last: Mutex<Last>,
    /// Held while logging in.
    turn: tokio::sync::Mutex<()>,
}

/// The outcome of the last login.
#[derive(Default)]
struct Last {
    logins: u64,
    outcome: Option<Outcome>,
    /// When Keystone refused it.
    refused_at: Option<i64>,
}

type Outcome = Result<Arc<Token>, LoginError>;

/// Why there is no token. Neither variant contains the address or a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// Keystone rejects the user or credential, or another program answers at its address.
    #[error("{0}")]
    Refused(String),
    /// Keystone is unreachable or fails.
    #[error("{0}")]
    Unavailable(String),
}

impl From<LoginError> for String {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::Refused(reason) | LoginError::Unavailable(reason) => reason,
        }
    }
}

impl Tokens {
    /// Creates the tokens of `login`; `now` returns the time in microseconds since 1970. Does not connect yet.
    pub fn new(http: Http, login: &Login, now: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(Shared {
            http,
            login: login.body(),
            now: Box::new(now),
            last: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        }))
    }

    /// Returns a token other than `stale`, which a server has refused. Concurrent callers share one login.
    ///
    /// # Errors
    /// [`LoginError`]. A refused login is not retried for five seconds.
    pub async fn get(&self, stale: Option<&Arc<Token>>) -> Result<Arc<Token>, LoginError> {
        let seen = {
            let last = self.0.last();
            if let Some(known) = self.0.known(&last, stale) {
                return known;
            }
            last.logins
        };
        let shared = Arc::clone(&self.0);
        // A task of its own: a caller that is cancelled must not cancel the login that others wait for.
        let login = tokio::spawn(async move { shared.log_in_after(seen).await });
        login
            .await
            .unwrap_or_else(|_| Err(LoginError::Unavailable("the service is stopping".to_owned())))
    }
}

impl Shared {
    /// Logs in, unless another login has finished since `seen`.
    async fn log_in_after(&self, seen: u64) -> Outcome {
        let _turn = self.turn.lock().await;
        {
            // The login that this call waited for counts, even if it failed.
            let last = self.last();
            if let Some(outcome) = last.outcome.clone().filter(|_| last.logins != seen) {
                return outcome;
            }
        }
        let answer = self
            .http
            .send(
                &Method::POST,
                "/auth/tokens?nocatalog",
                &HeaderMap::new(),
                &self.login,
            )
            .await;
        let status = answer.as_ref().map_or(0, |answer| answer.status);
        // Nor is a response without a token, as from a wrong address, retried at once.
        let is_refused = !matches!(status, 0 | 201 | 500..);
        let kind = if is_refused {
            LoginError::Refused
        } else {
            LoginError::Unavailable
        };
        let outcome = answer
            .and_then(|answer| read(&answer))
            .map(Arc::new)
            .map_err(kind);
        if is_refused {
            tracing::error!(status, "Keystone rejects this service's user or credential");
        } else if outcome.is_ok() {
            tracing::debug!("logged in to Keystone");
        }
        let mut last = self.last();
        *last = Last {
            logins: last.logins + 1,
            outcome: Some(outcome.clone()),
            refused_at: is_refused.then(|| (self.now)()),
        };
        outcome
    }

    fn last(&self) -> MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the last outcome if it is still valid.
    fn known(&self, last: &Last, stale: Option<&Arc<Token>>) -> Option<Outcome> {
        let now = (self.now)();
        let outcome = last.outcome.as_ref()?;
        let is_good = match outcome {
            Ok(token) => {
                now + MARGIN < token.expires_at && !stale.is_some_and(|stale| Arc::ptr_eq(stale, token))
            }
            Err(_) => last
                .refused_at
                .is_some_and(|since| (0..RESPITE).contains(&(now - since))),
        };
        is_good.then(|| outcome.clone())
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("http", &self.0.http)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Envelope {
    token: Body,
}

#[derive(Deserialize)]
struct Body {
    expires_at: String,
}

/// Reads the token from the response to a login.
fn read(answer: &Answer) -> Result<Token, String> {
    if answer.status != 201 {
        return Err(format!("Keystone answered the login with {}", answer.status));
    }
    let header = answer.headers.get("x-subject-token");
    let mut header = header
        .ok_or_else(|| "Keystone's answer to the login has no token".to_owned())?
        .clone();
    header.set_sensitive(true);
    let expires_at = serde_json::from_slice::<Envelope>(&answer.body)
        .ok()
        .and_then(|envelope| DateTime::parse_from_rfc3339(&envelope.token.expires_at).ok())
        .ok_or_else(|| "Keystone's answer to the login has no readable expiry time".to_owned())?
        .timestamp_micros();
    Ok(Token { header, expires_at })
}
