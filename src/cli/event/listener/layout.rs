//! The layout of Pulp's client: a name and a value on each line, nested ones indented.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::legible;

/// The widest line, unless a single word is wider.
const WIDTH: usize = 80;

/// The spaces before the members of an object in an object.
const STEP: usize = 2;

/// Members that every listener has when nothing is said about them: Pulp has none of them.
const USUAL: [(&str, &str); 5] = [
    ("enabled", "true"),
    ("format", "pulp"),
    ("language", "en"),
    ("order", "none"),
    ("scope", "cloud"),
];

/// Members that only a single listener shows.
const DETAILS: [&str; 4] = ["created_at", "updated_at", "retry", "project_id"];

/// Lays out one listener of a list: what Pulp shows, and what is unusual about it.
pub fn brief(listener: &Map<String, Value>) -> String {
    let is_usual = |name: &str, value: &Value| {
        USUAL
            .iter()
            .any(|(known, usual)| *known == name && text(value) == *usual)
    };
    let is_cloud = listener.get("scope").is_none_or(|scope| scope == "cloud");
    let is_shown = |name: &str, value: &Value| match name {
        "project_id" => !is_cloud,
        "scope" => false,
        _ => !is_usual(name, value) && !DETAILS.contains(&name),
    };
    let members = listener.iter().filter(|(name, value)| is_shown(name, value));
    whole(
        &members
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    )
}

/// Lays out an object with all its members but nulls.
pub fn whole(members: &Map<String, Value>) -> String {
    let mut lines = String::new();
    write(&mut lines, members, 0);
    lines
}

fn write(lines: &mut String, members: &Map<String, Value>, indent: usize) {
    let mut members: Vec<(String, &Value)> = members
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (label(name), value))
        .collect();
    members.sort_by(|(a, _), (b, _)| a.cmp(b));
    let longest = members.iter().map(|(name, _)| name.chars().count()).max();
    let gap = if indent == 0 { 2 } else { 1 };
    let width = longest.unwrap_or(0) + 1 + gap;
    for (name, value) in members {
        let start = format!("{:indent$}{:width$}", "", format!("{name}:"));
        if let Value::Object(inner) = value {
            lines.push_str(&start);
            lines.push('\n');
            write(lines, inner, indent + STEP);
        } else {
            wrap(lines, start, &text(value), indent + width);
        }
    }
}

/// Returns a name as Pulp's client spells it: `Notifier Type Id`, `CA Path`.
fn label(name: &str) -> String {
    if name == "notifier_type" {
        return "Notifier Type Id".to_owned();
    }
    let word = |word: &str| {
        let mut letters = word.chars();
        match (word, letters.next()) {
            ("url" | "ca" | "ssl", _) => word.to_ascii_uppercase(),
            (_, Some(first)) => first.to_uppercase().chain(letters).collect(),
            (_, None) => String::new(),
        }
    };
    let words: Vec<String> = name.split('_').map(word).collect();
    legible::shown(&words.join(" ")).into_owned()
}

fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => {
            let lines: Vec<_> = text.lines().map(legible::shown).collect();
            Cow::Owned(lines.join("\n"))
        }
        Value::Array(values) => {
            let texts: Vec<_> = values.iter().map(text).collect();
            Cow::Owned(texts.join(", "))
        }
        other => Cow::Owned(other.to_string()),
    }
}

/// Writes a value after its name; further lines begin below the value.
fn wrap(lines: &mut String, start: String, value: &str, indent: usize) {
    let (mut line, mut used) = (start, indent);
    let mut is_first = true;
    for part in value.split('\n') {
        if !is_first {
            lines.push_str(&line);
            lines.push('\n');
            (line, used) = (" ".repeat(indent), indent);
        }
        is_first = true;
        for word in part.split(' ') {
            let length = word.chars().count();
            if !is_first && used + 1 + length > WIDTH {
                lines.push_str(&line);
                lines.push('\n');
                (line, used) = (" ".repeat(indent), indent);
            } else if !is_first {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += length;
            is_first = false;
        }
    }
    lines.push_str(&line);
    lines.push('\n');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn laid_out(listener: &Value) -> String {
        brief(listener.as_object().unwrap())
    }

    #[test]
    fn a_listener_without_our_settings_looks_as_in_pulp() {
        let listener = json!({
            "id": "5092d9b3e19a00c58600000c", "scope": "cloud", "project_id": null, "enabled": true, "format": "pulp",
            "language": "en", "order": "none", "retry": [5], "event_types": ["*"], "notifier_type": "http",
            "notifier_config": {"url": "http://h/x", "username": "u", "password": "*****", "ca_path": "/tmp/CA"},
        });
        assert_eq!(
            laid_out(&listener),
            "\
Event Types:       *
Id:                5092d9b3e19a00c58600000c
Notifier Config:   \n  CA Path:  /tmp/CA
  Password: *****
  URL:      http://h/x
  Username: u
Notifier Type Id:  http
"
        );
    }

    #[test]
    fn what_is_unusual_is_shown() {
        let listener = json!({"scope": "project", "project_id": "p1", "enabled": false, "format": "glance", "name": "n\u{202e}"});
        assert_eq!(
            laid_out(&listener),
            "Enabled:     false\nFormat:      glance\nName:        n\\u{202e}\nProject Id:  p1\n"
        );
    }

    #[test]
    fn long_values_continue_below_their_beginning() {
        let types = vec!["repo.sync.start"; 6];
        assert_eq!(
            laid_out(&json!({"event_types": types, "id": "a".repeat(90)})),
            format!(
                "\
Event Types:  repo.sync.start, repo.sync.start, repo.sync.start,
              repo.sync.start, repo.sync.start, repo.sync.start
Id:           {}
",
                "a".repeat(90)
            )
        );
    }
}
