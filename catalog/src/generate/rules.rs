//! The rules of all services as statics, in evaluation order.

use std::fmt::{Result, Write};

use super::super::source::{Argument, Catalog, Events, Outcome, Owner, Place, Rule, Section, Service};

/// The request id's place in the context of every service that uses oslo.context.
const REQUEST: &str = "Place { path: &[\"context\", \"request_id\"], after: &[] }";

/// Writes all rules. A site's own come before the built-in ones, so that it can override them.
pub(super) fn write(out: &mut String, catalog: &Catalog) -> Result {
    let mut services: Vec<&Service> = catalog.services.iter().collect();
    services.sort_by_key(|service| std::cmp::Reverse(service.directory()));
    writeln!(out, "pub(super) static RULES: &[Rule] = &[")?;
    for service in &services {
        for rule in &service.rules.messages {
            write_rule(out, service, rule)?;
        }
    }
    writeln!(out, "];\npub(super) static OWNER_RULES: &[OwnerRule] = &[")?;
    for service in &services {
        for owner in &service.rules.owners {
            write_owner(out, service, owner)?;
        }
    }
    writeln!(out, "];")
}

fn write_rule(out: &mut String, service: &Service, rule: &Rule) -> Result {
    let place = format!("{}:{}", service.path, rule.line);
    writeln!(out, "Rule {{ place: {place:?}, outcome: ")?;
    match &rule.outcome {
        Outcome::Ignore => write!(out, "Outcome::Ignore")?,
        Outcome::Message(name) => {
            write!(
                out,
                "Outcome::Message({})",
                entry(service, Section::Messages, &name.value)
            )?;
        }
        Outcome::Composed { action, detail } => {
            let action = entry(service, Section::Actions, &action.value);
            let detail = entry(service, Section::Details, &detail.value);
            write!(
                out,
                "Outcome::Composed {{ action: {action}, detail: {detail}, exception: "
            )?;
            write_places(out, &rule.exception)?;
            write!(out, "}}")?;
        }
    }
    match &rule.resource_type {
        None => writeln!(out, ", resource_type: None,")?,
        Some(name) => {
            let resource = entry(service, Section::Resources, &name.value);
            writeln!(out, ", resource_type: Some({resource}),")?;
        }
    }
    write_shared(out, &rule.events, &rule.resource, &rule.project)?;
    write!(out, "request: ")?;
    if rule.request.is_empty() {
        write!(out, "&[{REQUEST}]")?;
    } else {
        write_places(out, &rule.request)?;
    }
    write!(out, ", parameters: &[")?;
    for (name, argument) in &rule.parameters {
        match argument {
            Argument::Choice(word) => write!(out, "({:?}, Argument::Choice({:?})),", name.value, word.value)?,
            Argument::Found(places) => {
                write!(out, "({:?}, Argument::Found(", name.value)?;
                write_places(out, places)?;
                write!(out, ")),")?;
            }
        }
    }
    writeln!(out, "] }},")
}

fn write_owner(out: &mut String, service: &Service, owner: &Owner) -> Result {
    let name = owner
        .resource_type
        .as_ref()
        .map_or("", |name| name.value.as_str());
    let resource = entry(service, Section::Resources, name);
    writeln!(out, "OwnerRule {{ resource_type: {resource},")?;
    write_shared(out, &owner.events, &owner.resource, &owner.project)?;
    writeln!(out, "}},")
}

fn write_shared(out: &mut String, events: &Events, resource: &[Place], project: &[Place]) -> Result {
    let types = events.types.iter().map(|pattern| glob(&pattern.value));
    let types: Vec<String> = types.collect();
    let priorities: Vec<&str> = events.priorities.iter().map(|word| word.value.as_str()).collect();
    write!(
        out,
        "events: Events {{ types: &[{}], priorities: &{priorities:?}, conditions: &[",
        types.join(",")
    )?;
    for (place, patterns) in &events.conditions {
        write!(out, "Condition {{ place: ")?;
        write_place(out, place)?;
        let patterns = patterns
            .iter()
            .map(|pattern| glob(&pattern.value.to_ascii_lowercase()));
        write!(
            out,
            ", patterns: &[{}] }},",
            patterns.collect::<Vec<_>>().join(",")
        )?;
    }
    write!(out, "] }}, resource: ")?;
    write_places(out, resource)?;
    write!(out, ", project: ")?;
    write_places(out, project)?;
    writeln!(out, ",")
}

/// Splits a pattern at build time, so that matching does not have to.
fn glob(pattern: &str) -> String {
    let parts: Vec<&str> = pattern.split('*').collect();
    format!("Glob(&{parts:?})")
}

fn write_places(out: &mut String, places: &[Place]) -> Result {
    write!(out, "&[")?;
    for place in places {
        write_place(out, place)?;
        write!(out, ",")?;
    }
    write!(out, "]")
}

fn write_place(out: &mut String, place: &Place) -> Result {
    let after: Vec<&str> = place.after.iter().map(|mark| mark.value.as_str()).collect();
    write!(out, "Place {{ path: &{:?}, after: &{after:?} }}", place.parts())
}

/// Names the static of an entry; the check made sure that it exists.
fn entry(service: &Service, section: Section, name: &str) -> String {
    let entries = service.entries(section);
    let at = entries
        .iter()
        .position(|entry| entry.name.value == name)
        .unwrap_or_default();
    let table = section.table().to_uppercase();
    format!("&data::{}::{table}[{at}]", service.name)
}
