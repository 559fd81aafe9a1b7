//! HTTP clients for requests that leave the server.
//!
//! A client verifies servers with the system's authorities and a CA file, follows no redirects, ignores proxy variables
//! in the environment, and has one deadline from connecting to the last byte of the answer. Callers read answers with
//! [`tidings_client::http::read`], which limits their length.

use std::path::Path;
use std::time::Duration;

use reqwest::{Client, ClientBuilder};

use crate::tls::{self, Identity};

/// The settings of a client.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a> {
    /// Whether addresses start with `https:`; certificates are read only then.
    pub is_https: bool,
    /// A file of certificates to trust in addition to the system's: authorities, or the server's own.
    pub ca_file: Option<&'a Path>,
    /// The same as PEM, in place of the file.
    pub ca: Option<&'a str>,
    /// The client's certificate, for servers that ask for one.
    pub identity: Option<Identity<'a>>,
    /// Whether to accept any certificate.
    pub is_insecure: bool,
    /// The time limit of a whole request.
    pub timeout: Duration,
}

/// Why a client could not be built.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file of certificates or keys cannot be used.
    #[error(transparent)]
    Tls(#[from] tls::Error),
    /// A text is not certificates.
    #[error("the certificates cannot be read")]
    Pem(#[from] rustls::pki_types::pem::Error),
    /// The library failed.
    #[error("the HTTP client could not be set up")]
    Http(#[from] reqwest::Error),
}

/// Builds a client for one configured server, which does not connect yet.
///
/// # Errors
/// Fails if a file in the settings cannot be used.
pub fn client(settings: &Settings<'_>) -> Result<Client, Error> {
    Ok(builder(settings)?.build()?)
}

pub(super) fn builder(settings: &Settings<'_>) -> Result<ClientBuilder, Error> {
    let tls = if !settings.is_https {
        tls::unused()?
    } else if settings.is_insecure {
        tls::unverified(settings.identity)?
    } else if let Some(ca) = settings.ca {
        tls::trusting(tls::certificates(ca)?, settings.identity)?
    } else {
        tls::verified(settings.ca_file, settings.identity)?
    };
    let builder = tidings_client::http::client(tls, settings.timeout);
    Ok(builder.user_agent(concat!("tidings/", env!("CARGO_PKG_VERSION"))))
}
