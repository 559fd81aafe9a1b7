//! Checks of the services' files: names, ids, parameters and uniqueness.

use std::collections::BTreeMap;

use super::entry::{Entry, Section};
use super::fault::{Located, Report};
use super::service::Service;
use super::template;
use super::wording;

/// The most parameters of a text: rendering keeps them in an array on the stack.
const MOST_PARAMETERS: usize = 8;

/// The width of block storage's column for resource types.
const LONGEST_RESOURCE_TYPE: usize = 36;

/// The detail of an unknown error.
const UNKNOWN_DETAIL: &str = "001";

/// Keywords, which cannot name a module.
const KEYWORDS: [&str; 39] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super",
];

/// Checks each service by itself.
pub(super) fn services(services: &[Service], report: &Report) {
    for service in services.iter().filter(|service| service.readable) {
        if !template::is_name(&service.name) || KEYWORDS.contains(&service.name.as_str()) {
            let message = "the file's name becomes a module and must be lower-case letters, digits and `_`";
            report.add(&service.path, 1, message);
        }
        let prefix = &service.prefix;
        if !prefix.value.is_empty() && !prefix.value.bytes().all(|byte| byte.is_ascii_uppercase()) {
            report.add(&service.path, prefix.line, "`prefix` must be upper-case letters");
        }
        for section in Section::ALL {
            check_section(service, section, report);
        }
        check_exceptions(service, report);
        check_unknown_detail(service, report);
    }
}

/// Requires the detail for actions recorded without one, or with an exception that no detail lists.
fn check_unknown_detail(service: &Service, report: &Report) {
    let Some(first) = service.actions.iter().min_by_key(|action| action.name.line) else {
        return;
    };
    if !service
        .details
        .iter()
        .any(|detail| detail.id.value == UNKNOWN_DETAIL)
    {
        let message =
            format!("a service with actions needs a detail with the id {UNKNOWN_DETAIL}, the unknown error");
        report.add(&service.path, first.name.line, message);
    }
}

fn check_section(service: &Service, section: Section, report: &Report) {
    let mut ids = BTreeMap::new();
    for entry in service.entries(section) {
        check_name(service, section, &entry.name, report);
        if let Some(digits) = section.digits() {
            check_id(service, digits, &entry.id, report);
            if let Some(first) = ids.insert(&entry.id.value, entry)
                && !entry.id.value.is_empty()
            {
                let (earlier, later) = if first.id.line < entry.id.line {
                    (first, entry)
                } else {
                    (entry, first)
                };
                let message = format!("{} already has this {} id", earlier.name.value, section.word());
                report.add(&service.path, later.id.line, message);
            }
        }
        for version in [&entry.since, &entry.retired].into_iter().flatten() {
            check_version(service, version, report);
        }
        check_parameters(service, entry, report);
        for fault in wording::check(&service.path, section, entry, &entry.parameters, ".") {
            report.add(&fault.path, fault.line, fault.message);
        }
    }
}

fn check_name(service: &Service, section: Section, name: &Located<String>, report: &Report) {
    let starts_well = name.value.starts_with(|first: char| first.is_ascii_uppercase());
    let allowed = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    if !starts_well || !name.value.bytes().all(allowed) {
        let message = format!(
            "{} name `{}` must be upper-case letters, digits and `_`",
            section.word(),
            name.value
        );
        report.add(&service.path, name.line, message);
    }
    if section == Section::Resources && name.value.len() > LONGEST_RESOURCE_TYPE {
        let message = format!("a resource type may have at most {LONGEST_RESOURCE_TYPE} characters");
        report.add(&service.path, name.line, message);
    }
}

fn check_id(service: &Service, digits: usize, id: &Located<String>, report: &Report) {
    let numeric = id.value.bytes().all(|byte| byte.is_ascii_digit());
    let zero = id.value.bytes().all(|byte| byte == b'0');
    if !id.value.is_empty() && (id.value.len() != digits || !numeric || zero) {
        let message = format!("`id` must be {digits} digits and not zero, not \"{}\"", id.value);
        report.add(&service.path, id.line, message);
    }
}

fn check_version(service: &Service, version: &Located<String>, report: &Report) {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !version.value.split('.').all(is_number) {
        let message = format!(
            "a version must be numbers separated by dots, not \"{}\"",
            version.value
        );
        report.add(&service.path, version.line, message);
    }
}

fn check_parameters(service: &Service, entry: &Entry, report: &Report) {
    let mut used = wording::used(&entry.text.value);
    if let Some(remedy) = &entry.remedy {
        used.extend(wording::used(&remedy.value));
    }
    for name in entry.parameters.iter().map(|parameter| &parameter.name) {
        if !template::is_name(&name.value) {
            let message = format!(
                "parameter `{}` must be lower-case letters, digits and `_`",
                name.value
            );
            report.add(&service.path, name.line, message);
        } else if !used.contains(&name.value.as_str()) {
            report.add(
                &service.path,
                name.line,
                format!("parameter `{}` is unused", name.value),
            );
        }
    }
    if entry.parameters.len() > MOST_PARAMETERS {
        let message = format!("a text may have at most {MOST_PARAMETERS} parameters");
        report.add(&service.path, entry.name.line, message);
    }
}

fn check_exceptions(service: &Service, report: &Report) {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    let mut mapped: Vec<(&Located<String>, &str)> = Vec::new();
    for detail in &service.details {
        mapped.extend(
            detail
                .exceptions
                .iter()
                .map(|exception| (exception, detail.name.value.as_str())),
        );
    }
    mapped.sort_by_key(|(exception, _)| exception.line);
    for (exception, detail) in mapped {
        let name = exception.value.as_str();
        let starts_well = name.starts_with(|first: char| first.is_ascii_alphabetic());
        if !starts_well
            || !name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            report.add(
                &service.path,
                exception.line,
                format!("`{name}` is not the name of an exception"),
            );
        }
        if let Some(first) = seen.get(name) {
            let message = format!("exception `{name}` already maps to {first}");
            report.add(&service.path, exception.line, message);
        } else {
            seen.insert(name, detail);
        }
    }
}

/// Checks what must be unique across the catalog: services, prefixes and resource types.
pub(super) fn across(services: &[Service], report: &Report) {
    let mut names = BTreeMap::new();
    let mut prefixes = BTreeMap::new();
    let mut resources = BTreeMap::new();
    for service in services {
        if let Some(first) = names.insert(&service.name, service) {
            report.add(
                &service.path,
                1,
                format!("{} already defines the service `{}`", first.path, service.name),
            );
        }
        let prefix = &service.prefix;
        if let Some(first) = prefixes.insert(&prefix.value, service)
            && !prefix.value.is_empty()
        {
            let message = format!("{} already has the prefix {}", first.path, prefix.value);
            report.add(&service.path, prefix.line, message);
        }
        for Entry { name, .. } in &service.resources {
            if let Some(first) = resources.insert(&name.value, service) {
                let message = format!("{} already has the resource type {}", first.path, name.value);
                report.add(&service.path, name.line, message);
            }
        }
    }
}
