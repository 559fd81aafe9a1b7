//! What this server shows Keystone to get a token of its own.

use serde_json::{Value, json};

use crate::config::{AuthType, Login, Named, Secret};

/// The body of the request for a token.
pub(super) fn body(login: &Login) -> Vec<u8> {
    let auth = match login.auth_type {
        AuthType::Password | AuthType::V3Password => {
            let mut user = named(&login.user, || login.user_domain());
            user["password"] = secret(login.password.as_ref());
            json!({
                "identity": { "methods": ["password"], "password": { "user": user } },
                "scope": scope(login),
            })
        }
        AuthType::ApplicationCredential => {
            let credential = &login.application_credential;
            let mut shown = match &credential.id {
                Some(id) => json!({ "id": id }),
                None => {
                    json!({ "name": credential.name, "user": named(&login.user, || login.user_domain()) })
                }
            };
            shown["secret"] = secret(login.application_credential_secret.as_ref());
            // The credential has its project already; asking for one is an error.
            json!({ "identity": { "methods": ["application_credential"], "application_credential": shown } })
        }
    };
    json!({ "auth": auth }).to_string().into_bytes()
}

/// What the token is to be for: the configuration has one of these only.
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

/// Something by its id, or by its name in a domain.
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
        Named {
            id: Some(id.to_owned()),
            name: None,
        }
    }

    fn name(name: &str) -> Named {
        Named {
            id: None,
            name: Some(name.to_owned()),
        }
    }

    /// A user with a password in the project `service`, but for a change.
    fn shown(change: impl FnOnce(&mut Login)) -> Value {
        let mut login = Login {
            user: name("tidings"),
            password: Some(Secret::new("s")),
            project: name("service"),
            ..Login::default()
        };
        change(&mut login);
        let body: Value = serde_json::from_slice(&body(&login)).unwrap();
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
