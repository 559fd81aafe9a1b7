//! Writes a checked catalog as Rust: sorted statics, their texts split at the parameters, and the constants.

mod constants;
mod data;
mod events;
mod languages;
mod rules;

use std::fmt::{Result, Write};
use std::path::Path;

use super::source::{Catalog, Directory, Service};

/// The service of codes that name none: block storage, whose clients came first.
const FALLBACK: &str = "volume";

/// Returns the code for `$OUT_DIR/languages.rs`.
pub fn languages(catalog: &Catalog) -> String {
    let mut out = String::new();
    // Writing into a String cannot fail.
    let _ = languages::write(&mut out, &catalog.languages);
    out
}

/// Returns the code for `$OUT_DIR/catalog.rs`. `root` is the path of the first directory, whose files are embedded.
pub fn generate(catalog: &Catalog, directories: &[Directory], root: &Path) -> String {
    let mut out = String::new();
    // Writing into a String cannot fail.
    let _ = write_all(&mut out, catalog, directories, root);
    out
}

fn write_all(out: &mut String, catalog: &Catalog, directories: &[Directory], root: &Path) -> Result {
    write_services(out, &catalog.services)?;
    rules::write(out, catalog)?;
    writeln!(
        out,
        "pub(super) const FINGERPRINT: &str = \"{:016x}\";",
        fingerprint(directories)
    )?;
    let builtin = directories
        .first()
        .map(|directory| directory.files.as_slice())
        .unwrap_or_default();
    writeln!(
        out,
        "#[cfg(feature = \"source\")]\npub(super) static BUILT_IN: [(&str, &str); {}] = [",
        builtin.len()
    )?;
    for file in builtin {
        writeln!(
            out,
            "({:?}, include_str!({:?})),",
            file.path,
            root.join(&file.path).display().to_string()
        )?;
    }
    writeln!(
        out,
        "];\nmod data {{\nuse super::super::{{definition::*, field::*, kind::*, text::*}};\nuse super::{{Level, SERVICES}};"
    )?;
    for (index, service) in catalog.services.iter().enumerate() {
        data::write(out, catalog, service, index)?;
        events::write(out, catalog, service, index)?;
        writeln!(out, "}}")?;
    }
    writeln!(
        out,
        "}}\n/// The constants of each service's codes.\npub mod constants {{"
    )?;
    for service in &catalog.services {
        constants::write(out, service)?;
    }
    writeln!(out, "}}")
}

fn write_services(out: &mut String, services: &[Service]) -> Result {
    writeln!(
        out,
        "pub(super) static SERVICES: [Service; {}] = [",
        services.len()
    )?;
    for Service { name, prefix, .. } in services {
        writeln!(out, "Service {{ name: {name:?}, prefix: {:?},", prefix.value)?;
        writeln!(
            out,
            "messages: &data::{name}::MESSAGES, resources: &data::{name}::RESOURCES,"
        )?;
        writeln!(
            out,
            "actions: &data::{name}::ACTIONS, details: &data::{name}::DETAILS,"
        )?;
        writeln!(
            out,
            "exceptions: &data::{name}::EXCEPTIONS, events: &data::{name}::EVENTS, call_reports: data::{name}::CALL_REPORTS }},"
        )?;
    }
    let fallback = services
        .iter()
        .position(|service| service.name == FALLBACK)
        .unwrap_or_default();
    writeln!(
        out,
        "];\npub(super) static FALLBACK: &Service = &SERVICES[{fallback}];"
    )?;
    let mut resources = Vec::new();
    for service in services {
        for (index, entry) in service.resources.iter().enumerate() {
            resources.push((&entry.name.value, &service.name, index));
        }
    }
    resources.sort();
    writeln!(
        out,
        "pub(super) static RESOURCES: [&Resource; {}] = [",
        resources.len()
    )?;
    for (_, service, index) in resources {
        writeln!(out, "&data::{service}::RESOURCES[{index}],")?;
    }
    writeln!(out, "];")?;
    let mut events = Vec::new();
    for service in services {
        for (index, event) in service.events.iter().enumerate() {
            events.push((&event.name.value, &service.name, index));
        }
    }
    events.sort();
    writeln!(
        out,
        "pub(super) static EVENTS: [&EventType; {}] = [",
        events.len()
    )?;
    for (_, service, index) in events {
        writeln!(out, "&data::{service}::EVENTS[{index}],")?;
    }
    writeln!(out, "];")
}

/// FNV-1a over every path and text: it changes exactly when an input changes.
fn fingerprint(directories: &[Directory]) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let files = directories.iter().flat_map(|directory| &directory.files);
    for byte in files.flat_map(|file| file.path.bytes().chain([0]).chain(file.text.bytes()).chain([0])) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash
}
