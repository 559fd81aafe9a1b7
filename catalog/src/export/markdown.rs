//! The catalog as Markdown, with headings in the language of the texts.

use std::fmt::{Result, Write};

use crate::{Detail, Kind, Language, Notice, Parameter, Service, services};

/// Returns the catalog in one language as a Markdown page with a table for each kind of entry.
pub fn markdown(language: Language) -> String {
    let mut page = String::new();
    // Writing into a String cannot fail.
    let _ = write_page(&mut page, language);
    page
}

fn write_page(out: &mut String, language: Language) -> Result {
    writeln!(out, "# {}", language.words().title)?;
    for service in services() {
        writeln!(out, "\n## {} (`{}`)", service.name, service.prefix)?;
        write_messages(out, service, language)?;
        write_resources(out, service, language)?;
        write_actions(out, service, language)?;
        write_details(out, service, language)?;
        write_events(out, service, language)?;
    }
    Ok(())
}

fn write_messages(out: &mut String, service: &Service, language: Language) -> Result {
    let words = language.words();
    if service.messages.is_empty() {
        return Ok(());
    }
    let columns = [
        words.code,
        words.name,
        words.level,
        words.text,
        words.remedy,
        words.parameters,
    ];
    write_head(out, words.messages, &columns)?;
    for message in service.messages {
        write!(out, "| `{}` | {} | ", message.code, message.name)?;
        write_notice(out, &message.notice, language)?;
        writeln!(out, "{} |", parameters(&message.notice, language))?;
    }
    Ok(())
}

fn write_resources(out: &mut String, service: &Service, language: Language) -> Result {
    let words = language.words();
    if service.resources.is_empty() {
        return Ok(());
    }
    write_head(out, words.resources, &[words.name, words.text])?;
    for resource in service.resources {
        writeln!(
            out,
            "| `{}` | {}{} |",
            resource.name,
            resource.text(language),
            retired(resource.retired, language)
        )?;
    }
    Ok(())
}

fn write_actions(out: &mut String, service: &Service, language: Language) -> Result {
    let words = language.words();
    if service.actions.is_empty() {
        return Ok(());
    }
    write_head(out, words.actions, &[words.id, words.name, words.text])?;
    for action in service.actions {
        let retired = retired(action.retired, language);
        writeln!(
            out,
            "| `{}` | {} | {}{retired} |",
            action.id,
            action.name,
            action.text(language)
        )?;
    }
    Ok(())
}

fn write_details(out: &mut String, service: &Service, language: Language) -> Result {
    let words = language.words();
    if service.details.is_empty() {
        return Ok(());
    }
    let columns = [
        words.id,
        words.name,
        words.level,
        words.text,
        words.remedy,
        words.parameters,
        words.exceptions,
    ];
    write_head(out, words.details, &columns)?;
    for Detail {
        id,
        name,
        notice,
        exceptions,
        ..
    } in service.details
    {
        write!(out, "| `{id}` | {name} | ")?;
        write_notice(out, notice, language)?;
        writeln!(
            out,
            "{} | {} |",
            parameters(notice, language),
            exceptions.join(", ")
        )?;
    }
    Ok(())
}

fn write_events(out: &mut String, service: &Service, language: Language) -> Result {
    let words = language.words();
    if service.events.is_empty() {
        return Ok(());
    }
    write_head(out, words.events, &[words.name, words.text])?;
    for event in service.events {
        writeln!(
            out,
            "| `{}` | {} |",
            event.name,
            cell(event.description(language))
        )?;
    }
    Ok(())
}

/// Writes a heading and the header row of its table.
fn write_head(out: &mut String, heading: &str, columns: &[&str]) -> Result {
    writeln!(out, "\n### {heading}\n\n| {} |", columns.join(" | "))?;
    writeln!(out, "|{}", "---|".repeat(columns.len()))
}

/// Writes the cells that messages and details share.
fn write_notice(out: &mut String, notice: &Notice, language: Language) -> Result {
    let remedy = notice
        .remedy
        .as_ref()
        .map(|remedy| remedy.template(language))
        .unwrap_or_default();
    let text = notice.text.template(language);
    let retired = retired(notice.retired, language);
    write!(
        out,
        "{} | {}{retired} | {} | ",
        notice.level,
        cell(text),
        cell(remedy)
    )
}

/// The remark after the text of a retired entry.
fn retired(version: Option<&str>, language: Language) -> String {
    version
        .map(|version| format!(" ({} {version})", language.words().retired))
        .unwrap_or_default()
}

fn parameters(notice: &Notice, language: Language) -> String {
    let describe = |parameter: &Parameter| match parameter.kind {
        Kind::Choice(choices) => {
            let values: Vec<String> = choices
                .iter()
                .map(|choice| format!("{} = {}", choice.value, choice.text(language)))
                .collect();
            format!("`{}`: {}", parameter.name, values.join(", "))
        }
        kind => format!("`{}`: {}", parameter.name, kind.as_str()),
    };
    notice
        .parameters
        .iter()
        .map(describe)
        .collect::<Vec<_>>()
        .join("; ")
}

/// Escapes a text so that it cannot end its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
