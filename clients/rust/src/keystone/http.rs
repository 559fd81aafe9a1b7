//! Requests to Keystone over HTTP.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Method};

use crate::http::{self, chain};

/// The longest response that is read. A token's description without its catalog has a few thousand bytes.
const LONGEST: usize = 1 << 20;
/// The error for a longer response.
pub const TOO_LONG: &str = "Keystone's answer is longer than 1 MiB";
/// The wait before the third connection attempt; it doubles with each further one.
const REST: Duration = Duration::from_millis(100);

/// Keystone's identity API, version 3.
#[derive(Clone, Debug)]
pub struct Http {
    client: Client,
    /// Ends in `/v3`, without a trailing slash.
    base: String,
    retries: usize,
}

/// A response of Keystone.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, at most 1 MiB.
    pub body: Vec<u8>,
}

impl Http {
    /// Creates a client for the Keystone at `auth_url`, with or without `/v3`. `client` sets the time limit of a
    /// request; a failed connection is retried up to `retries` times.
    pub fn new(client: Client, auth_url: &str, retries: usize) -> Self {
        let url = auth_url.trim_end_matches('/');
        let base = match url.strip_suffix("/v3") {
            Some(_) => url.to_owned(),
            None => format!("{url}/v3"),
        };
        Self {
            client,
            base,
            retries,
        }
    }

    /// Sends a request to `path` below `/v3`, and retries failed connections. A time-out is not retried: the caller has
    /// waited long enough.
    ///
    /// # Errors
    /// Says why there is no response, without the address.
    pub async fn send(
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
                    // The first failure is often a pooled connection that was closed in the meantime.
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

async fn read(response: reqwest::Response) -> Result<Answer, String> {
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let body = http::read(response, LONGEST).await?;
    let body = body.ok_or_else(|| TOO_LONG.to_owned())?;
    Ok(Answer {
        status,
        headers,
        body,
    })
}
