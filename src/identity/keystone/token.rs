//! Tokens as Keystone describes them.

use std::sync::Arc;

use reqwest::header::HeaderValue;
use serde::Deserialize;

use super::access_rules::AccessRule;
use crate::identity::caller::{Caller, Domain};
use crate::message::time;

/// The contents of a valid token.
#[derive(Debug)]
pub(super) struct Token {
    /// Its owner.
    pub(super) caller: Arc<Caller>,
    /// When it expires, in microseconds since 1970.
    pub(super) expires_at: i64,
    /// The requests it is valid for; `None` for all.
    pub(super) access_rules: Option<Vec<AccessRule>>,
}

#[derive(Deserialize)]
struct Envelope {
    token: Body,
}

#[derive(Deserialize)]
struct Body {
    expires_at: String,
    user: Principal,
    project: Option<Principal>,
    domain: Option<Reference>,
    system: Option<System>,
    #[serde(default)]
    roles: Vec<Role>,
    is_admin_project: Option<bool>,
    application_credential: Option<Credential>,
}

/// A user or a project.
#[derive(Deserialize)]
struct Principal {
    id: String,
    name: Option<String>,
    domain: Option<Reference>,
}

#[derive(Deserialize)]
struct Reference {
    id: Option<String>,
    name: Option<String>,
}

#[derive(Deserialize)]
struct System {
    #[serde(default)]
    all: bool,
}

#[derive(Deserialize)]
struct Role {
    name: String,
}

#[derive(Deserialize)]
struct Credential {
    access_rules: Option<Vec<AccessRule>>,
}

/// Parses Keystone's answer. The error says what is wrong without repeating any of it.
pub(super) fn parse(body: &[u8]) -> Result<Token, String> {
    let Envelope { token } = serde_json::from_slice(body)
        .map_err(|error| format!("the token's description is unreadable (line {})", error.line()))?;
    let expires_at = time::parse(&token.expires_at)
        .ok_or_else(|| "the token's description has no readable expiry time".to_owned())?;
    let project_domain = token.project.as_ref().and_then(|project| project.domain.as_ref());
    let caller = Caller {
        user: token.user.id,
        user_name: token.user.name,
        user_domain: token.user.domain.and_then(Reference::into_domain),
        project_domain: project_domain.and_then(|domain| domain.id.clone()),
        project_name: token.project.as_ref().and_then(|project| project.name.clone()),
        project: token.project.map(|project| project.id),
        domain: token.domain.and_then(|domain| domain.id),
        domain_projects: None,
        is_system: token.system.is_some_and(|system| system.all),
        is_admin_project: token.is_admin_project.unwrap_or(true),
        expires_at: Some(expires_at),
        service: None,
        roles: token.roles.into_iter().map(|role| role.name).collect(),
    };
    Ok(Token {
        caller: Arc::new(caller),
        expires_at,
        access_rules: token
            .application_credential
            .and_then(|credential| credential.access_rules),
    })
}

/// Returns a token as a header value; `None` if it cannot be one and so is not a token.
pub(super) fn header(token: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(token)
        .ok()
        .filter(|value| !value.is_empty())?;
    value.set_sensitive(true);
    Some(value)
}

impl Reference {
    fn into_domain(self) -> Option<Domain> {
        let id = self.id?;
        let name = self.name.unwrap_or_else(|| id.clone());
        Some(Domain { id, name })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn token(scope: &Value) -> Token {
        let mut token = json!({
            "expires_at": "2026-11-21T03:20:24.000000Z",
            "user": { "id": "u1", "name": "alice", "domain": { "id": "default", "name": "Default" } },
            "roles": [{ "id": "r1", "name": "Member" }],
        });
        for (key, value) in scope.as_object().unwrap() {
            token[key] = value.clone();
        }
        parse(json!({ "token": token }).to_string().as_bytes()).unwrap()
    }

    #[test]
    fn roles_are_those_of_the_token_and_no_more() {
        let project =
            json!({ "project": { "id": "p1", "name": "demo", "domain": { "id": "d1", "name": "D" } } });
        let token = token(&project);
        let caller = &token.caller;
        assert_eq!(token.expires_at, 1_795_231_224_000_000);
        assert_eq!((caller.name(), caller.project.as_deref()), ("alice", Some("p1")));
        assert_eq!(caller.project_domain.as_deref(), Some("d1"));
        assert!(caller.has_role("member") && !caller.has_role("reader"));
        assert!(caller.is_admin_project && !caller.is_system && token.access_rules.is_none());
    }

    #[test]
    fn tokens_of_a_domain_the_system_or_nothing_have_no_project() {
        let domain = token(&json!({ "domain": { "id": "d1", "name": "D" } })).caller;
        assert_eq!(
            (domain.project.as_deref(), domain.domain.as_deref()),
            (None, Some("d1"))
        );
        let system = token(&json!({ "system": { "all": true } })).caller;
        assert!(system.is_system && system.project.is_none());
        let unscoped = token(&json!({ "roles": [] })).caller;
        assert!(unscoped.project.is_none() && !unscoped.is_system && !unscoped.has_role("member"));
    }

    #[test]
    fn access_rules_may_be_none_or_empty() {
        let rules = |value: Value| token(&json!({ "application_credential": value })).access_rules;
        assert_eq!(rules(json!({ "id": "c" })), None);
        assert_eq!(rules(json!({ "id": "c", "access_rules": [] })).unwrap().len(), 0);
    }

    #[test]
    fn an_answer_that_is_none_is_not_repeated_in_the_error() {
        for body in ["", "secret", r#"{"token": {"user": "secret"}}"#] {
            let error = parse(body.as_bytes()).unwrap_err();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
