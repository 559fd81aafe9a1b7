//! Requests to Keystone over HTTP.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Method};

use crate::http::{self, chain};

/// The longest answer that is read. The description of a token without its catalog is a few thousand bytes.
const LONGEST: usize = 1 << 20;
/// The reason that there is no answer where it is longer than that.
pub const TOO_LONG: &str = "Keystone's answer is longer than 1 MiB";
/// The wait before the third attempt to connect; it doubles with each further one.
const REST: Duration = Duration::from_millis(100);

/// Keystone's identity API, version 3.
#[derive(Clone, Debug)]
pub struct Http {
    client: Client,
    /// With `/v3`, without a slash at the end.
    base: String,
    retries: usize,
}

/// An answer of Keystone.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, of 1 MiB at most.
    pub body: Vec<u8>,
}

impl Http {
    /// Keystone at `auth_url`, with or without `/v3`, over connections of `client`, which limits the time of a request.
    /// A connection that fails is tried again up to `retries` times.
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

    /// Sends a request to `path` below `/v3`, again when the connection fails. A time-out is not tried again: the caller
    /// has waited long enough.
    ///
    /// # Errors
    /// Why there is no answer, without the address.
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
