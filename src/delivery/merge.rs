//! What a change leaves of a listener's settings.

use serde_json::{Map, Value};

use crate::listener::MASK;

/// Whether a change replaces or removes the secret that signs.
pub(super) fn is_new_secret(changes: &Map<String, Value>) -> bool {
    let config = changes.get("notifier_config");
    let secret = config.and_then(|config| config.get("secret"));
    secret.is_some_and(|secret| *secret != MASK)
}

/// Applies changes as a JSON merge patch, one level deep and one more for the notifier's configuration.
pub(super) fn merged(mut members: Map<String, Value>, changes: &Map<String, Value>) -> Map<String, Value> {
    for (name, change) in changes {
        match (members.get_mut(name), change) {
            (Some(Value::Object(config)), Value::Object(changes)) if name == "notifier_config" => {
                for (key, value) in changes {
                    match value {
                        Value::Null => drop(config.remove(key)),
                        Value::String(text) if text == MASK && config.contains_key(key) => {}
                        Value::Object(texts) => {
                            let texts = unmasked(texts, config.get(key));
                            config.insert(key.clone(), texts.into());
                        }
                        value => drop(config.insert(key.clone(), value.clone())),
                    }
                }
            }
            (_, Value::Null) => drop(members.remove(name)),
            (_, change) => drop(members.insert(name.clone(), change.clone())),
        }
    }
    members
}

/// Puts known texts where a mask stands for them, as in headers.
fn unmasked(texts: &Map<String, Value>, known: Option<&Value>) -> Map<String, Value> {
    let text_of = |(name, text): (&String, &Value)| {
        let known = known
            .and_then(|known| known.get(name))
            .filter(|_| text.as_str() == Some(MASK));
        (name.clone(), known.unwrap_or(text).clone())
    };
    texts.iter().map(text_of).collect()
}
