//! Hides passwords in what goes to the log, as oslo's log driver does.

use once_cell::sync::Lazy;
use regex::Regex;
use serde_json::Value;

/// What names of fields with a secret hold.
const SECRETS: [&str; 20] = [
    "adminpass",
    "admin_pass",
    "password",
    "admin_password",
    "auth_token",
    "new_pass",
    "auth_password",
    "secret_uuid",
    "secret",
    "sys_pswd",
    "token",
    "configdrive",
    "chappassword",
    "encrypted_key",
    "private_key",
    "fernetkey",
    "sslkey",
    "passphrase",
    "rabbitcookie",
    "keystonecredential",
];

/// What stands in the place of a secret.
const HIDDEN: &str = "***";

/// A secret within a text: `password=x`, `'adminPass': 'x'`.
static WITHIN: Lazy<Option<Regex>> = Lazy::new(|| {
    let names = SECRETS.join("|");
    Regex::new(&format!(
        r#"(?i)((?:{names})[0-9]*["']?\s*[:=]\s*)("[^"]*"|'[^']*'|[^\s"'&,;}}]+)"#
    ))
    .ok()
});

/// Hides the secrets of a value.
pub(super) fn mask(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let name = name.to_ascii_lowercase();
                if !value.is_object() && SECRETS.iter().any(|secret| name.contains(secret)) {
                    *value = HIDDEN.into();
                } else {
                    mask(value);
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(mask),
        Value::String(text) => {
            if let Some(within) = &*WITHIN
                && within.is_match(text)
            {
                *text = within.replace_all(text, format!("${{1}}{HIDDEN}")).into_owned();
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn masked(mut value: Value) -> Value {
        mask(&mut value);
        value
    }

    #[test]
    fn secrets_are_hidden_wherever_they_are() {
        assert_eq!(
            masked(
                json!({"adminPass": "x", "user_password2": 1, "name": "n", "nested": {"auth_token": null}, "password": {"a": "b"}})
            ),
            json!({"adminPass": "***", "user_password2": "***", "name": "n", "nested": {"auth_token": "***"}, "password": {"a": "b"}})
        );
        assert_eq!(
            masked(json!([
                "no secret",
                "mount -o password=hunter2 x",
                "{'adminPass': 'hunter 2'}"
            ])),
            json!(["no secret", "mount -o password=*** x", "{'adminPass': ***}"])
        );
    }
}
