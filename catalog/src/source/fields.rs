//! Typed access to a TOML table that reports faults and carries on.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{Located, SourceFile};

/// Parses a file. Returns `None` on a syntax error, which is then the file's only fault.
pub(super) fn parse<'a>(page: &SourceFile<'a>) -> Option<DeTable<'a>> {
    let (table, errors) = DeTable::parse_recoverable(page.text);
    for error in &errors {
        let line = page.line(error.span().map_or(0, |span| span.start));
        page.fault(line, format!("invalid TOML:  {}", error.message()));
    }
    errors.is_empty().then(|| table.into_inner())
}

/// The fields of one table.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    page: &'a SourceFile<'a>,
    table: &'a DeTable<'a>,
    /// The line of the table's name, for reports of missing keys.
    pub(super) line: usize,
}

impl<'a> Fields<'a> {
    /// Takes the fields of a table and reports every key that is not in `known`.
    pub(super) fn new(page: &'a SourceFile<'a>, table: &'a DeTable<'a>, line: usize, known: &[&str]) -> Self {
        for key in table.keys() {
            let name: &str = key.get_ref();
            if !known.contains(&name) {
                let line = page.line(key.span().start);
                page.fault(
                    line,
                    format!("unknown key `{name}`; known keys are {}", known.join(", ")),
                );
            }
        }
        Self { page, table, line }
    }

    /// Returns all entries of a table that holds only strings.
    pub(super) fn of_strings(
        page: &'a SourceFile<'a>,
        table: &'a DeTable<'a>,
    ) -> Vec<(Located<String>, Located<String>)> {
        let fields = Self { page, table, line: 1 };
        fields.strings_in(table)
    }

    /// Whether the key exists.
    pub(super) fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    pub(super) fn string(&self, key: &str) -> Option<Located<String>> {
        let value = self.value(key)?;
        let string = value.get_ref().as_str().map(str::to_owned);
        self.typed(key, value, string, "a string")
    }

    /// Returns a required string, or an empty one after reporting that it is missing.
    pub(super) fn required(&self, key: &str) -> Located<String> {
        if self.value(key).is_none() {
            self.page.fault(self.line, format!("`{key}` is missing"));
        }
        self.string(key).unwrap_or(Located {
            value: String::new(),
            line: self.line,
        })
    }

    /// Returns a required string that is not blank: its text would be empty.
    pub(super) fn filled(&self, key: &str) -> Located<String> {
        let found = self.required(key);
        let given = self.value(key).and_then(|value| value.get_ref().as_str());
        if given.is_some_and(|text| text.trim().is_empty()) {
            self.page.fault(found.line, format!("`{key}` is empty"));
        }
        found
    }

    pub(super) fn boolean(&self, key: &str) -> Option<Located<bool>> {
        let value = self.value(key)?;
        self.typed(key, value, value.get_ref().as_bool(), "true or false")
    }

    /// A whole number of at least 1.
    pub(super) fn count(&self, key: &str) -> Option<Located<u32>> {
        let value = self.value(key)?;
        let number = value
            .get_ref()
            .as_integer()
            .and_then(|integer| u32::from_str_radix(integer.as_str(), integer.radix()).ok())
            .filter(|number| *number > 0);
        self.typed(key, value, number, "a whole number from 1 to 4294967295")
    }

    pub(super) fn strings(&self, key: &str) -> Vec<Located<String>> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let items = value.get_ref().as_array();
        let Some(items) = self.typed(key, value, items, "a list of strings") else {
            return Vec::new();
        };
        let string = |item: &Spanned<DeValue<'_>>| {
            let found = item.get_ref().as_str().map(str::to_owned);
            self.typed(key, item, found, "a list of strings")
        };
        items.value.iter().filter_map(string).collect()
    }

    /// Returns a string, or a list of them, as a list.
    pub(super) fn string_or_list(&self, key: &str) -> Vec<Located<String>> {
        match self.value(key).map(Spanned::get_ref) {
            Some(DeValue::Array(_)) => self.strings(key),
            _ => self.string(key).into_iter().collect(),
        }
    }

    /// Returns the tables of `[[key]]`, each with its line.
    pub(super) fn tables(&self, key: &str) -> Vec<Located<&'a DeTable<'a>>> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let items = value.get_ref().as_array();
        let Some(items) = self.typed(key, value, items, "a list of tables") else {
            return Vec::new();
        };
        let table = |item: &'a Spanned<DeValue<'a>>| {
            self.typed(key, item, item.get_ref().as_table(), "a list of tables")
        };
        items.value.iter().filter_map(table).collect()
    }

    /// Returns the value of a key that may have one of several types.
    pub(super) fn any(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.value(key)
    }

    /// Returns the keys and values of an inner table whose values may have several types.
    pub(super) fn members(&self, key: &str) -> Vec<(Located<String>, &'a Spanned<DeValue<'a>>)> {
        let table = self.table(key);
        let members = table.iter().flat_map(|table| table.value.iter());
        members.map(|(name, value)| (self.name(name), value)).collect()
    }

    /// Returns the entries of a table of strings.
    pub(super) fn named_strings(&self, key: &str) -> Vec<(Located<String>, Located<String>)> {
        self.table(key)
            .map_or_else(Vec::new, |table| self.strings_in(table.value))
    }

    fn strings_in(&self, table: &DeTable<'_>) -> Vec<(Located<String>, Located<String>)> {
        let mut found = Vec::new();
        for (name, value) in table {
            let text = value.get_ref().as_str().map(str::to_owned);
            if let Some(text) = self.typed(name.get_ref(), value, text, "a string") {
                found.push((self.name(name), text));
            }
        }
        found
    }

    /// Returns the entries of a table of tables.
    pub(super) fn named_tables(&self, key: &str) -> Vec<(Located<String>, &'a DeTable<'a>)> {
        let Some(table) = self.table(key) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for (name, value) in table.value {
            if let Some(inner) = self.typed(name.get_ref(), value, value.get_ref().as_table(), "a table") {
                found.push((self.name(name), inner.value));
            }
        }
        found
    }

    /// Returns the fields of an inner table.
    pub(super) fn inner(&self, key: &str, known: &[&str]) -> Option<Self> {
        let table = self.table(key)?;
        Some(Fields::new(self.page, table.value, table.line, known))
    }

    fn name(&self, key: &Spanned<std::borrow::Cow<'_, str>>) -> Located<String> {
        Located {
            value: key.get_ref().to_string(),
            line: self.page.line(key.span().start),
        }
    }

    fn table(&self, key: &str) -> Option<Located<&'a DeTable<'a>>> {
        let value = self.value(key)?;
        self.typed(key, value, value.get_ref().as_table(), "a table")
    }

    fn value(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.table.get(key)
    }

    fn typed<T>(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        found: Option<T>,
        want: &str,
    ) -> Option<Located<T>> {
        let line = self.page.line(value.span().start);
        if found.is_none() {
            self.page.fault(
                line,
                format!("`{key}` must be {want}, not {}", value.get_ref().type_str()),
            );
        }
        found.map(|value| Located { value, line })
    }
}
