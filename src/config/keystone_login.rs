//! The server's own login to Keystone.

use tidings_client::keystone::{AuthType, Login, Named};

use super::endpoint::Endpoint;
use super::fault::ConfigFaults;
use super::reader::{OptionReader, Section};
use super::value::Value;

/// The section of the options, unless its `auth_section` names another.
const SECTION: &str = "keystone_authtoken";

/// Keystone's address, and the login there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeystoneLogin {
    /// The section with the other options, if not `[keystone_authtoken]`.
    pub auth_section: Option<String>,
    /// Keystone's address, with or without `/v3`.
    pub auth_url: Option<Endpoint>,
    /// The login.
    pub login: Login,
}

fn named(section: &mut Section<'_>, id: &'static str, name: &'static str) -> Named {
    Named {
        id: section.get(id, None),
        name: section.get(name, None),
    }
}

fn is_there(named: &Named) -> bool {
    named.id.is_some() || named.name.is_some()
}

impl KeystoneLogin {
    pub(super) fn read(reader: &mut OptionReader) -> Self {
        let auth_section: Option<String> = reader.section(SECTION).get("auth_section", None);
        let mut section = reader.section_from(SECTION, auth_section.clone());
        Self {
            auth_section,
            auth_url: section.get("auth_url", None),
            login: read(&mut section),
        }
    }

    /// Checks for required and contradictory options.
    pub(super) fn check(&self, faults: &mut ConfigFaults) {
        let section = self.auth_section.as_deref().unwrap_or(SECTION);
        let mut need = |option: &str, is_there: bool, why: &str| {
            if !is_there {
                faults.add(section, option, format!("is required with {why}"));
            }
        };
        need(
            "auth_url",
            self.auth_url.is_some(),
            "[DEFAULT] auth_strategy = keystone",
        );
        match self.login.auth_type {
            AuthType::Password | AuthType::V3Password => {
                let why = "auth_type = password";
                need(
                    "username",
                    is_there(&self.login.user),
                    &format!("{why}, or user_id instead"),
                );
                need("password", self.login.password.is_some(), why);
                let others = "project_id, trust_id, domain_id, domain_name or system_scope instead";
                let is_scoped = !self.scopes().is_empty();
                need("project_name", is_scoped, &format!("{why}, or {others}"));
            }
            AuthType::ApplicationCredential => {
                let why = "auth_type = v3applicationcredential";
                let credential = &self.login.application_credential;
                need("application_credential_id", is_there(credential), why);
                let has_secret = self.login.application_credential_secret.is_some();
                need("application_credential_secret", has_secret, why);
                let finds_user =
                    credential.id.is_some() || credential.name.is_none() || is_there(&self.login.user);
                let why = "application_credential_name, or user_id instead";
                need("username", finds_user, why);
            }
        }
        self.check_scope(section, faults);
    }

    /// Checks that at most one scope is set.
    fn check_scope(&self, section: &str, faults: &mut ConfigFaults) {
        let scopes = self.scopes();
        if self.login.auth_type == AuthType::ApplicationCredential {
            let text =
                "cannot be set with auth_type = v3applicationcredential: the credential implies its project";
            for scope in scopes {
                faults.add(section, scope, text.to_owned());
            }
        } else if let [first, others @ ..] = scopes.as_slice() {
            for other in others {
                let text = format!("cannot be combined with {first}: remove one of them");
                faults.add(section, other, text);
            }
        }
    }

    /// Lists the set options that determine the token's scope.
    fn scopes(&self) -> Vec<&'static str> {
        let either = |named: &Named, id, name| {
            let by_name = named.name.as_ref().map(|_| name);
            named.id.as_ref().map(|_| id).or(by_name)
        };
        let scopes = [
            either(&self.login.project, "project_id", "project_name"),
            either(&self.login.domain, "domain_id", "domain_name"),
            self.login.trust_id.as_ref().map(|_| "trust_id"),
            self.login.system_scope.as_ref().map(|_| "system_scope"),
        ];
        scopes.into_iter().flatten().collect()
    }
}

fn read(section: &mut Section<'_>) -> Login {
    Login {
        auth_type: section.get_or("auth_type", "auth_plugin", AuthType::default()),
        user: Named {
            id: section.get("user_id", None),
            name: section.get_or("username", "user_name", None),
        },
        password: section.get("password", None),
        user_domain: named(section, "user_domain_id", "user_domain_name"),
        project: Named {
            id: section.get_or("project_id", "tenant_id", None),
            name: section.get_or("project_name", "tenant_name", None),
        },
        project_domain: named(section, "project_domain_id", "project_domain_name"),
        default_domain: named(section, "default_domain_id", "default_domain_name"),
        domain: named(section, "domain_id", "domain_name"),
        trust_id: section.get("trust_id", None),
        system_scope: section.checked("system_scope", None, check_system),
        application_credential: named(
            section,
            "application_credential_id",
            "application_credential_name",
        ),
        application_credential_secret: section.get("application_credential_secret", None),
    }
}

#[expect(clippy::ref_option, reason = "checks take an option's own type")]
fn check_system(scope: &Option<String>) -> Result<(), String> {
    match scope.as_deref() {
        None | Some("all") => Ok(()),
        Some(other) => Err(format!("must be all, not {other:?}")),
    }
}

impl Value for AuthType {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "password" => Ok(Self::Password),
            "v3password" => Ok(Self::V3Password),
            "v3applicationcredential" => Ok(Self::ApplicationCredential),
            _ => Err(format!(
                "{text:?} must be password, v3password or v3applicationcredential"
            )),
        }
    }
}
