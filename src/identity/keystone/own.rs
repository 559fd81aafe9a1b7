//! This server's own token, with which it asks about those of others.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderValue};

use super::flights::Flights;
use super::http::Http;
use super::token;
use crate::clock::Clock;

/// A new token is asked for when the old one lives this long only, in microseconds: it must outlive the question.
const MARGIN: i64 = 30_000_000;
/// How long a refused login is not tried again, in microseconds: Keystone may lock a user who fails too often.
const RESPITE: i64 = 5_000_000;

/// A token of this server.
pub(super) struct OwnToken {
    pub(super) header: HeaderValue,
    expires_at: i64,
}

/// The token in use, and how another is got.
pub(super) struct Own(Arc<Shared>);

struct Shared {
    http: Arc<Http>,
    login: Vec<u8>,
    clock: Clock,
    state: Mutex<State>,
    flights: Flights<(), Outcome>,
}

#[derive(Default)]
struct State {
    token: Option<Arc<OwnToken>>,
    refused: Option<(i64, String)>,
}

type Outcome = Result<Arc<OwnToken>, String>;

impl Own {
    pub(super) fn new(http: Arc<Http>, login: Vec<u8>, clock: Clock) -> Self {
        Self(Arc::new(Shared {
            http,
            login,
            clock,
            state: Mutex::default(),
            flights: Flights::default(),
        }))
    }

    /// A token that is not `stale`, which Keystone has refused. Everybody who needs one waits for the same login.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) async fn get(&self, stale: Option<&Arc<OwnToken>>) -> Outcome {
        let known = || self.0.known(stale);
        if let Some(known) = known() {
            return known;
        }
        let shared = Arc::clone(&self.0);
        let answer = self
            .0
            .flights
            .join((), known, || async move { shared.log_in().await });
        answer
            .await
            .unwrap_or_else(|| Err("the server is stopping".to_owned()))
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self, stale: Option<&Arc<OwnToken>>) -> Option<Outcome> {
        let now = self.clock.now();
        let kept = self.state();
        if let Some((since, reason)) = &kept.refused
            && (0..RESPITE).contains(&(now - since))
        {
            return Some(Err(reason.clone()));
        }
        let token = kept.token.as_ref()?;
        let is_stale = stale.is_some_and(|stale| Arc::ptr_eq(stale, token));
        (!is_stale && now + MARGIN < token.expires_at).then(|| Ok(Arc::clone(token)))
    }

    async fn log_in(&self) -> Outcome {
        let path = "/auth/tokens?nocatalog";
        let answer = self
            .http
            .send(&Method::POST, path, &HeaderMap::new(), &self.login)
            .await?;
        let mut state = self.state();
        if answer.status != 201 {
            let reason = format!("Keystone answered this server's login with {}", answer.status);
            if answer.status < 500 {
                tracing::error!(
                    status = answer.status,
                    "Keystone refuses the user or credential of [keystone_authtoken]"
                );
                state.refused = Some((self.clock.now(), reason.clone()));
            }
            return Err(reason);
        }
        let header = answer.headers.get("x-subject-token");
        let mut header = header
            .ok_or_else(|| "Keystone's answer to the login has no token".to_owned())?
            .clone();
        header.set_sensitive(true);
        let token = Arc::new(OwnToken {
            header,
            expires_at: token::parse(&answer.body)?.expires_at,
        });
        tracing::debug!("logged in to Keystone");
        *state = State {
            token: Some(Arc::clone(&token)),
            refused: None,
        };
        Ok(token)
    }
}
