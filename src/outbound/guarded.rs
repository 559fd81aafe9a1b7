//! Calls to addresses that others supply.

use reqwest::header::HeaderMap;
use reqwest::{Client, Request, Response};
use tidings_client::http::chain;

use super::client::{Error, Settings, builder};
use super::guard::{Guard, Refused, check_form};

/// A client for addresses that others supply. It follows no redirects.
#[derive(Debug, Clone)]
pub struct GuardedClient {
    client: Client,
    guard: Option<Guard>,
}

/// The answer to a call.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The first bytes of the body.
    pub body: Vec<u8>,
    /// Whether the body is longer.
    pub is_cut: bool,
}

/// Why a call got no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The address must not be called.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The call failed or timed out.
    #[error("{0}")]
    Failed(String),
}

impl From<reqwest::Error> for CallError {
    /// Omits the address, which may contain a secret.
    fn from(error: reqwest::Error) -> Self {
        Refused::among(&error).map_or_else(|| Self::Failed(chain(&error.without_url())), Self::Refused)
    }
}

impl GuardedClient {
    /// Creates a client with these settings. Without a guard it calls any address.
    ///
    /// # Errors
    /// [`Error`] if a file in the settings cannot be used.
    pub fn new(settings: &Settings<'_>, guard: Option<Guard>) -> Result<Self, Error> {
        let mut builder = builder(settings)?;
        if let Some(guard) = &guard {
            builder = builder.dns_resolver(guard.clone());
        }
        Ok(Self {
            client: builder.build()?,
            guard,
        })
    }

    /// Sends a request and reads at most `longest` bytes of the body; a longer body closes the connection. The whole call
    /// is limited by the request's own timeout, or else by that of the settings.
    ///
    /// # Errors
    /// [`CallError`]; an error status is not an error.
    pub async fn send(&self, request: Request, longest: usize) -> Result<Answer, CallError> {
        match &self.guard {
            Some(guard) => guard.check_url(request.url())?,
            None => check_form(request.url()).map(drop)?,
        }
        let response = self.client.execute(request).await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let (body, is_cut) = read(response, longest).await?;
        Ok(Answer {
            status,
            headers,
            body,
            is_cut,
        })
    }
}

async fn read(mut response: Response, longest: usize) -> Result<(Vec<u8>, bool), reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        let room = longest - body.len();
        body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        if chunk.len() > room {
            return Ok((body, true));
        }
    }
    Ok((body, false))
}
