//! Hides secrets that a receiver repeats in its answer: answers are stored, and shown to people who may not know the secrets.

use base64::prelude::{BASE64_STANDARD, Engine};

use crate::listener::{Http, MASK};

/// The shortest value of a header that is taken for a secret. Hiding each `1` would leave little of an answer.
const SHORTEST: usize = 4;

/// Masks the secrets of a listener in an answer. The end of a truncated answer is removed if a secret may begin with it.
pub(super) fn masked(mut answer: String, http: &Http, is_cut: bool) -> String {
    let mut secrets = secrets(http);
    // A secret may contain another one.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    for secret in &secrets {
        if answer.contains(secret.as_str()) {
            answer = answer.replace(secret.as_str(), MASK);
        }
    }
    if is_cut {
        // What is left of a character.
        answer.truncate(answer.trim_end_matches('\u{fffd}').len());
        let begun = secrets
            .iter()
            .filter_map(|secret| beginning_at_end(&answer, secret))
            .max();
        answer.truncate(answer.len() - begun.unwrap_or(0));
    }
    answer
}

/// Returns the secret values in a request, and their forms in JSON.
fn secrets(http: &Http) -> Vec<String> {
    let login = http.login.iter().flat_map(|(user, password)| {
        let password = password.expose();
        let token = BASE64_STANDARD.encode(format!("{user}:{password}"));
        [password.to_owned(), token]
    });
    let headers = http.headers.values().filter(|value| value.len() >= SHORTEST);
    let mut secrets: Vec<String> = login.chain(headers.cloned()).collect();
    let escaped: Vec<String> = secrets.iter().map(|secret| in_json(secret)).collect();
    secrets.extend(escaped);
    secrets
}

fn in_json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.unwrap_or(&quoted).to_owned()
}

/// Returns how many bytes at the end of a text are the beginning of a secret, if any.
fn beginning_at_end(text: &str, secret: &str) -> Option<usize> {
    let ends = secret.char_indices().map(|(at, _)| at).filter(|at| *at > 0);
    ends.filter(|end| text.ends_with(&secret[..*end])).max()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tidings_client::Secret;

    use super::*;

    fn http() -> Http {
        Http {
            url: "https://example.org/".parse().unwrap(),
            login: Some(("u".to_owned(), Secret::new("hunter2"))),
            ca: None,
            headers: BTreeMap::from([
                ("x-key".to_owned(), "open\"sesame".to_owned()),
                ("x-version".to_owned(), "1".to_owned()),
            ]),
            signing: Vec::new(),
        }
    }

    #[test]
    fn what_a_receiver_repeats_of_its_secrets_is_masked() {
        for (answer, want) in [
            ("thank you for 1 event", "thank you for 1 event"),
            ("Basic dTpodW50ZXIy", "Basic *****"),
            ("u:hunter2 and hunter2", "u:***** and *****"),
            ("x-key: open\"sesame", "x-key: *****"),
            (r#"{"x-key":"open\"sesame"}"#, r#"{"x-key":"*****"}"#),
        ] {
            assert_eq!(masked(answer.to_owned(), &http(), false), want);
        }
    }

    #[test]
    fn no_part_of_a_secret_is_left_where_an_answer_was_cut() {
        for (answer, want) in [
            ("u:hunter2 u:hunt", "u:***** u:"),
            ("key: open\"s\u{fffd}", "key: "),
            ("nothing", "nothing"),
        ] {
            assert_eq!(masked(answer.to_owned(), &http(), true), want);
        }
        let whole = "as in hunt".to_owned();
        assert_eq!(masked(whole.clone(), &http(), false), whole);
    }
}
