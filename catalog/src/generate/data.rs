//! A service's entries as statics.

use std::fmt::{Result, Write};

use super::super::source::{Catalog, Entry, Kind, Parameter, Piece, Section, Service, split};

/// Opens the service's module, which the caller closes.
pub(super) fn write(out: &mut String, catalog: &Catalog, service: &Service, index: usize) -> Result {
    writeln!(out, "pub mod {} {{\nuse super::*;", service.name)?;
    for (section, name, kind) in [
        (Section::Messages, "MESSAGES", "Message"),
        (Section::Resources, "RESOURCES", "Resource"),
        (Section::Actions, "ACTIONS", "Action"),
        (Section::Details, "DETAILS", "Detail"),
    ] {
        let entries = service.entries(section);
        writeln!(out, "pub static {name}: [{kind}; {}] = [", entries.len())?;
        for entry in entries {
            write_entry(out, catalog, service, section, entry, kind)?;
            writeln!(out, "service: &SERVICES[{index}] }},")?;
        }
        writeln!(out, "];")?;
    }
    let mut exceptions = Vec::new();
    for (index, detail) in service.details.iter().enumerate() {
        exceptions.extend(
            detail
                .exceptions
                .iter()
                .map(|exception| (&exception.value, index)),
        );
    }
    exceptions.sort();
    writeln!(
        out,
        "pub static EXCEPTIONS: [(&str, &Detail); {}] = [",
        exceptions.len()
    )?;
    for (exception, index) in exceptions {
        writeln!(out, "({exception:?}, &DETAILS[{index}]),")?;
    }
    writeln!(out, "];")
}

fn write_entry(
    out: &mut String,
    catalog: &Catalog,
    service: &Service,
    section: Section,
    entry: &Entry,
    kind: &str,
) -> Result {
    let (prefix, id, name) = (&service.prefix.value, &entry.id.value, &entry.name.value);
    let since = entry.since.as_ref().map(|version| version.value.as_str());
    let retired = entry.retired.as_ref().map(|version| version.value.as_str());
    writeln!(out, "{kind} {{ name: {name:?},")?;
    match section {
        Section::Messages => writeln!(out, "id: {id:?}, code: \"{prefix}_{id}\",")?,
        Section::Resources => {
            let ids = if entry.ids_are_names { "Name" } else { "Uuid" };
            writeln!(out, "code: \"{prefix}_{name}\", ids: ResourceIds::{ids},")?;
        }
        Section::Actions | Section::Details => writeln!(out, "id: {id:?},")?,
    }
    if !section.has_sentences() {
        write_text(out, "text", catalog, entry, |entry| Some(&entry.text.value))?;
        return writeln!(out, "since: {since:?}, retired: {retired:?},");
    }
    if section == Section::Details {
        let exceptions: Vec<&str> = entry.exceptions.iter().map(|name| name.value.as_str()).collect();
        writeln!(out, "exceptions: &{exceptions:?},")?;
    }
    writeln!(out, "notice: Notice {{")?;
    write_text(out, "text", catalog, entry, |entry| Some(&entry.text.value))?;
    if entry.remedy.is_some() {
        write_text(out, "remedy: Some", catalog, entry, |entry| {
            Some(&entry.remedy.as_ref()?.value)
        })?;
    } else {
        writeln!(out, "remedy: None,")?;
    }
    writeln!(
        out,
        "level: Level::{:?}, retryable: {}, ttl: {:?},",
        entry.level, entry.retryable, entry.ttl
    )?;
    writeln!(out, "since: {since:?}, retired: {retired:?}, parameters: &[")?;
    for parameter in &entry.parameters {
        write_parameter(out, catalog, entry, parameter)?;
    }
    writeln!(out, "] }},")
}

/// Yields the entry for each language, in English where it has no translation.
fn by_language<'a>(catalog: &'a Catalog, entry: &'a Entry) -> impl Iterator<Item = &'a Entry> {
    catalog.languages.iter().map(move |language| {
        let translation = entry.translations.iter().find(|(tag, _)| *tag == language.tag);
        translation.map_or(entry, |(_, translated)| translated)
    })
}

/// Writes `field: Text([..]),` or, with `remedy: Some`, the same wrapped in `Some`.
fn write_text(
    out: &mut String,
    field: &str,
    catalog: &Catalog,
    entry: &Entry,
    pick: fn(&Entry) -> Option<&String>,
) -> Result {
    let (open, close) = if field.ends_with("Some") {
        ("(", ")")
    } else {
        (": ", "")
    };
    write!(out, "{field}{open}Text([")?;
    for own in by_language(catalog, entry) {
        let whole = pick(own).map(String::as_str).unwrap_or_default();
        write!(out, "Template {{ whole: {whole:?}, pieces: &[")?;
        let pieces = split(whole).unwrap_or_default();
        if pieces.iter().any(|piece| matches!(piece, Piece::Parameter(_))) {
            for piece in pieces {
                match piece {
                    Piece::Text(text) => write!(out, "Piece::Text({text:?}),")?,
                    Piece::Parameter(name) => {
                        let at = entry.parameters.iter().position(|known| known.name.value == name);
                        write!(out, "Piece::Argument({}),", at.unwrap_or_default())?;
                    }
                }
            }
        }
        writeln!(out, "] }},")?;
    }
    writeln!(out, "]){close},")
}

fn write_parameter(out: &mut String, catalog: &Catalog, entry: &Entry, parameter: &Parameter) -> Result {
    let name = &parameter.name.value;
    write!(out, "Parameter {{ name: {name:?}, kind: ")?;
    match &parameter.kind {
        Kind::Integer => write!(out, "Kind::Integer")?,
        Kind::Bytes => write!(out, "Kind::Bytes")?,
        Kind::Uuid => write!(out, "Kind::Uuid")?,
        Kind::Choice(choices) => {
            write!(out, "Kind::Choice(&[")?;
            for choice in choices {
                write!(out, "Choice {{ value: {:?}, texts: [", choice.value.value)?;
                for own in by_language(catalog, entry) {
                    let parameter = own.parameters.iter().find(|own| own.name.value == *name);
                    let choices = parameter
                        .map(|parameter| parameter.kind.choices())
                        .unwrap_or_default();
                    let text = choices.iter().find(|own| own.value.value == choice.value.value);
                    write!(out, "{:?},", text.unwrap_or(choice).text.value)?;
                }
                write!(out, "] }},")?;
            }
            write!(out, "])")?;
        }
    }
    writeln!(out, " }},")
}
