//! `language.toml`: a language's punctuation, and the few words that belong to no service.

use super::fault::{Located, Report, SourceFile};
use super::fields::{self, Fields};

/// The words that a language needs besides the services' texts: the fields of `catalog::Words`.
pub(super) const WORDS: [&str; 17] = [
    "unknown_action",
    "unknown_error",
    "title",
    "messages",
    "resources",
    "actions",
    "details",
    "events",
    "code",
    "id",
    "name",
    "text",
    "level",
    "remedy",
    "parameters",
    "exceptions",
    "retired",
];

/// A language of the texts.
#[derive(Debug)]
pub struct Language {
    /// Its folder's name, in POSIX form: `zh_CN`.
    pub tag: String,
    /// The constant in Rust: `ChineseSimplified`.
    pub constant: Located<String>,
    /// Its name for itself.
    pub name: Located<String>,
    /// The tags in `Accept-Language` that select it.
    pub accept: Vec<Located<String>>,
    /// The mark that ends a sentence.
    pub full_stop: Located<String>,
    /// The separator between an action and its outcome.
    pub separator: Located<String>,
    /// The decimal separator.
    pub decimal_point: Located<String>,
    /// The other words by name, in a fixed order.
    pub words: Vec<(&'static str, Located<String>)>,
    pub(super) path: String,
    pub(super) directory: usize,
}

/// Reads a `language.toml`; words with faults become empty.
pub(super) fn read(page: &SourceFile<'_>, tag: &str, directory: usize) -> Language {
    let table = fields::parse(page);
    let readable = table.is_some();
    let table = table.unwrap_or_default();
    let known = [
        "constant",
        "name",
        "accept",
        "full_stop",
        "separator",
        "decimal_point",
        "words",
    ];
    let fields = Fields::new(page, &table, 1, &known);
    let required = |fields: &Fields<'_>, key: &str| {
        // A syntax error is already reported; missing keys would only be noise.
        if readable {
            fields.filled(key)
        } else {
            Located {
                value: String::new(),
                line: 1,
            }
        }
    };
    let section = fields.inner("words", &WORDS).filter(|_| readable);
    if readable && section.is_none() {
        page.fault(1, "the table `words` is missing");
    }
    let empty = Located {
        value: String::new(),
        line: 1,
    };
    let word = |word| {
        section
            .as_ref()
            .map_or_else(|| empty.clone(), |words| words.filled(word))
    };
    Language {
        tag: tag.to_owned(),
        constant: required(&fields, "constant"),
        name: required(&fields, "name"),
        accept: fields.strings("accept"),
        full_stop: required(&fields, "full_stop"),
        separator: required(&fields, "separator"),
        decimal_point: required(&fields, "decimal_point"),
        words: WORDS.map(|name| (name, word(name))).into(),
        path: page.path.clone(),
        directory,
    }
}

/// Checks the languages against each other and moves English to the front.
pub(super) fn check(mut languages: Vec<Language>, report: &Report) -> Vec<Language> {
    languages.sort_by(|a, b| (a.tag != "en", &a.tag, a.directory).cmp(&(b.tag != "en", &b.tag, b.directory)));
    if languages.first().is_none_or(|language| language.tag != "en") {
        report.add("language.toml", 1, "the catalog has no language.toml for English");
    }
    for (index, language) in languages.iter().enumerate() {
        check_tag(language, report);
        check_constant(language, report);
        for earlier in languages.iter().take(index) {
            if earlier.tag == language.tag {
                let message = format!(
                    "{} already describes the language `{}`",
                    earlier.path, language.tag
                );
                report.add(&language.path, 1, message);
            } else if earlier.constant.value == language.constant.value && !language.constant.value.is_empty()
            {
                let message = format!("{} already has this constant", earlier.path);
                report.add(&language.path, language.constant.line, message);
            }
        }
    }
    languages
}

fn check_tag(language: &Language, report: &Report) {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if language.tag.is_empty() || !language.tag.bytes().all(allowed) {
        let message = format!("the folder `{}` must be named like `zh_CN`", language.tag);
        report.add(&language.path, 1, message);
    }
    for tag in &language.accept {
        if tag.value.is_empty()
            || !tag
                .value
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        {
            report.add(
                &language.path,
                tag.line,
                format!("`{}` is not a language tag such as `zh-Hans`", tag.value),
            );
        }
    }
}

fn check_constant(language: &Language, report: &Report) {
    let constant = &language.constant;
    let starts_well = constant
        .value
        .starts_with(|first: char| first.is_ascii_uppercase());
    let sound = starts_well && constant.value.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !sound && !constant.value.is_empty() {
        report.add(
            &language.path,
            constant.line,
            "`constant` must be a name such as `ChineseSimplified`",
        );
    }
}
