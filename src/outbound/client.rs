//! The clients for calls that leave the server.
//!
//! A client verifies its server by the system's authorities and a CA file, follows no redirect, ignores the proxies of the
//! environment, and has one deadline for a request from the connection to the last byte of the answer. Callers read
//! answers with [`tidings_client::http::read`], which bounds their length.

use std::path::Path;
use std::time::Duration;

use reqwest::{Client, ClientBuilder};

use crate::tls::{self, Identity};

/// What a client is to be like.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a> {
    /// Whether its addresses begin with `https:`. Certificates are read only then.
    pub is_https: bool,
    /// Certificates to trust beside the system's: authorities, or the server's own.
    pub ca_file: Option<&'a Path>,
    /// What the client shows to a server that asks for its certificate.
    pub identity: Option<Identity<'a>>,
    /// Whether any certificate will do.
    pub is_insecure: bool,
    /// The time for a whole request.
    pub timeout: Duration,
}

/// Why a client could not be built.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file of certificates or keys cannot be used.
    #[error(transparent)]
    Tls(#[from] tls::Error),
    /// The library refused.
    #[error("the HTTP client could not be set up")]
    Http(#[from] reqwest::Error),
}

/// Builds a client for one server that the configuration names. It connects to nothing yet.
///
/// # Errors
/// [`Error`] where a file of the settings cannot be used.
pub fn client(settings: &Settings<'_>) -> Result<Client, Error> {
    Ok(builder(settings)?.build()?)
}

pub(super) fn builder(settings: &Settings<'_>) -> Result<ClientBuilder, Error> {
    let tls = if !settings.is_https {
        tls::unused()?
    } else if settings.is_insecure {
        tls::unverified(settings.identity)?
    } else {
        tls::verified(settings.ca_file, settings.identity)?
    };
    let builder = tidings_client::http::client(tls, settings.timeout);
    Ok(builder.user_agent(concat!("tidings/", env!("CARGO_PKG_VERSION"))))
}
