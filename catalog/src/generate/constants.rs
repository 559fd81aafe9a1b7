//! The constants of a service, so that Rust callers cannot misspell a code.

use std::fmt::{Result, Write};

use super::super::source::{Section, Service};

pub(super) fn write(out: &mut String, service: &Service) -> Result {
    let name = &service.name;
    writeln!(
        out,
        "#[doc = \"Codes of the service `{name}`, prefix `{}`.\"]",
        service.prefix.value
    )?;
    writeln!(out, "pub mod {name} {{")?;
    for (index, entry) in service.messages.iter().enumerate() {
        writeln!(
            out,
            "#[doc = {:?}]\npub const {}:",
            entry.text.value, entry.name.value
        )?;
        writeln!(out, "crate::Code = crate::Code::Flat(")?;
        writeln!(out, "&super::super::data::{name}::MESSAGES[{index}]);")?;
    }
    for (section, table, kind) in [
        (Section::Resources, "RESOURCES", "Resource"),
        (Section::Actions, "ACTIONS", "Action"),
        (Section::Details, "DETAILS", "Detail"),
    ] {
        writeln!(
            out,
            "#[doc = \"The {} of the service `{name}`.\"]",
            section.table()
        )?;
        writeln!(out, "pub mod {} {{", section.word())?;
        for (index, entry) in service.entries(section).iter().enumerate() {
            writeln!(
                out,
                "#[doc = {:?}]\npub const {}:",
                entry.text.value, entry.name.value
            )?;
            writeln!(out, "&crate::{kind} =")?;
            writeln!(out, "&super::super::super::data::{name}::{table}[{index}];")?;
        }
        writeln!(out, "}}")?;
    }
    writeln!(out, "}}")
}
