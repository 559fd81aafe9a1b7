//! The requests that an application credential is good for, where it is not for all.

use serde::Deserialize;

/// One request that is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct AccessRule {
    service: String,
    method: String,
    path: String,
}

/// Whether one of the rules allows the request to the service of this type.
pub(super) fn allow(rules: &[AccessRule], service: Option<&str>, method: &str, path: &str) -> bool {
    let Some(service) = service else {
        tracing::warn!(
            "a credential with access rules is refused: [keystone_authtoken] service_type is not set"
        );
        return false;
    };
    rules
        .iter()
        .any(|rule| rule.service == service && rule.method == method && matches(&rule.path, path))
}

/// Whether a path has the form: `*` and `{name}` stand for one segment or a part of it, `**` for anything.
fn matches(form: &str, path: &str) -> bool {
    if let Some(rest) = form.strip_prefix("**") {
        return tails(path).any(|tail| matches(rest, tail));
    }
    let behind_name = form.strip_prefix('{').and_then(|named| named.split_once('}'));
    let behind = form.strip_prefix('*').or(behind_name.map(|(_, rest)| rest));
    if let Some(rest) = behind {
        // At least one character, and no slash.
        let segment = path.find('/').unwrap_or(path.len());
        return tails(path)
            .skip(1)
            .take_while(|tail| path.len() - tail.len() <= segment)
            .any(|tail| matches(rest, tail));
    }
    let mut form = form.chars();
    let mut path = path.chars();
    match (form.next(), path.next()) {
        (None, None) => true,
        (Some(wanted), Some(given)) => wanted == given && matches(form.as_str(), path.as_str()),
        _ => false,
    }
}

/// The path, and what is left of it after each character.
fn tails(path: &str) -> impl Iterator<Item = &str> {
    let starts = path.char_indices().map(|(at, _)| at).chain([path.len()]);
    starts.filter_map(|at| path.get(at..))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_a_segment_and_two_are_anything() {
        for (form, path, is_match) in [
            ("/v3/p/messages", "/v3/p/messages", true),
            ("/v3/p/messages", "/v3/p/messages/1", false),
            ("/v3/*/messages", "/v3/p/messages", true),
            ("/v3/*/messages", "/v3//messages", false),
            ("/v3/*/messages", "/v3/p/q/messages", false),
            ("/v3/{project_id}/messages/{id}", "/v3/p/messages/1", true),
            ("/v3/p*/x", "/v3/pq/x", true),
            ("/v3/**", "/v3/p/messages/1", true),
            ("/v3/**", "/v3/", true),
            ("/v3/**", "/v2/p", false),
            ("**", "/anything", true),
            ("/v3/**/messages", "/v3/a/b/messages", true),
            // A dot is a dot: the forms are no regular expressions.
            ("/v3.p", "/v3xp", false),
        ] {
            assert_eq!(matches(form, path), is_match, "{form} {path}");
        }
    }

    #[test]
    fn service_and_method_must_be_the_same() {
        let rule = AccessRule {
            service: "block-storage".to_owned(),
            method: "GET".to_owned(),
            path: "/v3/**".to_owned(),
        };
        let allowed = |service: Option<&str>, method: &str| {
            allow(std::slice::from_ref(&rule), service, method, "/v3/p/messages")
        };
        assert!(allowed(Some("block-storage"), "GET"));
        assert!(!allowed(Some("block-storage"), "DELETE"));
        assert!(!allowed(Some("compute"), "GET"));
        assert!(!allowed(None, "GET"));
        assert!(!allow(&[], Some("block-storage"), "GET", "/v3/p/messages"));
    }
}
