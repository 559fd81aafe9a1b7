//! What leads to a server: its endpoint, or the credentials for Keystone, by the names of keystoneauth.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use tidings_client::Secret;
use tidings_client::keystone::{AuthType, Login, Named};

use super::clouds;
use crate::cli::failure::Failure;

/// Options by their names in clouds.yaml, which are those of `OS_*` in lower case.
pub struct Credentials {
    options: BTreeMap<String, String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.options.keys()).finish()
    }
}

impl Credentials {
    /// Finds them: in the cloud of this name or of `OS_CLOUD`, else in the environment.
    ///
    /// # Errors
    /// [`Failure::Data`] if there is no such cloud.
    pub fn find(cloud: Option<&str>, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let named = cloud.map(str::to_owned).or_else(|| variable("OS_CLOUD"));
        let options = match named.filter(|name| !name.is_empty()) {
            Some(cloud) => clouds::find(&cloud, variable)?,
            None => NAMES
                .iter()
                .filter_map(|name| {
                    let value = variable(&format!("OS_{}", name.to_ascii_uppercase()))?;
                    Some(((*name).to_owned(), value))
                })
                .collect(),
        };
        Ok(Self { options })
    }

    /// Whether they name a cloud or a server at all.
    pub fn are_given(&self) -> bool {
        self.auth_url().is_some() || self.endpoint().is_some()
    }

    /// Returns an option that is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.options.get(name).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }

    /// Returns Keystone's address, unless there is none.
    pub fn auth_url(&self) -> Option<&str> {
        let is_noauth = matches!(self.get("auth_type"), Some("none" | "noauth"));
        self.get("auth_url").filter(|_| !is_noauth)
    }

    /// Returns the server's address, if the catalog shall not be asked.
    pub fn endpoint(&self) -> Option<&str> {
        let names = [
            "block_storage_endpoint_override",
            "volume_endpoint_override",
            "endpoint",
        ];
        names.into_iter().find_map(|name| self.get(name))
    }

    /// Returns a token that is already there.
    pub fn token(&self) -> Option<&str> {
        self.get("token")
    }

    /// Returns the project by id, else by name.
    pub fn project(&self) -> Option<&str> {
        let names = ["project_id", "tenant_id", "project_name", "tenant_name"];
        names.into_iter().find_map(|name| self.get(name))
    }

    /// Returns the file of certificates to trust.
    pub fn ca_file(&self) -> Option<PathBuf> {
        self.get("cacert").map(PathBuf::from)
    }

    /// Whether any certificate is accepted.
    pub fn is_insecure(&self) -> bool {
        let is = |name: &str, word: &str| {
            self.get(name)
                .is_some_and(|value| value.eq_ignore_ascii_case(word))
        };
        is("verify", "false") || is("insecure", "true")
    }

    /// Returns the login.
    pub fn login(&self) -> Login {
        let text = |name: &str| self.get(name).map(str::to_owned);
        let named = |id: &str, name: &str| Named {
            id: text(id),
            name: text(name),
        };
        let or = |first: Named, second: Named| Named {
            id: first.id.or(second.id),
            name: first.name.or(second.name),
        };
        let credential = named("application_credential_id", "application_credential_name");
        let has_credential = credential != Named::default();
        Login {
            auth_type: if has_credential {
                AuthType::ApplicationCredential
            } else {
                AuthType::V3Password
            },
            user: named("user_id", "username"),
            password: self.get("password").map(Secret::new),
            user_domain: named("user_domain_id", "user_domain_name"),
            project: or(
                named("project_id", "project_name"),
                named("tenant_id", "tenant_name"),
            ),
            project_domain: named("project_domain_id", "project_domain_name"),
            default_domain: named("default_domain_id", "default_domain_name"),
            domain: named("domain_id", "domain_name"),
            trust_id: text("trust_id"),
            system_scope: text("system_scope"),
            application_credential: credential,
            application_credential_secret: self.get("application_credential_secret").map(Secret::new),
        }
    }
}

/// The options that are read from the environment.
const NAMES: [&str; 31] = [
    "application_credential_id",
    "application_credential_name",
    "application_credential_secret",
    "auth_type",
    "auth_url",
    "block_storage_endpoint_override",
    "cacert",
    "default_domain_id",
    "default_domain_name",
    "domain_id",
    "domain_name",
    "endpoint",
    "insecure",
    "interface",
    "password",
    "project_domain_id",
    "project_domain_name",
    "project_id",
    "project_name",
    "region_name",
    "system_scope",
    "tenant_id",
    "tenant_name",
    "token",
    "trust_id",
    "user_domain_id",
    "user_domain_name",
    "user_id",
    "username",
    "verify",
    "volume_endpoint_override",
];
