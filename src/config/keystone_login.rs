//! What the server shows Keystone to get a token of its own.

use super::endpoint::Endpoint;
use super::fault::Faults;
use super::reader::{Reader, Section};
use super::secret::Secret;
use super::value::Value;

/// Where the options are, unless `auth_section` there names another section.
const SECTION: &str = "keystone_authtoken";
/// The domain of a user or project where no option names one.
const DOMAIN: &str = "Default";

/// The options of keystoneauth's plugins `password`, `v3password` and `v3applicationcredential`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Login {
    /// The section that the other options are read from, where it is not `[keystone_authtoken]`.
    pub auth_section: Option<String>,
    /// Where this server asks, with or without `/v3`.
    pub auth_url: Option<Endpoint>,
    /// What it shows there.
    pub auth_type: AuthType,
    /// This server's user.
    pub user: Named,
    /// The user's password.
    pub password: Option<Secret>,
    /// The domain that the user belongs to, as far as it has one of its own; see [`Login::user_domain`].
    pub user_domain: Named,
    /// The project that the user acts in.
    pub project: Named,
    /// The domain that the project belongs to, as far as it has one of its own; see [`Login::project_domain`].
    pub project_domain: Named,
    /// The domain of user and project where they have none of their own.
    pub default_domain: Named,
    /// The domain that the user acts in, in place of a project.
    pub domain: Named,
    /// The trust by which the user acts, in place of a project.
    pub trust_id: Option<String>,
    /// `all` for a user who acts in the whole system, in place of a project.
    pub system_scope: Option<String>,
    /// The application credential.
    pub application_credential: Named,
    /// Its secret.
    pub application_credential_secret: Option<Secret>,
}

/// What the server shows, by keystoneauth's names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuthType {
    /// A user and its password.
    #[default]
    Password,
    /// The same, but a domain of the user's or project's own takes precedence over `default_domain_id`.
    V3Password,
    /// An application credential.
    ApplicationCredential,
}

/// Something that goes by its id or its name. The id counts where there are both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Its id.
    pub id: Option<String>,
    /// Its name.
    pub name: Option<String>,
}

impl Named {
    fn is_there(&self) -> bool {
        self.id.is_some() || self.name.is_some()
    }

    fn read(section: &mut Section<'_>, id: &'static str, name: &'static str) -> Self {
        Self {
            id: section.get(id, None),
            name: section.get(name, None),
        }
    }
}

impl Login {
    /// The domain of the user, for one that goes by its name.
    pub fn user_domain(&self) -> Named {
        self.domain_of(&self.user_domain)
    }

    /// The domain of the project, for one that goes by its name.
    pub fn project_domain(&self) -> Named {
        self.domain_of(&self.project_domain)
    }

    /// With `password`, keystoneauth prefers even a general id to a name of one's own.
    fn domain_of(&self, own: &Named) -> Named {
        let prefers_general = self.auth_type == AuthType::Password || own.name.is_none();
        let general = self.default_domain.id.as_ref().filter(|_| prefers_general);
        let name = own.name.as_ref().or(self.default_domain.name.as_ref());
        Named {
            id: own.id.as_ref().or(general).cloned(),
            name: Some(name.map_or(DOMAIN, String::as_str).to_owned()),
        }
    }

    pub(super) fn read(reader: &mut Reader) -> Self {
        let auth_section: Option<String> = reader.section(SECTION).get("auth_section", None);
        let mut section = reader.section_from(SECTION, auth_section.clone());
        Self {
            auth_section,
            auth_url: section.get("auth_url", None),
            auth_type: section.get_or("auth_type", "auth_plugin", AuthType::default()),
            user: Named {
                id: section.get("user_id", None),
                name: section.get_or("username", "user_name", None),
            },
            password: section.get("password", None),
            user_domain: Named::read(&mut section, "user_domain_id", "user_domain_name"),
            project: Named {
                id: section.get_or("project_id", "tenant_id", None),
                name: section.get_or("project_name", "tenant_name", None),
            },
            project_domain: Named::read(&mut section, "project_domain_id", "project_domain_name"),
            default_domain: Named::read(&mut section, "default_domain_id", "default_domain_name"),
            domain: Named::read(&mut section, "domain_id", "domain_name"),
            trust_id: section.get("trust_id", None),
            system_scope: section.checked("system_scope", None, check_system),
            application_credential: Named::read(
                &mut section,
                "application_credential_id",
                "application_credential_name",
            ),
            application_credential_secret: section.get("application_credential_secret", None),
        }
    }

    /// What `auth_strategy = keystone` cannot do without, and what contradicts itself.
    pub(super) fn check(&self, faults: &mut Faults) {
        let section = self.auth_section.as_deref().unwrap_or(SECTION);
        let mut need = |option: &str, is_there: bool, why: &str| {
            if !is_there {
                faults.add(section, option, format!("is needed with {why}"));
            }
        };
        need(
            "auth_url",
            self.auth_url.is_some(),
            "[DEFAULT] auth_strategy = keystone",
        );
        match self.auth_type {
            AuthType::Password | AuthType::V3Password => {
                let why = "auth_type = password";
                need(
                    "username",
                    self.user.is_there(),
                    &format!("{why}, or user_id in its place"),
                );
                need("password", self.password.is_some(), why);
                let others = "project_id, trust_id, domain_id, domain_name or system_scope in its place";
                let is_scoped = !self.scopes().is_empty();
                need("project_name", is_scoped, &format!("{why}, or {others}"));
            }
            AuthType::ApplicationCredential => {
                let why = "auth_type = v3applicationcredential";
                let credential = &self.application_credential;
                need("application_credential_id", credential.is_there(), why);
                let has_secret = self.application_credential_secret.is_some();
                need("application_credential_secret", has_secret, why);
                let finds_user = credential.id.is_some() || credential.name.is_none() || self.user.is_there();
                let why = "application_credential_name, or user_id in its place";
                need("username", finds_user, why);
            }
        }
        self.check_scope(section, faults);
    }

    /// A token is for one thing only.
    fn check_scope(&self, section: &str, faults: &mut Faults) {
        let scopes = self.scopes();
        if self.auth_type == AuthType::ApplicationCredential {
            let text =
                "cannot be chosen with auth_type = v3applicationcredential: the credential has its project";
            for scope in scopes {
                faults.add(section, scope, text.to_owned());
            }
        } else if let [first, others @ ..] = scopes.as_slice() {
            for other in others {
                let text = format!("cannot be asked for together with {first}: leave one of them out");
                faults.add(section, other, text);
            }
        }
    }

    /// The options that say what the token is to be for, one for each thing.
    fn scopes(&self) -> Vec<&'static str> {
        let either = |named: &Named, id, name| {
            let by_name = named.name.as_ref().map(|_| name);
            named.id.as_ref().map(|_| id).or(by_name)
        };
        let scopes = [
            either(&self.project, "project_id", "project_name"),
            either(&self.domain, "domain_id", "domain_name"),
            self.trust_id.as_ref().map(|_| "trust_id"),
            self.system_scope.as_ref().map(|_| "system_scope"),
        ];
        scopes.into_iter().flatten().collect()
    }
}

#[expect(clippy::ref_option, reason = "the checks of options take what the option is")]
fn check_system(scope: &Option<String>) -> Result<(), String> {
    match scope.as_deref() {
        None | Some("all") => Ok(()),
        Some(other) => Err(format!(
            "{other:?} is not all, the only part of the system there is"
        )),
    }
}

impl Value for AuthType {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "password" => Ok(Self::Password),
            "v3password" => Ok(Self::V3Password),
            "v3applicationcredential" => Ok(Self::ApplicationCredential),
            _ => Err(format!(
                "{text:?} is not password, v3password or v3applicationcredential, the ways to log in that are supported"
            )),
        }
    }
}
