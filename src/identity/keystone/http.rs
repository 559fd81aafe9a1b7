//! Requests to Keystone over HTTP.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Method, redirect, retry};

use crate::config::KeystoneAuthtoken;
use crate::identity::SetupError;
use crate::tls::{self, Identity};

/// Connections are closed after so long without use, before a server behind a proxy closes them.
const IDLE: Duration = Duration::from_secs(3);
/// Longest answer that is read. The description of a token without its catalog is a few thousand bytes.
const LONGEST: usize = 1 << 20;
/// The reason that there is no answer where it is longer than that.
pub(super) const TOO_LONG: &str = "Keystone's answer is longer than 1 MiB";
/// Before the second, third.. new attempt to connect; each rest is twice the last one.
const REST: Duration = Duration::from_millis(100);

/// The way to Keystone.
pub(super) struct Http {
    client: Client,
    /// With `/v3`, without a slash at the end.
    base: String,
    retries: usize,
}

/// What Keystone answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Http {
    pub(super) fn new(config: &KeystoneAuthtoken) -> Result<Self, SetupError> {
        let url = config.login.auth_url.as_ref().map_or("", |url| url.as_str());
        let identity = config.certfile.as_deref().map(|certificate| Identity {
            certificate,
            key: config.keyfile.as_deref().unwrap_or(certificate),
        });
        let tls = if !url.starts_with("https:") {
            tls::unused()?
        } else if config.insecure {
            tls::unverified(identity)?
        } else {
            tls::verified(config.cafile.as_deref(), identity)?
        };
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .user_agent(concat!("tidings/", env!("CARGO_PKG_VERSION")))
            // A redirect would carry tokens elsewhere.
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .no_proxy()
            .pool_idle_timeout(IDLE)
            .timeout(config.http_connect_timeout)
            .build()?;
        let base = match url.strip_suffix("/v3") {
            Some(_) => url.to_owned(),
            None => format!("{url}/v3"),
        };
        Ok(Self {
            client,
            base,
            retries: config.http_request_max_retries,
        })
    }

    /// Asks once, and again when the connection fails. A time-out is not tried again: those who wait have waited.
    ///
    /// # Errors
    /// Why there is no answer.
    pub(super) async fn send(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Answer, String> {
        let mut attempt = 0;
        loop {
            let mut request = self
                .client
                .request(method.clone(), [&self.base, path].concat())
                .headers(headers.clone());
            if !body.is_empty() {
                request = request
                    .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
                    .body(body.to_vec());
            }
            match request.send().await {
                Ok(response) => return read(response).await,
                Err(error) if attempt < self.retries && !error.is_timeout() => {
                    // The first failure is often an old connection that was closed meanwhile.
                    if attempt > 0 {
                        let doubled = u32::try_from(attempt).unwrap_or(u32::MAX) - 1;
                        tokio::time::sleep(REST.saturating_mul(1 << doubled.min(8))).await;
                    }
                    attempt += 1;
                }
                Err(error) => return Err(chain(&error.without_url())),
            }
        }
    }
}

async fn read(mut response: reqwest::Response) -> Result<Answer, String> {
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| chain(&error.without_url()))?
    {
        body.extend_from_slice(&chunk);
        if body.len() > LONGEST {
            return Err(TOO_LONG.to_owned());
        }
    }
    Ok(Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body,
    })
}

/// The error and its causes; the first one alone says little more than that there is one.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
