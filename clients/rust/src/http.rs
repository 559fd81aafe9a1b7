//! The HTTP client settings that this crate and the server share.

use std::error::Error;
use std::time::Duration;

use reqwest::{Client, ClientBuilder, Response, redirect, retry};
use rustls::ClientConfig;

/// Idle connections are closed after this time, before servers and proxies close them (some after only 5 s), so that no
/// request is sent into a closing connection.
const IDLE: Duration = Duration::from_secs(3);

/// Returns a client that can send secrets to one server: it follows no redirects, which would carry them elsewhere,
/// ignores proxy variables in the environment and never sends a request twice. `timeout` covers a whole request, from
/// connecting to the last byte of the body.
pub fn client(tls: ClientConfig, timeout: Duration) -> ClientBuilder {
    Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .no_proxy()
        .pool_idle_timeout(IDLE)
        .timeout(timeout)
}

/// Reads the body of a response; returns `None` if it exceeds `longest` bytes, and keeps no more than that.
///
/// # Errors
/// Says why the body broke off, without the address.
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

/// Joins an error and its causes: the outermost alone rarely says what happened.
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
