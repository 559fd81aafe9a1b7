//! The event types of a listener: names, `*` and globs, expanded to the types that the catalog declares.

use std::collections::BTreeSet;

use crate::catalog;
use crate::spelling;

/// The prefix of the types about messages, which are free of operators' text.
const OWN: &str = "message.";

/// Returns the declared types that a pattern matches: a name, `*` for all, or a prefix with a `*` at its end (`repo.*`).
///
/// # Errors
/// The reason if it matches none.
pub fn expand(pattern: &str) -> Result<Vec<&'static str>, String> {
    let names = || catalog::event_types().iter().map(|known| known.name);
    let found: Vec<&'static str> = match pattern.strip_suffix('*') {
        Some("") => names().collect(),
        // As in a topic exchange, `repo.*` does not match `report.send`.
        Some(prefix) if prefix.ends_with('.') => names().filter(|name| name.starts_with(prefix)).collect(),
        _ => names().filter(|name| *name == pattern).collect(),
    };
    if found.is_empty() {
        let hint = spelling::hint_or(pattern, names(), || {
            "; use *, a prefix such as repo.*, or a type that `tidings event types` lists".to_owned()
        });
        return Err(format!("matches no event type{hint}"));
    }
    Ok(found)
}

/// Returns the declared types that any of the patterns matches. Patterns that match none, as of an older catalog, are left out.
pub fn expand_all<'a>(patterns: impl IntoIterator<Item = &'a String>) -> Vec<&'static str> {
    let matched = patterns.into_iter().filter_map(|pattern| expand(pattern).ok());
    let types: BTreeSet<&'static str> = matched.flatten().collect();
    types.into_iter().collect()
}

/// Whether patterns can match nothing but the types that a project's members may receive.
pub fn is_for_members<'a>(patterns: impl IntoIterator<Item = &'a String>) -> bool {
    patterns.into_iter().all(|pattern| pattern.starts_with(OWN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_ends_with_a_star_after_a_dot() {
        let of = |pattern: &str| expand(pattern);
        assert_eq!(
            of("repo.sync.*").unwrap(),
            ["repo.sync.finish", "repo.sync.start"]
        );
        assert_eq!(of("repo.sync.start").unwrap(), ["repo.sync.start"]);
        assert_eq!(of("*").unwrap().len(), catalog::event_types().len());
        for pattern in [
            "",
            "repo",
            "repo*",
            "re*",
            "*.start",
            "nothing.*",
            "repo.sync.strat",
        ] {
            assert!(of(pattern).is_err(), "{pattern}");
        }
        assert!(
            of("repo.sync.strat")
                .unwrap_err()
                .ends_with("did you mean repo.sync.start?")
        );
    }

    #[test]
    fn members_get_nothing_but_messages() {
        let of = |pattern: &str| is_for_members([&pattern.to_owned()]);
        assert!(of("message.*") && of("message.create"));
        assert!(!of("*") && !of("image.upload") && !of("message"));
    }
}
