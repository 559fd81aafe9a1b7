//! TLS for all clients: Keystone, message brokers and the HTTP client verify servers in the same way.
//!
//! A server is trusted if its certificate chains to one of the system's authorities or to one in the CA file, or if the
//! CA file contains that very certificate. The cryptography is AWS-LC's, which unlike ring's supports P-521.
//!
//! The provider is passed explicitly rather than installed for the process: that choice belongs to the application,
//! which may have made it or may make it later.

mod unverified;
mod verified;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use unverified::Unverified;
use verified::Verified;

/// Why TLS could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file of certificate authorities is unreadable or holds no certificate.
    #[error("no certificates could be read from {}", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: PemError,
    },
    /// The file of a private key is unreadable or contains none.
    #[error("no private key could be read from {}", path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: PemError,
    },
    /// The library failed.
    #[error("TLS could not be set up")]
    Tls(#[from] rustls::Error),
}

/// The client's certificate, for servers that ask for one.
#[derive(Clone, Copy, Debug)]
pub struct Identity<'a> {
    /// The file of its certificate chain.
    pub certificate: &'a Path,
    /// The file of its key.
    pub key: &'a Path,
}

/// Trusts the system's authorities, and the authorities and servers in `ca_file`.
pub fn verified(ca_file: Option<&Path>, identity: Option<Identity<'_>>) -> Result<ClientConfig, Error> {
    trusting(
        ca_file.map(read_certificates).transpose()?.unwrap_or_default(),
        identity,
    )
}

/// Trusts the system's authorities and these authorities and servers.
pub fn trusting(
    extra: Vec<CertificateDer<'static>>,
    identity: Option<Identity<'_>>,
) -> Result<ClientConfig, Error> {
    let provider = provider();
    let verifier = Verified::new(extra, &provider)?;
    build(provider, Arc::new(verifier), identity)
}

/// Trusts every server, as an operator may choose while testing.
pub fn unverified(identity: Option<Identity<'_>>) -> Result<ClientConfig, Error> {
    let provider = provider();
    let verifier = Unverified(Arc::clone(&provider));
    build(provider, Arc::new(verifier), identity)
}

/// For `http` addresses: trusts no server and reads no certificates.
pub fn unused() -> Result<ClientConfig, Error> {
    Ok(ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth())
}

fn build(
    provider: Arc<CryptoProvider>,
    verifier: Arc<dyn ServerCertVerifier>,
    identity: Option<Identity<'_>>,
) -> Result<ClientConfig, Error> {
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let Some(Identity { certificate, key }) = identity else {
        return Ok(builder.with_no_client_auth());
    };
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|source| Error::KeyFile {
        path: key.to_owned(),
        source,
    })?;
    Ok(builder.with_client_auth_cert(read_certificates(certificate)?, secret)?)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// Reads certificates in PEM, at least one.
pub fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, PemError> {
    at_least_one(CertificateDer::pem_slice_iter(pem.as_bytes()))
}

fn at_least_one(
    certificates: impl Iterator<Item = Result<CertificateDer<'static>, PemError>>,
) -> Result<Vec<CertificateDer<'static>>, PemError> {
    let certificates = certificates.collect::<Result<Vec<_>, _>>()?;
    if certificates.is_empty() {
        Err(PemError::NoItemsFound)
    } else {
        Ok(certificates)
    }
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let fault = |source| Error::CaFile {
        path: path.to_owned(),
        source,
    };
    at_least_one(CertificateDer::pem_file_iter(path).map_err(fault)?).map_err(fault)
}
