//! Which servers the clients trust. Each handshake is a real one, in memory.

use std::fs;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256,
    PKCS_ECDSA_P384_SHA384, PKCS_ECDSA_P521_SHA512, SignatureAlgorithm, date_time_ymd,
};
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{
    ClientConfig, ClientConnection, Error, RootCertStore, ServerConfig, ServerConnection,
    SupportedProtocolVersion,
};
use tempfile::TempDir;
use tidings::tls::{self, Identity};

const NAME: &str = "keystone.example.org";

/// What a server presents: a certificate, and the key that it uses.
struct Shown {
    certificate: Certificate,
    key: KeyPair,
}

fn key(algorithm: &'static SignatureAlgorithm) -> KeyPair {
    KeyPair::generate_for(algorithm).unwrap()
}

fn params(subject: &str) -> CertificateParams {
    let mut params = CertificateParams::new([NAME.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, subject);
    params
}

/// Self-signed and marked as an authority, like the certificates of `openssl req -x509`.
fn self_signed_by(key: KeyPair, change: impl FnOnce(&mut CertificateParams)) -> Shown {
    let mut params = params(NAME);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    change(&mut params);
    let certificate = params.self_signed(&key).unwrap();
    Shown { certificate, key }
}

fn self_signed(change: impl FnOnce(&mut CertificateParams)) -> Shown {
    self_signed_by(key(&PKCS_ECDSA_P256_SHA256), change)
}

/// Returns a certificate signed by an authority, and that authority's own.
fn signed_by_authority(algorithm: &'static SignatureAlgorithm) -> (Shown, Certificate) {
    let (authority_key, server_key) = (key(algorithm), key(algorithm));
    let mut authority = params("authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_certificate = authority.self_signed(&authority_key).unwrap();
    let issuer = Issuer::new(authority, authority_key);
    let certificate = params(NAME).signed_by(&server_key, &issuer).unwrap();
    let shown = Shown {
        certificate,
        key: server_key,
    };
    (shown, authority_certificate)
}

/// Returns what `tls::verified` makes of a CA file with these certificates.
fn trusting(certificates: &[&Certificate]) -> ClientConfig {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("ca.pem");
    let pem: String = certificates.iter().map(|certificate| certificate.pem()).collect();
    fs::write(&file, pem).unwrap();
    tls::verified(Some(&file), None).unwrap()
}

/// Starts a server that presents this, and asks for a certificate of the authority `clients` if there is one.
fn server(
    shown: &Shown,
    version: &'static SupportedProtocolVersion,
    clients: Option<&Certificate>,
) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let secret = PrivateKeyDer::try_from(shown.key.serialize_der()).unwrap();
    let signer = provider.key_provider.load_private_key(secret).unwrap();
    // The key need not belong to the certificate, as with an impostor.
    let shown = CertifiedKey::new(vec![shown.certificate.der().clone()], signer);
    let verifier = clients.map(|authority| {
        let mut roots = RootCertStore::empty();
        roots.add(authority.der().clone()).unwrap();
        let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        builder.build().unwrap()
    });
    ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_client_cert_verifier(verifier.unwrap_or_else(WebPkiClientVerifier::no_client_auth))
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(shown)))
}

/// Performs a handshake; returns the fault of the side that rejects the other.
fn meet(client: &ClientConfig, name: &str, server: ServerConfig) -> Result<(), Error> {
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut client = ClientConnection::new(Arc::new(client.clone()), name).unwrap();
    let mut server = ServerConnection::new(Arc::new(server)).unwrap();
    while client.is_handshaking() || server.is_handshaking() {
        let mut flight = Vec::new();
        client.write_tls(&mut flight).unwrap();
        server.read_tls(&mut flight.as_slice()).unwrap();
        server.process_new_packets()?;
        let mut flight = Vec::new();
        server.write_tls(&mut flight).unwrap();
        client.read_tls(&mut flight.as_slice()).unwrap();
        client.process_new_packets()?;
    }
    Ok(())
}

/// Returns the outcome of a handshake, which must be the same in every version.
fn outcome(client: &ClientConfig, name: &str, shown: &Shown) -> Result<(), String> {
    let [old, new] = [&rustls::version::TLS12, &rustls::version::TLS13]
        .map(|version| meet(client, name, server(shown, version, None)).map_err(|error| error.to_string()));
    assert_eq!(old, new);
    new
}

#[test]
fn a_self_signed_certificate_in_the_ca_file_is_trusted() {
    let shown = self_signed(|_| ());
    assert_eq!(outcome(&trusting(&[&shown.certificate]), NAME, &shown), Ok(()));
    let stranger = self_signed(|_| ());
    let both = trusting(&[&stranger.certificate, &shown.certificate]);
    assert_eq!(outcome(&both, NAME, &shown), Ok(()));
    let is_no_authority = self_signed(|params| params.is_ca = IsCa::ExplicitNoCa);
    assert_eq!(
        outcome(&trusting(&[&is_no_authority.certificate]), NAME, &is_no_authority),
        Ok(())
    );
}

#[test]
fn a_server_in_the_ca_file_needs_no_authority() {
    let (shown, _) = signed_by_authority(&PKCS_ECDSA_P256_SHA256);
    assert_eq!(outcome(&trusting(&[&shown.certificate]), NAME, &shown), Ok(()));
}

#[test]
fn another_certificate_of_the_same_name_is_refused() {
    let (shown, stranger) = (self_signed(|_| ()), self_signed(|_| ()));
    let refused = outcome(&trusting(&[&stranger.certificate]), NAME, &shown);
    assert!(refused.unwrap_err().contains("CaUsedAsEndEntity"));
}

#[test]
fn the_same_certificate_with_another_key_is_refused() {
    let shown = self_signed(|_| ());
    let impostor = Shown {
        certificate: shown.certificate.clone(),
        key: key(&PKCS_ECDSA_P256_SHA256),
    };
    let refused = outcome(&trusting(&[&shown.certificate]), NAME, &impostor);
    assert!(refused.unwrap_err().contains("BadSignature"));
}

#[test]
fn a_named_certificate_is_for_its_own_name_only() {
    let shown = self_signed(|_| ());
    let refused = outcome(&trusting(&[&shown.certificate]), "elsewhere.example.org", &shown).unwrap_err();
    assert!(
        refused.contains("elsewhere.example.org") && refused.contains(NAME),
        "{refused}"
    );
    let nameless = self_signed(|params| params.subject_alt_names.clear());
    assert!(outcome(&trusting(&[&nameless.certificate]), NAME, &nameless).is_err());
}

#[test]
fn a_named_certificate_is_for_its_own_time_only() {
    let expired = self_signed(|params| {
        (params.not_before, params.not_after) = (date_time_ymd(2001, 1, 1), date_time_ymd(2002, 1, 1));
    });
    let refused = outcome(&trusting(&[&expired.certificate]), NAME, &expired).unwrap_err();
    assert!(refused.contains("expired"), "{refused}");
    let early = self_signed(|params| {
        (params.not_before, params.not_after) = (date_time_ymd(4001, 1, 1), date_time_ymd(4002, 1, 1));
    });
    let refused = outcome(&trusting(&[&early.certificate]), NAME, &early).unwrap_err();
    assert!(refused.contains("not valid yet"), "{refused}");
}

#[test]
fn every_curve_is_trusted_by_itself_and_behind_an_authority() {
    for algorithm in [
        &PKCS_ECDSA_P256_SHA256,
        &PKCS_ECDSA_P384_SHA384,
        &PKCS_ECDSA_P521_SHA512,
    ] {
        let shown = self_signed_by(key(algorithm), |_| ());
        assert_eq!(
            outcome(&trusting(&[&shown.certificate]), NAME, &shown),
            Ok(()),
            "{algorithm:?}"
        );
        let (shown, authority) = signed_by_authority(algorithm);
        assert_eq!(
            outcome(&trusting(&[&authority]), NAME, &shown),
            Ok(()),
            "{algorithm:?}"
        );
    }
}

#[test]
fn an_authority_vouches_for_its_own_servers_only() {
    let (shown, _) = signed_by_authority(&PKCS_ECDSA_P256_SHA256);
    let (_, other) = signed_by_authority(&PKCS_ECDSA_P256_SHA256);
    assert!(outcome(&trusting(&[&other]), NAME, &shown).is_err());
}

#[test]
fn without_verification_only_the_key_counts() {
    let shown = self_signed(|_| ());
    let anybody = tls::unverified(None).unwrap();
    assert_eq!(outcome(&anybody, "elsewhere.example.org", &shown), Ok(()));
    let impostor = Shown {
        certificate: shown.certificate.clone(),
        key: key(&PKCS_ECDSA_P256_SHA256),
    };
    assert!(outcome(&anybody, NAME, &impostor).is_err());
}

#[test]
fn a_client_shows_its_certificate_to_a_server_that_asks() {
    let server_side = self_signed(|_| ());
    let (client_side, authority) = signed_by_authority(&PKCS_ECDSA_P521_SHA512);
    let folder = TempDir::new().unwrap();
    let (trusted, both) = (folder.path().join("ca.pem"), folder.path().join("client.pem"));
    fs::write(&trusted, server_side.certificate.pem()).unwrap();
    fs::write(
        &both,
        client_side.certificate.pem() + &client_side.key.serialize_pem(),
    )
    .unwrap();
    let identity = Identity {
        certificate: &both,
        key: &both,
    };
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let asked =
            |client: ClientConfig| meet(&client, NAME, server(&server_side, version, Some(&authority)));
        assert_eq!(
            asked(tls::verified(Some(&trusted), Some(identity)).unwrap()),
            Ok(())
        );
        assert_eq!(asked(tls::unverified(Some(identity)).unwrap()), Ok(()));
        let nameless = asked(tls::verified(Some(&trusted), None).unwrap());
        assert_eq!(nameless, Err(Error::NoCertificatesPresented));
    }
}
