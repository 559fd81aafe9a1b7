//! Masks passwords in logged events: the same ones as oslo's log driver, in the same way.

use std::borrow::Cow;

use once_cell::sync::OnceCell;
use regex::Regex;
use serde_json::Value;

/// Parts of names that mark a secret, in any case: the list of oslo.utils.
const SECRETS: [&str; 35] = [
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
    "cephclusterfsid",
    "octaviaheartbeatkey",
    "rabbitcookie",
    "cephmanilaclientkey",
    "pacemakerremoteauthkey",
    "designaterndckey",
    "cephadminkey",
    "heatauthencryptionkey",
    "cephclientkey",
    "keystonecredential",
    "barbicansimplecryptokek",
    "cephrgwkey",
    "swifthashsuffix",
    "migrationsshkey",
    "cephmdskey",
    "cephmonkey",
    "chapsecret",
];

/// The replacement for a secret.
const HIDDEN: &str = "***";

/// The forms of each secret in a text. Compiled when a text first contains its name, which is rare.
static FORMS: [OnceCell<Vec<Form>>; SECRETS.len()] = [const { OnceCell::new() }; SECRETS.len()];

/// A way to write a secret in a text, and what remains of it.
struct Form {
    found: Regex,
    kept: &'static str,
}

/// Keeps the text around the secret.
const AROUND: &str = "${1}***${2}";

/// Keeps the text before it.
const BEFORE: &str = "${1}***";

/// Removes the remainder of a value that contains quotes, after its first part was masked.
const WITHOUT_REST: &str = "${1}";

/// Returns the forms of one name, in the order in which they are applied, each to the result of the previous one.
fn forms(name: &str) -> Vec<Form> {
    let name = format!("{name}[0-9]*");
    let (quote, inside, option) = (r#"["']"#, r#"[^"']*"#, "--?[A-z]+");
    let found = [
        // name = 'x'
        (format!(r"({name}\s*=\s*{quote}){inside}({quote})"), AROUND),
        (format!(r#"({name}\s*=\s*")[^"]*(")"#), AROUND),
        (format!(r"({name}\s*=\s*')[^']*(')"), AROUND),
        // name 'x'
        (format!(r"({name}\s+{quote}){inside}({quote})"), AROUND),
        // --name x
        (format!(r#"(--{name}\s+)[^'"^=\s]+(\s*)"#), AROUND),
        // <name>x</name>
        (format!(r"(<{name}>)[^<]*(</{name}>)"), AROUND),
        // 'name': 'x', and 'my_name': u'x'
        (
            format!(r"({quote}{name}{quote}\s*:\s*{quote}){inside}({quote})"),
            AROUND,
        ),
        (
            format!(r"({quote}{inside}{name}{quote}\s*:\s*u?{quote}){inside}({quote})"),
            AROUND,
        ),
        // 'my_name', '--value', 'x'
        (
            format!(r"({quote}{inside}{name}{quote}\s*,\s*'{option}'\s*,\s*u?{quote}){inside}({quote})"),
            AROUND,
        ),
        // name --value x
        (format!(r"({name}\s*{option}\s*)\S+(\s*)"), AROUND),
        // name = x
        (format!(r#"({name}\s*=\s*)[^\s^'"]+"#), BEFORE),
        // the remainder of 'name': 'x"y'
        (
            format!(r"({quote}{inside}{name}{quote}\s*:\s*u?{quote}.*{quote}){inside}({quote})"),
            WITHOUT_REST,
        ),
        // name: x, which oslo.utils does not mask
        (
            format!(r#"({name}\s*:\s*)("[^"]*"|'[^']*'|[^\s'"&,;}}]+)"#),
            BEFORE,
        ),
    ];
    let compiled = found.into_iter().filter_map(|(found, kept)| {
        let found = Regex::new(&format!("(?is){found}")).ok()?;
        Some(Form { found, kept })
    });
    compiled.collect()
}

/// Masks the secrets in a value: values under their names, and secrets in texts.
pub(super) fn mask(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let name = name.to_lowercase();
                if !value.is_object() && SECRETS.iter().any(|secret| name.contains(secret)) {
                    *value = HIDDEN.into();
                } else {
                    mask(value);
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(mask),
        Value::String(text) => mask_text(text),
        _ => {}
    }
}

fn mask_text(text: &mut String) {
    // Masking adds no names, so it is enough to check the original text.
    let lower = text.to_lowercase();
    let named = SECRETS
        .iter()
        .zip(&FORMS)
        .filter(|(secret, _)| lower.contains(**secret));
    for form in named.flat_map(|(secret, forms)| forms.get_or_init(|| self::forms(secret))) {
        if let Cow::Owned(masked) = form.found.replace_all(text, form.kept) {
            *text = masked;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The output of the real oslo.utils; `tests/run rabbitmq` compares the file with it.
    const CASES: &str = include_str!("../../../tests/fixtures/masked.jsonl");

    #[test]
    fn secrets_are_hidden_as_oslo_hides_them() {
        for line in CASES.lines() {
            let mut case: Value = serde_json::from_str(line).unwrap();
            let mut value = case["value"].take();
            mask(&mut value);
            assert_eq!(value, case["masked"], "{line}");
        }
    }

    #[test]
    fn secrets_behind_a_colon_are_hidden_too() {
        let mut value =
            serde_json::json!("CephClientKey: hunter2, 'of': x; password:'hunter 3' token: \"y\"");
        mask(&mut value);
        assert_eq!(value, "CephClientKey: ***, 'of': x; password:*** token: ***");
    }

    #[test]
    fn every_form_can_be_made() {
        for secret in SECRETS {
            assert_eq!(forms(secret).len(), 13);
        }
    }
}
