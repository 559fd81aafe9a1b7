//! Sends one batch over HTTP and reports the outcome.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Client, StatusCode};
use serde::Deserialize;

use super::auth::{self, Auth};
use super::batch::Batch;
use super::disposition::Disposition;
use super::error::Error;
use crate::clock::now;
use crate::http;
use crate::keystone::{Http, LoginError, Token, Tokens};
use crate::tls;

/// Reading a response to its end allows the connection to be reused; beyond this length it is not worth it.
const MAX_ANSWER: usize = 4 << 20;
/// How often a failed connection to Keystone is retried at once. Further attempts come with the batch's own.
const LOGIN_RETRIES: usize = 1;

/// The connection to the server.
pub(super) struct Transport {
    client: Client,
    /// Without a trailing slash.
    endpoint: String,
    credentials: Credentials,
}

/// What a request authenticates with.
enum Credentials {
    NoAuth(String),
    Token(HeaderValue),
    Keystone(Box<Tokens>),
}

impl Transport {
    /// Checks the settings; does not connect yet.
    pub fn new(
        endpoint: &str,
        auth: &Auth,
        ca_file: Option<&Path>,
        timeout: Duration,
    ) -> Result<Self, Error> {
        let endpoint = auth::endpoint(endpoint).map_err(Error::Endpoint)?;
        auth.check()?;
        let is_keystone_over_tls = match auth {
            Auth::Keystone { auth_url, .. } => {
                auth::endpoint(auth_url).map_err(Error::AuthUrl)?.scheme() == "https"
            }
            Auth::NoAuth { .. } | Auth::Token(_) => false,
        };
        let tls = if endpoint.scheme() == "https" || is_keystone_over_tls {
            tls::verified(ca_file, None)?
        } else {
            tls::unused()?
        };
        let client = http::client(tls, timeout)
            .user_agent(concat!("tidings-client/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let credentials = match auth {
            Auth::NoAuth { user } => Credentials::NoAuth(user.clone()),
            Auth::Token(token) => Credentials::Token(auth::header(token).ok_or(Error::Credentials)?),
            Auth::Keystone { auth_url, login } => {
                let http = Http::new(client.clone(), auth_url, LOGIN_RETRIES);
                let tokens = Tokens::new(http, login, now);
                Credentials::Keystone(Box::new(tokens))
            }
        };
        Ok(Self {
            client,
            endpoint: endpoint.as_str().trim_end_matches('/').to_owned(),
            credentials,
        })
    }

    /// Posts `batch`, and once more with a new token if the server rejects the current one.
    pub async fn post(&self, batch: &Batch) -> Disposition {
        let tokens = match &self.credentials {
            Credentials::NoAuth(user) => {
                let token = auth::header(&format!("{user}:{}:service", batch.project));
                return match token {
                    Some(token) => self.send(batch, &token).await,
                    None => Disposition::BROKEN,
                };
            }
            Credentials::Token(token) => return self.send(batch, token).await,
            Credentials::Keystone(tokens) => tokens,
        };
        let mut stale: Option<Arc<Token>> = None;
        loop {
            let token = match tokens.get(stale.as_ref()).await {
                Ok(token) => token,
                Err(error) => {
                    tracing::debug!(%error, "no token to send messages with");
                    return match error {
                        LoginError::Refused(_) => Disposition::LOGIN_REFUSED,
                        LoginError::Unavailable(_) => Disposition::NO_TOKEN,
                    };
                }
            };
            let disposition = self.send(batch, &token.header).await;
            if stale.is_some() || disposition.misconfigured() != Some(StatusCode::UNAUTHORIZED.as_u16()) {
                return disposition;
            }
            stale = Some(token);
        }
    }

    async fn send(&self, batch: &Batch, token: &HeaderValue) -> Disposition {
        let request = self
            .client
            .post(format!("{}/v3/{}/messages", self.endpoint, batch.project))
            .header(CONTENT_TYPE, "application/json")
            .header("X-Auth-Token", token)
            // Without it, a server with strict microversions answers 404.
            .header("OpenStack-API-Version", "volume 3.3")
            .header("Idempotency-Key", &batch.key)
            .body(batch.body());
        match request.send().await {
            Ok(response) => {
                let status = response.status();
                let retry_after = response.headers().get(RETRY_AFTER).cloned();
                let retry_after = retry_after.as_ref().and_then(|value| value.to_str().ok());
                // A truncated body does not change the meaning of the status.
                let body = http::read(response, MAX_ANSWER).await.ok().flatten();
                let is_ours = body.is_some_and(|body| is_fault(&body, status.as_u16()));
                Disposition::of(status, retry_after, is_ours)
            }
            Err(error) => {
                let disposition = Disposition::unanswered(&error);
                tracing::debug!(error = %error.without_url(), "a batch was not answered");
                disposition
            }
        }
    }
}

/// Whether a body is a Tidings error such as `{"badRequest": {"code": 400, "message": ".."}}`. Proxies use the same
/// statuses, but then no message is at fault.
fn is_fault(body: &[u8], status: u16) -> bool {
    #[derive(Deserialize)]
    struct Fault {
        code: u16,
    }
    let faults: Option<HashMap<String, Fault>> = serde_json::from_slice(body).ok();
    faults.is_some_and(|faults| faults.len() == 1 && faults.values().all(|fault| fault.code == status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_checked_and_may_have_a_prefix() {
        let transport = |endpoint: &str| {
            let auth = Auth::Token("t".into());
            Transport::new(endpoint, &auth, None, Duration::from_secs(1)).map(|transport| transport.endpoint)
        };
        assert_eq!(transport("http://[::1]:8790").unwrap(), "http://[::1]:8790");
        assert_eq!(
            transport("http://cloud.test/tidings/").unwrap(),
            "http://cloud.test/tidings"
        );
        for bad in [
            "",
            "cloud.test:80",
            "ftp://h",
            "http://",
            "http://u:secret@h",
            "http://h/?a=b",
            "http://h/#x",
        ] {
            let error = transport(bad).unwrap_err();
            assert!(
                matches!(error, Error::Endpoint(_)) && !error.to_string().contains("secret"),
                "{bad}"
            );
        }
    }
}
