//! `[keystone_authtoken]`.

use std::path::PathBuf;
use std::time::Duration;

use super::endpoint::Endpoint;
use super::fault::Faults;
use super::reader::Reader;
use super::secret::Secret;
use super::value::Value;

const SECTION: &str = "keystone_authtoken";

/// `[keystone_authtoken]`: how callers' tokens are validated, with the names that keystonemiddleware gives the options.
/// Read always, needed with `[DEFAULT] auth_strategy = keystone` only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeystoneAuthtoken {
    /// Where clients are sent for a token; none for `auth_url`. See [`KeystoneAuthtoken::challenge_uri`].
    pub www_authenticate_uri: Option<Endpoint>,
    /// Where this server asks, with or without `/v3`.
    pub auth_url: Option<Endpoint>,
    /// What this server shows to get a token of its own.
    pub auth_type: AuthType,
    /// The name of this server's user.
    pub username: Option<String>,
    /// Its password.
    pub password: Option<Secret>,
    /// The domain that the user belongs to.
    pub user_domain_name: String,
    /// The project that the user acts in.
    pub project_name: Option<String>,
    /// The domain that the project belongs to.
    pub project_domain_name: String,
    /// The id of an application credential.
    pub application_credential_id: Option<String>,
    /// Its name, in place of the id; the user must then be named, too.
    pub application_credential_name: Option<String>,
    /// Its secret.
    pub application_credential_secret: Option<Secret>,
    /// Certificate authorities that sign Keystone's certificate, beside the system's.
    pub cafile: Option<PathBuf>,
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

/// What the server shows to get a token of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuthType {
    /// A user's name and password.
    #[default]
    Password,
    /// An application credential.
    ApplicationCredential,
}

impl Default for KeystoneAuthtoken {
    fn default() -> Self {
        Self {
            www_authenticate_uri: None,
            auth_url: None,
            auth_type: AuthType::Password,
            username: None,
            password: None,
            user_domain_name: "Default".to_owned(),
            project_name: None,
            project_domain_name: "Default".to_owned(),
            application_credential_id: None,
            application_credential_name: None,
            application_credential_secret: None,
            cafile: None,
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
        self.www_authenticate_uri.as_ref().or(self.auth_url.as_ref())
    }

    pub(super) fn read(reader: &mut Reader) -> Self {
        let default = Self::default();
        let mut section = reader.section(SECTION);
        let day = Duration::from_secs(86_400);
        let timeouts = Duration::from_millis(1)..=Duration::from_secs(600);
        Self {
            www_authenticate_uri: section.get("www_authenticate_uri", default.www_authenticate_uri),
            auth_url: section.get("auth_url", default.auth_url),
            auth_type: section.get("auth_type", default.auth_type),
            username: section.get("username", default.username),
            password: section.get("password", default.password),
            user_domain_name: section.get("user_domain_name", default.user_domain_name),
            project_name: section.get("project_name", default.project_name),
            project_domain_name: section.get("project_domain_name", default.project_domain_name),
            application_credential_id: section
                .get("application_credential_id", default.application_credential_id),
            application_credential_name: section
                .get("application_credential_name", default.application_credential_name),
            application_credential_secret: section.get(
                "application_credential_secret",
                default.application_credential_secret,
            ),
            cafile: section.get("cafile", default.cafile),
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
            token_cache_time: section.within(
                "token_cache_time",
                default.token_cache_time,
                &(Duration::ZERO..=day),
            ),
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
    pub(super) fn check(&self, faults: &mut Faults) {
        let mut need = |option: &str, is_there: bool, why: &str| {
            if !is_there {
                faults.add(SECTION, option, format!("is needed with {why}"));
            }
        };
        need(
            "auth_url",
            self.auth_url.is_some(),
            "[DEFAULT] auth_strategy = keystone",
        );
        match self.auth_type {
            AuthType::Password => {
                let why = "auth_type = password";
                need("username", self.username.is_some(), why);
                need("password", self.password.is_some(), why);
                need("project_name", self.project_name.is_some(), why);
            }
            AuthType::ApplicationCredential => {
                let why = "auth_type = v3applicationcredential";
                let has_id = self.application_credential_id.is_some();
                let has_name = self.application_credential_name.is_some();
                need("application_credential_id", has_id || has_name, why);
                need(
                    "application_credential_secret",
                    self.application_credential_secret.is_some(),
                    why,
                );
                need(
                    "username",
                    has_id || !has_name || self.username.is_some(),
                    "application_credential_name",
                );
            }
        }
    }
}

impl Value for AuthType {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "password" | "v3password" => Ok(Self::Password),
            "v3applicationcredential" => Ok(Self::ApplicationCredential),
            _ => Err(format!(
                "{text:?} is neither password nor v3applicationcredential"
            )),
        }
    }
}
