//! Hides passwords in what goes to the log: all that oslo's log driver hides, and the same way.

use std::borrow::Cow;

use once_cell::sync::OnceCell;
use regex::Regex;
use serde_json::Value;

/// What names of secrets hold, without regard to case: the list of oslo.utils.
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

/// What stands in the place of a secret.
const HIDDEN: &str = "***";

/// The forms in which a text holds each secret. They are made where a text holds its name at all, which is rare.
static FORMS: [OnceCell<Vec<Form>>; SECRETS.len()] = [const { OnceCell::new() }; SECRETS.len()];

/// A way to write a secret into a text, and what stays of it.
struct Form {
    found: Regex,
    kept: &'static str,
}

/// Before and behind the secret.
const AROUND: &str = "${1}***${2}";

/// Only before it.
const BEFORE: &str = "${1}***";

/// What a value with quotes in itself leaves behind once its first part is hidden.
const WITHOUT_REST: &str = "${1}";

/// The forms of one name, in the order in which they are looked for: what one has changed, the next one sees.
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
        // What is left of 'name': 'x"y'
        (
            format!(r"({quote}{inside}{name}{quote}\s*:\s*u?{quote}.*{quote}){inside}({quote})"),
            WITHOUT_REST,
        ),
        // name: x, which oslo.utils leaves as it is
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

/// Hides the secrets of a value: what stands under their names, and what texts hold.
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
    // Hiding adds no names, so that one look at the text as it came is enough.
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

    /// What the real oslo.utils makes of these; `tests/run rabbitmq` holds the file against it.
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
