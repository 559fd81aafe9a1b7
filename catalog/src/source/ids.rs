//! `ids.txt`: every id ever assigned. An id may be retired, but is never removed or renamed.

use super::entry::Section;
use super::fault::{Report, SourceFile};
use super::service::Service;

/// The list of one directory.
pub(super) struct List<'a> {
    page: SourceFile<'a>,
    directory: usize,
}

impl<'a> List<'a> {
    pub(super) fn new(page: SourceFile<'a>, directory: usize) -> Self {
        Self { page, directory }
    }
}

/// Reports listed ids that the services lack, and returns the lines that the lists lack.
pub(super) fn check(services: &[Service], lists: &[List<'_>], report: &Report) -> Vec<String> {
    let mut unlisted = Vec::new();
    for List { page, directory } in lists {
        let own: Vec<&Service> = services
            .iter()
            .filter(|service| service.directory == *directory)
            .collect();
        // The contents of a broken file are unknown, so nothing can be called missing.
        if own.iter().any(|service| !service.readable) {
            continue;
        }
        let mut present = lines(&own);
        let mut seen = Vec::new();
        for (index, line) in page.text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if seen.contains(&line) {
                report.add(&page.path, index + 1, format!("`{line}` is listed twice"));
            } else if let Some(at) = present.iter().position(|known| known == line) {
                present.remove(at);
            } else {
                let message =
                    format!("`{line}` is in no file: ids are never removed or renamed, only `retired`");
                report.add(&page.path, index + 1, message);
            }
            seen.push(line);
        }
        unlisted.append(&mut present);
    }
    unlisted
}

/// Returns the lines for the services' ids, in the order of the list.
fn lines(services: &[&Service]) -> Vec<String> {
    let mut lines = Vec::new();
    for service in services {
        let prefix = &service.prefix.value;
        for section in Section::ALL {
            let mut own: Vec<String> = Vec::new();
            for entry in service.entries(section) {
                let (word, name) = (section.word(), &entry.name.value);
                own.push(match section {
                    Section::Resources => format!("{prefix} {word} {name}"),
                    _ => format!("{prefix} {word} {} {name}", entry.id.value),
                });
            }
            own.sort();
            lines.append(&mut own);
        }
    }
    lines
}
