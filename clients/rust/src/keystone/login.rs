//! How a service logs in to Keystone.

use serde_json::{Value, json};

use crate::secret::Secret;

/// The domain of a user or project if none is given.
const DOMAIN: &str = "Default";

/// A user with a password, or an application credential, and the scope of its token: the options of keystoneauth's
/// plugins `password`, `v3password` and `v3applicationcredential`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Login {
    /// The plugin.
    pub auth_type: AuthType,
    /// The user.
    pub user: Named,
    /// The user's password.
    pub password: Option<Secret>,
    /// The user's domain, if given; see [`Login::user_domain`].
    pub user_domain: Named,
    /// The project that scopes the token.
    pub project: Named,
    /// The project's domain, if given; see [`Login::project_domain`].
    pub project_domain: Named,
    /// The domain of user and project unless they have their own.
    pub default_domain: Named,
    /// The domain that scopes the token, instead of a project.
    pub domain: Named,
    /// The trust that scopes the token, instead of a project.
    pub trust_id: Option<String>,
    /// `all` for a system-scoped token, instead of a project.
    pub system_scope: Option<String>,
    /// The application credential.
    pub application_credential: Named,
    /// Its secret.
    pub application_credential_secret: Option<Secret>,
}

/// The kind of a [`Login`], by keystoneauth's names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuthType {
    /// A user and its password.
    #[default]
    Password,
    /// As `password`, but the user's or project's own domain takes precedence over `default_domain_id`.
    V3Password,
    /// An application credential.
    ApplicationCredential,
}

/// A Keystone object by id or name. The id wins if both are set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Its id.
    pub id: Option<String>,
    /// Its name.
    pub name: Option<String>,
}

impl Named {
    /// Refers to an object by its id.
    pub fn id(id: impl Into<String>) -> Self {
        Self {
            id: Some(id.into()),
            name: None,
        }
    }

    /// Refers to an object by its name.
    pub fn name(name: impl Into<String>) -> Self {
        Self {
            id: None,
            name: Some(name.into()),
        }
    }
}

impl Login {
    /// Returns a login for a user with a password, scoped to a project; both are names in the domain `Default`. Other
    /// fields can be set afterwards.
    pub fn password(
        user: impl Into<String>,
        password: impl Into<String>,
        project: impl Into<String>,
    ) -> Self {
        Self {
            user: Named::name(user),
            password: Some(Secret::new(password)),
            project: Named::name(project),
            ..Self::default()
        }
    }

    /// Returns a login for an application credential by id, which implies its user and project.
    pub fn application_credential(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self {
            auth_type: AuthType::ApplicationCredential,
            application_credential: Named::id(id),
            application_credential_secret: Some(Secret::new(secret)),
            ..Self::default()
        }
    }

    /// Whether everything that Keystone requires is set: a user, a secret and, with a password, a scope.
    pub fn is_complete(&self) -> bool {
        let is_there = |named: &Named| named.id.is_some() || named.name.is_some();
        let has = |secret: &Option<Secret>| secret.as_ref().is_some_and(|secret| !secret.expose().is_empty());
        match self.auth_type {
            AuthType::Password | AuthType::V3Password => {
                let is_scoped = is_there(&self.project)
                    || is_there(&self.domain)
                    || self.trust_id.is_some()
                    || self.system_scope.is_some();
                is_there(&self.user) && has(&self.password) && is_scoped
            }
            AuthType::ApplicationCredential => {
                is_there(&self.application_credential) && has(&self.application_credential_secret)
            }
        }
    }

    /// The user's domain, needed if the user is given by name.
    pub fn user_domain(&self) -> Named {
        self.domain_of(&self.user_domain)
    }

    /// The project's domain, needed if the project is given by name.
    pub fn project_domain(&self) -> Named {
        self.domain_of(&self.project_domain)
    }

    // With `password`, keystoneauth prefers even the default domain's id to the object's own domain name.
    fn domain_of(&self, own: &Named) -> Named {
        let prefers_general = self.auth_type == AuthType::Password || own.name.is_none();
        let general = self.default_domain.id.as_ref().filter(|_| prefers_general);
        let name = own.name.as_ref().or(self.default_domain.name.as_ref());
        Named {
            id: own.id.as_ref().or(general).cloned(),
            name: Some(name.map_or(DOMAIN, String::as_str).to_owned()),
        }
    }

    /// Returns the body of the token request.
    pub fn body(&self) -> Vec<u8> {
        let auth = match self.auth_type {
            AuthType::Password | AuthType::V3Password => {
                let mut user = named(&self.user, || self.user_domain());
                user["password"] = secret(self.password.as_ref());
                json!({
                    "identity": { "methods": ["password"], "password": { "user": user } },
                    "scope": scope(self),
                })
            }
            AuthType::ApplicationCredential => {
                let credential = &self.application_credential;
                let mut shown = match &credential.id {
                    Some(id) => json!({ "id": id }),
                    None => {
                        json!({ "name": credential.name, "user": named(&self.user, || self.user_domain()) })
                    }
                };
                shown["secret"] = secret(self.application_credential_secret.as_ref());
                // The credential implies its project; a scope is an error.
                json!({ "identity": { "methods": ["application_credential"], "application_credential": shown } })
            }
        };
        json!({ "auth": auth }).to_string().into_bytes()
    }
}

/// Returns the scope of the token; the configuration sets only one.
fn scope(login: &Login) -> Value {
    let domain = &login.domain;
    if login.system_scope.is_some() {
        json!({ "system": { "all": true } })
    } else if let Some(trust) = &login.trust_id {
        json!({ "OS-TRUST:trust": { "id": trust } })
    } else if domain.id.is_some() || domain.name.is_some() {
        json!({ "domain": by_id_or_name(domain) })
    } else {
        json!({ "project": named(&login.project, || login.project_domain()) })
    }
}

/// Returns an object by its id, or by its name in a domain.
fn named(it: &Named, domain: impl Fn() -> Named) -> Value {
    let mut shown = by_id_or_name(it);
    if it.id.is_none() {
        shown["domain"] = by_id_or_name(&domain());
    }
    shown
}

fn by_id_or_name(it: &Named) -> Value {
    match &it.id {
        Some(id) => json!({ "id": id }),
        None => json!({ "name": it.name }),
    }
}

fn secret(secret: Option<&Secret>) -> Value {
    json!(secret.map(Secret::expose))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(id: &str) -> Named {
        Named::id(id)
    }

    fn name(name: &str) -> Named {
        Named::name(name)
    }

    /// Returns the request for a user with a password in the project `service`, after `change`.
    fn shown(change: impl FnOnce(&mut Login)) -> Value {
        let mut login = Login::password("tidings", "s", "service");
        change(&mut login);
        let body: Value = serde_json::from_slice(&login.body()).unwrap();
        body["auth"].clone()
    }

    #[test]
    fn names_are_in_a_domain_and_ids_are_not() {
        assert_eq!(
            shown(|_| ()),
            json!({
                "identity": { "methods": ["password"], "password": { "user": {
                    "name": "tidings", "domain": { "name": "Default" }, "password": "s",
                } } },
                "scope": { "project": { "name": "service", "domain": { "name": "Default" } } },
            })
        );
        let auth = shown(|login| {
            (login.user, login.project) = (id("u"), id("p"));
            (login.user_domain, login.project_domain) = (id("d"), id("d"));
        });
        let user = &auth["identity"]["password"]["user"];
        assert_eq!(
            (user, &auth["scope"]),
            (
                &json!({ "id": "u", "password": "s" }),
                &json!({ "project": { "id": "p" } })
            )
        );
    }

    #[test]
    fn a_domain_is_the_one_that_keystoneauth_takes() {
        let domain = |change: fn(&mut Login)| shown(change)["identity"]["password"]["user"]["domain"].clone();
        assert_eq!(domain(|login| login.user_domain = id("d")), json!({ "id": "d" }));
        assert_eq!(
            domain(|login| login.user_domain = name("D")),
            json!({ "name": "D" })
        );
        assert_eq!(
            domain(|login| login.default_domain = name("D")),
            json!({ "name": "D" })
        );
        assert_eq!(
            domain(|login| login.default_domain = id("d")),
            json!({ "id": "d" })
        );
        let both = |login: &mut Login| {
            (login.user_domain, login.default_domain) = (name("D"), id("d"));
        };
        assert_eq!(
            shown(both)["identity"]["password"]["user"]["domain"],
            json!({ "id": "d" })
        );
        let auth = shown(|login| {
            both(login);
            login.auth_type = AuthType::V3Password;
        });
        assert_eq!(
            auth["identity"]["password"]["user"]["domain"],
            json!({ "name": "D" })
        );
    }

    #[test]
    fn a_token_can_be_for_other_things_than_a_project() {
        let scope = |change: fn(&mut Login)| {
            let auth = shown(|login| {
                login.project = Named::default();
                change(login);
            });
            auth["scope"].clone()
        };
        assert_eq!(
            scope(|login| login.trust_id = Some("t".to_owned())),
            json!({ "OS-TRUST:trust": { "id": "t" } })
        );
        assert_eq!(
            scope(|login| login.system_scope = Some("all".to_owned())),
            json!({ "system": { "all": true } })
        );
        assert_eq!(
            scope(|login| login.domain = id("d")),
            json!({ "domain": { "id": "d" } })
        );
        assert_eq!(
            scope(|login| login.domain = name("D")),
            json!({ "domain": { "name": "D" } })
        );
    }

    #[test]
    fn an_application_credential_has_its_project_and_perhaps_its_user() {
        let credential = |change: fn(&mut Login)| {
            let auth = shown(|login| {
                login.auth_type = AuthType::ApplicationCredential;
                login.application_credential = name("n");
                login.application_credential_secret = Some(Secret::new("c"));
                change(login);
            });
            assert_eq!(auth.get("scope"), None);
            auth["identity"]["application_credential"].clone()
        };
        let user = json!({ "name": "tidings", "domain": { "name": "Default" } });
        assert_eq!(
            credential(|_| ()),
            json!({ "name": "n", "user": user, "secret": "c" })
        );
        assert_eq!(
            credential(|login| login.user = id("u")),
            json!({ "name": "n", "user": { "id": "u" }, "secret": "c" })
        );
        assert_eq!(
            credential(|login| login.application_credential = id("i")),
            json!({ "id": "i", "secret": "c" })
        );
    }
}
