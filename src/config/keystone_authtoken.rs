//! `[keystone_authtoken]`.

use std::path::PathBuf;
use std::time::Duration;

use super::endpoint::Endpoint;
use super::fault::ConfigFaults;
use super::keystone_compat;
use super::keystone_login::KeystoneLogin;
use super::reader::OptionReader;
use super::value::{Measure, Value};

const SECTION: &str = "keystone_authtoken";

/// `[keystone_authtoken]`: how callers' tokens are validated, with keystonemiddleware's option names. Always parsed,
/// but required only with `[DEFAULT] auth_strategy = keystone`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeystoneAuthtoken {
    /// Where clients get tokens; `None` for `auth_url`. See [`KeystoneAuthtoken::challenge_uri`].
    pub www_authenticate_uri: Option<Endpoint>,
    /// Keystone's address, and this server's own login.
    pub login: KeystoneLogin,
    /// A file of certificates to trust in addition to the system's: authorities, or Keystone's own.
    pub cafile: Option<PathBuf>,
    /// This server's client certificate.
    pub certfile: Option<PathBuf>,
    /// Its key; `None` if it is in the same file.
    pub keyfile: Option<PathBuf>,
    /// Whether any certificate is accepted.
    pub insecure: bool,
    /// The time limit for authenticating a caller, and for each request to Keystone.
    pub http_connect_timeout: Duration,
    /// How often a failed connection is retried.
    pub http_request_max_retries: usize,
    /// How long a valid token is cached; zero to validate every time.
    pub token_cache_time: Duration,
    /// How long an invalid token is cached.
    pub negative_cache_time: Duration,
    /// The most tokens in the cache, of valid and invalid ones each.
    pub token_cache_size: usize,
    /// The roles of which a service token must have one.
    pub service_token_roles: Vec<String>,
    /// Whether a service token without such a role is rejected; otherwise it has no effect.
    pub service_token_roles_required: bool,
    /// This service's type in access rules of application credentials; `None` rejects all credentials with rules.
    pub service_type: Option<String>,
}

impl Default for KeystoneAuthtoken {
    fn default() -> Self {
        Self {
            www_authenticate_uri: None,
            login: KeystoneLogin::default(),
            cafile: None,
            certfile: None,
            keyfile: None,
            insecure: false,
            http_connect_timeout: Duration::from_secs(10),
            http_request_max_retries: 3,
            token_cache_time: Duration::from_secs(300),
            negative_cache_time: Duration::from_secs(5),
            token_cache_size: 10_000,
            service_token_roles: vec!["service".to_owned()],
            service_token_roles_required: true,
            service_type: Some("block-storage".to_owned()),
        }
    }
}

impl KeystoneAuthtoken {
    /// Returns the address for `WWW-Authenticate`.
    pub fn challenge_uri(&self) -> Option<&Endpoint> {
        self.www_authenticate_uri
            .as_ref()
            .or(self.login.auth_url.as_ref())
    }

    pub(super) fn read(reader: &mut OptionReader) -> Self {
        let default = Self::default();
        let login = KeystoneLogin::read(reader);
        let mut section = reader.section(SECTION);
        keystone_compat::read(&mut section);
        let day = Duration::from_secs(86_400);
        let timeouts = Duration::from_millis(1)..=Duration::from_secs(600);
        Self {
            www_authenticate_uri: section.get("www_authenticate_uri", default.www_authenticate_uri),
            login,
            cafile: section.get("cafile", default.cafile),
            certfile: section.get("certfile", default.certfile),
            keyfile: section.get("keyfile", default.keyfile),
            insecure: section.get("insecure", default.insecure),
            http_connect_timeout: section.within(
                "http_connect_timeout",
                default.http_connect_timeout,
                &timeouts,
            ),
            http_request_max_retries: section.within(
                "http_request_max_retries",
                default.http_request_max_retries,
                &(0..=10),
            ),
            token_cache_time: section
                .within(
                    "token_cache_time",
                    Remembered(default.token_cache_time),
                    &(Remembered(Duration::ZERO)..=Remembered(day)),
                )
                .0,
            negative_cache_time: section.within(
                "negative_cache_time",
                default.negative_cache_time,
                &(Duration::ZERO..=day),
            ),
            token_cache_size: section.within("token_cache_size", default.token_cache_size, &(1..=10_000_000)),
            service_token_roles: section.get("service_token_roles", default.service_token_roles),
            service_token_roles_required: section.get(
                "service_token_roles_required",
                default.service_token_roles_required,
            ),
            service_type: section.get("service_type", default.service_type),
        }
    }
    /// Checks the options that `auth_strategy = keystone` requires.
    pub(super) fn check(&self, faults: &mut ConfigFaults) {
        self.login.check(faults);
        if self.keyfile.is_some() && self.certfile.is_none() {
            let text = "requires certfile, the certificate that it belongs to";
            faults.add(SECTION, "keyfile", text.to_owned());
        }
    }
}

/// How long a token is cached; keystonemiddleware writes -1 for not at all.
#[derive(PartialEq, PartialOrd)]
struct Remembered(Duration);

impl Value for Remembered {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "-1" => Ok(Self(Duration::ZERO)),
            _ => Duration::parse(text).map(Self),
        }
    }
}

impl Measure for Remembered {
    fn shown(&self) -> String {
        self.0.shown()
    }
}
