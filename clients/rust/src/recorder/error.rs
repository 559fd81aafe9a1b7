//! Why a recorder could not be built. A running recorder reports no errors to its callers.

use std::io;
use std::path::PathBuf;

use crate::tls;

/// An error of [`Builder::build`](super::Builder::build).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The endpoint is not `http(s)://host[:port][/prefix]`. The error omits its text, which may contain a
    /// password.
    #[error("the endpoint {0}")]
    Endpoint(&'static str),
    /// Keystone's address is not `http(s)://host[:port][/prefix]`.
    #[error("the auth_url {0}")]
    AuthUrl(&'static str),
    /// The token or user is empty or cannot be sent in a header, or the login lacks a user, a secret or a scope.
    #[error(
        "the credentials are incomplete: a token or user is empty or has characters that cannot be sent in a header, or a \
         login lacks a user, a secret or a scope"
    )]
    Credentials,
    /// A number is out of range.
    #[error("{name} must be {range}")]
    Limit {
        /// The builder's method.
        name: &'static str,
        /// The allowed range.
        range: &'static str,
    },
    /// Another recorder, in this or another process, uses the spool directory.
    #[error("the spool directory {} is in use by another recorder", .0.display())]
    SpoolBusy(PathBuf),
    /// The spool directory cannot be used.
    #[error("the spool directory {} cannot be used", path.display())]
    Spool {
        /// The directory or the file in it.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The file of certificate authorities is unreadable or holds no certificate.
    #[error("no certificates could be read from {}", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: rustls::pki_types::pem::Error,
    },
    /// TLS could not be set up.
    #[error("TLS could not be set up")]
    Tls(#[from] rustls::Error),
    /// The HTTP client could not be set up.
    #[error("the HTTP client could not be set up")]
    Http(#[from] reqwest::Error),
    /// The background thread could not be started.
    #[error("the recorder's thread could not be started")]
    Thread(#[source] io::Error),
}

impl From<tls::Error> for Error {
    fn from(error: tls::Error) -> Self {
        match error {
            tls::Error::CaFile { path, source } | tls::Error::KeyFile { path, source } => {
                Self::CaFile { path, source }
            }
            tls::Error::Tls(source) => Self::Tls(source),
        }
    }
}
