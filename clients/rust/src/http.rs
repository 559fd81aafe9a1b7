//! What all HTTP clients of this crate and of the server have in common.

use std::error::Error;
use std::time::Duration;

use reqwest::{Client, ClientBuilder, Response, redirect, retry};
use rustls::ClientConfig;

/// Connections are closed after so long without use, before servers and proxies do, some of which wait no longer than
/// 5 s: a request is not to be sent into a closing one.
const IDLE: Duration = Duration::from_secs(3);

/// A client that sends secrets to one server: it follows no redirect, which would carry them elsewhere, obeys no proxy of
/// the environment and sends nothing twice. `timeout` bounds a request from the connection to the last byte of its body.
pub fn client(tls: ClientConfig, timeout: Duration) -> ClientBuilder {
    Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .no_proxy()
        .pool_idle_timeout(IDLE)
        .timeout(timeout)
}

/// The body of an answer; none where it is longer than `longest` bytes, of which no more are kept.
///
/// # Errors
/// Why the body broke off, without the address.
pub async fn read(mut response: Response, longest: usize) -> Result<Option<Vec<u8>>, String> {
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| chain(&error.without_url()))?
    {
        if body.len() + chunk.len() > longest {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

/// The error and its causes: the first one alone says little more than that there is one.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
