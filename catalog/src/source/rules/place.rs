//! Places in a notification.

use toml::Spanned;
use toml::de::DeValue;

use super::super::fault::{Located, SourceFile};
use super::super::fields::Fields;

/// A place in a notification.
#[derive(Clone, Debug)]
pub struct Place {
    /// A JSON pointer that begins with `/payload` or `/context`.
    pub path: Located<String>,
    /// If not empty, the value is the UUID right after whichever of these strings occurs first in the text.
    pub after: Vec<Located<String>>,
}

impl Place {
    /// Parses a path.
    pub(super) fn at(page: &SourceFile<'_>, path: Located<String>) -> Self {
        let root = path.value.split('/').nth(1).unwrap_or_default();
        if !path.value.starts_with('/') || !matches!(root, "payload" | "context") {
            let message = format!("`{}` must begin with /payload or /context", path.value);
            page.fault(path.line, message);
        }
        if path.value.split('/').skip(1).any(str::is_empty) {
            page.fault(path.line, format!("`{}` has an empty part", path.value));
        }
        Self {
            path,
            after: Vec::new(),
        }
    }

    /// Returns the parts of the path, unescaped.
    pub fn parts(&self) -> Vec<String> {
        let parts = self.path.value.split('/').skip(1);
        parts
            .map(|part| part.replace("~1", "/").replace("~0", "~"))
            .collect()
    }
}

/// Reads the places of a key: one or a list.
pub(super) fn read<'a>(page: &'a SourceFile<'a>, fields: &Fields<'a>, key: &str) -> Vec<Place> {
    fields
        .any(key)
        .map(|found| value(page, key, found))
        .unwrap_or_default()
}

/// Reads the places of a value: one or a list.
pub(super) fn value<'a>(page: &'a SourceFile<'a>, key: &str, value: &'a Spanned<DeValue<'a>>) -> Vec<Place> {
    match value.get_ref() {
        DeValue::Array(items) => items.iter().filter_map(|item| one(page, key, item)).collect(),
        _ => one(page, key, value).into_iter().collect(),
    }
}

fn one<'a>(page: &'a SourceFile<'a>, key: &str, value: &'a Spanned<DeValue<'a>>) -> Option<Place> {
    let line = page.line(value.span().start);
    match value.get_ref() {
        DeValue::String(path) => {
            let path = path.to_string();
            Some(Place::at(page, Located { value: path, line }))
        }
        DeValue::Table(table) => {
            let fields = Fields::new(page, table, line, &["path", "after"]);
            let after = fields.string_or_list("after");
            if after.is_empty() {
                page.fault(line, "`after` is missing");
            }
            let path = fields.required("path");
            Some(Place {
                after,
                ..Place::at(page, path)
            })
        }
        other => {
            let message = format!(
                "`{key}` must be a path such as /payload/id, not {}",
                other.type_str()
            );
            page.fault(line, message);
            None
        }
    }
}

/// Reads a string or a list of strings.
pub(super) fn strings(
    page: &SourceFile<'_>,
    key: &str,
    value: &Spanned<DeValue<'_>>,
) -> Vec<Located<String>> {
    let mut found = Vec::new();
    let items = match value.get_ref() {
        DeValue::Array(items) => items.iter().collect(),
        _ => vec![value],
    };
    for item in items {
        let line = page.line(item.span().start);
        match item.get_ref().as_str() {
            Some(text) => found.push(Located {
                value: text.to_owned(),
                line,
            }),
            None => page.fault(
                line,
                format!("`{key}` must be strings, not {}", item.get_ref().type_str()),
            ),
        }
    }
    found
}
