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

/// `[keystone_authtoken]`: how callers' tokens are validated, with the names that keystonemiddleware gives the options.
/// Read always, needed with `[DEFAULT] auth_strategy = keystone` only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeystoneAuthtoken {
    /// Where clients are sent for a token; none for `auth_url`. See [`KeystoneAuthtoken::challenge_uri`].
    pub www_authenticate_uri: Option<Endpoint>,
    /// Where this server asks, and what it shows there to get a token of its own.
    pub login: KeystoneLogin,
    /// Certificates of authorities, or of Keystone itself, that are trusted beside the system's.
    pub cafile: Option<PathBuf>,
    /// The certificate that this server shows.
    pub certfile: Option<PathBuf>,
    /// Its key; none where it is in the same file.
    pub keyfile: Option<PathBuf>,
    /// Whether any certificate will do.
    pub insecure: bool,
    /// How long finding out who calls may take, and each request to Keystone for it.
    pub http_connect_timeout: Duration,
    /// How often a connection that fails is tried again.
    pub http_request_max_retries: usize,
    /// How long a valid token is believed without asking again; zero to ask each time.
    pub token_cache_time: Duration,
    /// How long an invalid one is refused without asking again.
    pub negative_cache_time: Duration,
    /// Most tokens that are remembered, of the valid and of the invalid ones each.
    pub token_cache_size: usize,
    /// Roles of which a service token must have one.
    pub service_token_roles: Vec<String>,
    /// Whether a service token without any of these roles is refused; else it only lends nothing.
    pub service_token_roles_required: bool,
    /// The type under which access rules of application credentials name this service; none refuses all that have rules.
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
    /// The address that `WWW-Authenticate` names.
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
    /// What `auth_strategy = keystone` cannot do without.
    pub(super) fn check(&self, faults: &mut ConfigFaults) {
        self.login.check(faults);
        if self.keyfile.is_some() && self.certfile.is_none() {
            let text = "is of no use without certfile, the certificate that it belongs to";
            faults.add(SECTION, "keyfile", text.to_owned());
        }
    }
}

/// How long a token is remembered; keystonemiddleware writes -1 for not at all.
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
