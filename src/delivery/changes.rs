//! Changes of listeners.

use reqwest::Url;
use serde_json::{Map, Value};

use crate::listener::{Listener, ListenerFault, MASK, Notifier};

/// Whether a change replaces or removes the secret that signs.
pub(super) fn is_new_secret(changes: &Map<String, Value>) -> bool {
    let config = changes.get("notifier_config");
    let secret = config.and_then(|config| config.get("secret"));
    secret.is_some_and(|secret| *secret != MASK)
}

/// Refuses to send secrets that the client may not know to another server.
pub(super) fn secrets_stay(before: &Listener, members: &Map<String, Value>) -> Result<(), ListenerFault> {
    let Notifier::Http(http) = &before.settings.notifier else {
        return Ok(());
    };
    let config = members.get("notifier_config");
    let url = config
        .and_then(|config| config.get("url"))
        .and_then(Value::as_str);
    let is_same = |url: Url| url.origin() == http.url.origin();
    if url.and_then(|url| Url::parse(url).ok()).is_none_or(is_same) {
        return Ok(());
    }
    let old = before.settings.to_members();
    for key in ["password", "headers"] {
        let of = |members: &Map<String, Value>| members.get("notifier_config")?.get(key).cloned();
        if of(&old).is_some() && of(&old) == of(members) {
            let field = format!("notifier_config.{key}");
            return Err(ListenerFault::new(
                &field,
                "must be given again for a URL of another server, or removed with null",
            ));
        }
    }
    Ok(())
}

/// Refuses members that only a rotation sets.
pub(super) fn own_only(members: &Map<String, Value>) -> Result<(), ListenerFault> {
    let config = members.get("notifier_config").and_then(Value::as_object);
    if config.is_some_and(|config| config.contains_key("previous_secrets")) {
        let reason = "cannot be set: rotate the secret instead";
        return Err(ListenerFault::new("notifier_config.previous_secrets", reason));
    }
    Ok(())
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
