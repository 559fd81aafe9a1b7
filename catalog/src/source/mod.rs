//! Reads and checks the catalog's files, for the build script and for `tidings catalog check`.
//!
//! [`check()`] is pure: it takes directories and returns the catalog or all faults. docs/catalog.md describes the files.

mod check;
mod directory;
mod entry;
mod event;
mod event_check;
mod fault;
mod fields;
mod ids;
mod language;
mod rule_check;
mod rules;
mod service;
mod template;
mod translation;
mod wording;

use fault::{Report, SourceFile};

pub use directory::{Directory, File};
pub use entry::{Choice, Entry, Kind, Parameter, Section};
pub use event::{Event, Field, OR, PRIORITIES, Shape};
pub use fault::{CatalogFault, Located};
pub use language::Language;
pub use rules::{Argument, Events, Outcome, Owner, Place, Rule, Rules};
pub use service::Service;
pub use template::{Piece, split};

/// A catalog without faults.
#[derive(Debug)]
pub struct Catalog {
    /// The services, sorted by name.
    pub services: Vec<Service>,
    /// English first, then the other languages by tag.
    pub languages: Vec<Language>,
    /// Lines missing from `ids.txt`, in directories that keep one.
    pub unlisted: Vec<String>,
}

/// The parsed TOML files of one directory, by role.
struct Parsed<'a> {
    languages: Vec<Language>,
    services: Vec<Service>,
    translations: Vec<translation::Translation>,
    ids: Option<ids::List<'a>>,
}

/// Reads and checks the directories as one catalog, the project's own first.
///
/// # Errors
/// Returns all faults of all files, sorted by file and line.
pub fn check(directories: &[Directory]) -> Result<Catalog, Vec<CatalogFault>> {
    let report = Report::default();
    let mut services = Vec::new();
    let mut languages = Vec::new();
    let mut translations = Vec::new();
    let mut lists = Vec::new();
    for (index, directory) in directories.iter().enumerate() {
        let parsed = parse(directory, index, &report);
        services.extend(parsed.services);
        languages.extend(parsed.languages);
        translations.extend(parsed.translations);
        lists.extend(parsed.ids);
    }
    let languages = language::check(languages, &report);
    check::services(&services, &report);
    check::across(&services, &report);
    event_check::check(&services, &report);
    translation::apply(&mut services, &translations, &languages, &report);
    let unlisted = ids::check(&services, &lists, &report);
    for service in &mut services {
        service.sort();
    }
    services
        .iter()
        .filter(|service| service.readable)
        .for_each(|service| rule_check::check(service, &report));
    services.sort_by(|a, b| a.name.cmp(&b.name));
    report.into_result(Catalog {
        services,
        languages,
        unlisted,
    })
}

/// Reads each file of a directory. Its path decides its role.
fn parse<'a>(directory: &'a Directory, index: usize, report: &'a Report) -> Parsed<'a> {
    let mut parsed = Parsed {
        languages: vec![],
        services: vec![],
        translations: vec![],
        ids: None,
    };
    for file in &directory.files {
        let page = SourceFile::new(&directory.name, file, report);
        let parts: Vec<&str> = file.path.split('/').collect();
        match parts[..] {
            ["ids.txt"] => parsed.ids = Some(ids::List::new(page, index)),
            ["language.toml"] => parsed.languages.push(language::read(&page, "en", index)),
            ["locale", tag, "language.toml"] => parsed.languages.push(language::read(&page, tag, index)),
            [name] => parsed.services.push(service::read(&page, stem(name), index)),
            ["locale", tag, name] => {
                parsed
                    .translations
                    .push(translation::read(&page, tag, stem(name), index));
            }
            _ => page.fault(1, "no catalog file belongs here"),
        }
    }
    parsed
}

fn stem(name: &str) -> &str {
    name.strip_suffix(".toml").unwrap_or(name)
}
