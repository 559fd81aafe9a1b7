//! The verifier for every other connection.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme};
use rustls_platform_verifier::Verifier;
use webpki::{EndEntityCert, KeyUsage};

/// Verifies a chain to an authority, or a server certificate that is itself in the CA file.
///
/// The latter is what `openssl req -x509` creates: a self-signed certificate marked as an authority. OpenSSL accepts it
/// from a server if the CA file contains it; webpki never accepts an authority as a server's certificate.
#[derive(Debug)]
pub(super) struct Verified {
    chains: Verifier,
    named: Vec<CertificateDer<'static>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Verified {
    /// Trusts the system's authorities and the `extra` certificates.
    pub(super) fn new(
        extra: Vec<CertificateDer<'static>>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, Error> {
        Ok(Self {
            chains: Verifier::new_with_extra_roots(extra.clone(), Arc::clone(provider))?,
            named: extra,
            algorithms: provider.signature_verification_algorithms,
        })
    }

    /// Checks the dates and the name of a certificate that needs no authority. The handshake shows whether the server
    /// holds its key.
    fn check_named(
        &self,
        certificate: &CertificateDer<'_>,
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let certificate = EndEntityCert::try_from(certificate).map_err(fault)?;
        let usage = KeyUsage::server_auth();
        // Without authorities this always fails, but the certificate's own checks come first: the dates, then whether
        // it is an authority.
        match certificate.verify_for_usage(self.algorithms.all, &[], &[], now, usage, None, None) {
            Ok(_) | Err(webpki::Error::CaUsedAsEndEntity | webpki::Error::UnknownIssuer) => {}
            Err(error) => return Err(fault(error)),
        }
        certificate
            .verify_is_valid_for_subject_name(name)
            .map_err(fault)?;
        Ok(ServerCertVerified::assertion())
    }
}

impl ServerCertVerifier for Verified {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.named.iter().any(|named| named == certificate) {
            return self.check_named(certificate, name, now);
        }
        self.chains
            .verify_server_cert(certificate, intermediates, name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chains
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chains
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chains.supported_verify_schemes()
    }
}

/// Describes the failures that operators meet most in this crate's words, and the rest in webpki's.
fn fault(error: webpki::Error) -> Error {
    Error::InvalidCertificate(match error {
        webpki::Error::CertExpired { time, not_after } => {
            CertificateError::ExpiredContext { time, not_after }
        }
        webpki::Error::CertNotValidYet { time, not_before } => {
            CertificateError::NotValidYetContext { time, not_before }
        }
        webpki::Error::CertNotValidForName(context) => CertificateError::NotValidForNameContext {
            expected: context.expected,
            presented: context.presented,
        },
        error => CertificateError::Other(OtherError(Arc::new(error))),
    })
}
