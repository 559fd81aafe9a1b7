//! The access rules of application credentials, which limit the requests they are valid for.

use std::sync::Once;

use serde::Deserialize;

use super::path_form::PathForm;

/// The most rules that are evaluated for one service and method. Hand-written rules are fewer, and each costs time.
const MOST: usize = 128;

/// The warning concerns all such requests and is logged once.
static WARNING: Once = Once::new();

/// An allowed request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct AccessRule {
    service: String,
    method: String,
    path: PathForm,
}

/// Whether one of the rules allows the request to the service of this type.
pub(super) fn allow(rules: &[AccessRule], service: Option<&str>, method: &str, path: &str) -> bool {
    let Some(service) = service else {
        WARNING.call_once(|| {
            tracing::warn!(
                "credentials with access rules are refused: [keystone_authtoken] service_type is not set"
            );
        });
        return false;
    };
    rules
        .iter()
        .filter(|rule| rule.service == service && rule.method == method)
        .take(MOST)
        .any(|rule| rule.path.matches(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn service_and_method_must_be_the_same() {
        let rule = AccessRule {
            service: "block-storage".to_owned(),
            method: "GET".to_owned(),
            path: "/v3/**".to_owned().into(),
        };
        let allowed = |service: Option<&str>, method: &str| {
            allow(std::slice::from_ref(&rule), service, method, "/v3/p/messages")
        };
        assert!(allowed(Some("block-storage"), "GET"));
        assert!(!allowed(Some("block-storage"), "DELETE"));
        assert!(!allowed(Some("compute"), "GET"));
        assert!(!allowed(None, "GET"));
        assert!(!allow(&[], Some("block-storage"), "GET", "/v3/p/messages"));
        let elsewhere = AccessRule {
            path: "/v2/**".to_owned().into(),
            ..rule.clone()
        };
        let behind = |count: usize| {
            let mut rules = vec![elsewhere.clone(); count];
            rules.push(rule.clone());
            allow(&rules, Some("block-storage"), "GET", "/v3/p/messages")
        };
        assert!(behind(MOST - 1) && !behind(MOST));
    }
}
