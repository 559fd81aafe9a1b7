//! TLS for the clients of this crate: *ring*, the system's certificate authorities, and a file of further ones.
//!
//! The provider is named here and not installed for the process: that choice is the application's, which may have made
//! it already or may do so later.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, ConfigBuilder, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_platform_verifier::Verifier;

/// Why TLS could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file of certificate authorities is unreadable or holds no certificate.
    #[error("no certificates could be read from {}", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: PemError,
    },
    /// The file of a private key is unreadable or holds none.
    #[error("no private key could be read from {}", path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: PemError,
    },
    /// The library refused.
    #[error("TLS could not be set up")]
    Tls(#[from] rustls::Error),
}

/// Trusts the system's authorities and those in `ca_file`.
pub fn verified(ca_file: Option<&Path>) -> Result<ClientConfig, Error> {
    Ok(trusting(ca_file)?.with_no_client_auth())
}

/// As [`verified`], and shows the certificate of the first file to who asks for one; its key is in the second.
pub fn verified_as(ca_file: Option<&Path>, certificate: &Path, key: &Path) -> Result<ClientConfig, Error> {
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|source| Error::KeyFile {
        path: key.to_owned(),
        source,
    })?;
    let certificates = read_certificates(certificate)?;
    Ok(trusting(ca_file)?.with_client_auth_cert(certificates, secret)?)
}

fn trusting(ca_file: Option<&Path>) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, Error> {
    let provider = provider();
    let extra = ca_file.map(read_certificates).transpose()?.unwrap_or_default();
    let verifier = Verifier::new_with_extra_roots(extra, Arc::clone(&provider))?;
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier)))
}

/// For `http` addresses: trusts nobody, and reads no certificates for it.
pub fn unused() -> Result<ClientConfig, Error> {
    Ok(ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth())
}

/// Trusts everybody, as an operator may ask for who tries things out with a self-signed certificate.
pub fn unverified() -> Result<ClientConfig, Error> {
    let provider = provider();
    let verifier = Unverified(Arc::clone(&provider));
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let fault = |source| Error::CaFile {
        path: path.to_owned(),
        source,
    };
    let certificates = CertificateDer::pem_file_iter(path).map_err(fault)?;
    let certificates = certificates.collect::<Result<Vec<_>, _>>().map_err(fault)?;
    if certificates.is_empty() {
        Err(fault(PemError::NoItemsFound))
    } else {
        Ok(certificates)
    }
}

/// Takes any certificate; that the peer holds its key is still checked.
#[derive(Debug)]
struct Unverified(Arc<CryptoProvider>);

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
