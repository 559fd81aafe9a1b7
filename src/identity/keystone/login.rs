//! What this server shows Keystone to get a token of its own.

use serde_json::{Value, json};

use crate::config::{AuthType, KeystoneAuthtoken, Secret};

/// The body of the request for a token.
pub(super) fn body(config: &KeystoneAuthtoken) -> Vec<u8> {
    let secret = |secret: &Option<Secret>| secret.as_ref().map(|secret| secret.expose().to_owned());
    let user = json!({ "name": config.username, "domain": { "name": config.user_domain_name } });
    let auth = match config.auth_type {
        AuthType::Password => {
            let mut user = user;
            user["password"] = json!(secret(&config.password));
            json!({
                "identity": { "methods": ["password"], "password": { "user": user } },
                "scope": { "project": {
                    "name": config.project_name,
                    "domain": { "name": config.project_domain_name },
                } },
            })
        }
        AuthType::ApplicationCredential => {
            let mut credential = match &config.application_credential_id {
                Some(id) => json!({ "id": id }),
                None => json!({ "name": config.application_credential_name, "user": user }),
            };
            credential["secret"] = json!(secret(&config.application_credential_secret));
            // The credential has its project already; asking for one is an error.
            json!({ "identity": { "methods": ["application_credential"], "application_credential": credential } })
        }
    };
    let body: Value = json!({ "auth": auth });
    body.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(config: &KeystoneAuthtoken) -> Value {
        serde_json::from_slice(&body(config)).unwrap()
    }

    #[test]
    fn a_password_asks_for_a_project_and_a_credential_does_not() {
        let mut config = KeystoneAuthtoken {
            username: Some("tidings".to_owned()),
            password: Some(Secret::new("s")),
            project_name: Some("service".to_owned()),
            application_credential_secret: Some(Secret::new("c")),
            ..KeystoneAuthtoken::default()
        };
        let auth = &shown(&config)["auth"];
        assert_eq!(auth["identity"]["password"]["user"]["password"], "s");
        assert_eq!(auth["scope"]["project"]["name"], "service");
        config.auth_type = AuthType::ApplicationCredential;
        config.application_credential_name = Some("n".to_owned());
        let auth = &shown(&config)["auth"];
        let credential = &auth["identity"]["application_credential"];
        assert_eq!(
            (
                &credential["user"]["name"],
                &credential["secret"],
                auth.get("scope")
            ),
            (&json!("tidings"), &json!("c"), None)
        );
        config.application_credential_id = Some("i".to_owned());
        let credential = &shown(&config)["auth"]["identity"]["application_credential"];
        assert_eq!(credential, &json!({ "id": "i", "secret": "c" }));
    }
}
