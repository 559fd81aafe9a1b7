//! A service's events as statics.

use std::fmt::{Result, Write};

use super::super::source::{Catalog, Event, Field, OR, Service};

pub(super) fn write(out: &mut String, catalog: &Catalog, service: &Service, index: usize) -> Result {
    writeln!(
        out,
        "pub static EVENTS: [EventType; {}] = [",
        service.events.len()
    )?;
    for event in &service.events {
        writeln!(out, "EventType {{ name: {:?}, descriptions: [", event.name.value)?;
        for language in &catalog.languages {
            let translation = event.translations.iter().find(|(tag, _)| *tag == language.tag);
            let text = translation.map_or(&event.description.value, |(_, text)| text);
            writeln!(out, "{text:?},")?;
        }
        writeln!(
            out,
            "], structured: {:?}, text: {:?}, id: {:?}, forms: &[",
            event.structured, event.text, event.id
        )?;
        for form in forms(service, event) {
            write_form(out, form)?;
        }
        writeln!(out, "], service: &SERVICES[{index}] }},")?;
    }
    writeln!(out, "];\npub static CALL_REPORTS: &[&[Field]] = &[")?;
    for name in &service.call_reports {
        write_form(out, shared(service, &name.value))?;
    }
    writeln!(out, "];")
}

/// Returns the fields of a shape.
fn shared<'a>(service: &'a Service, name: &str) -> &'a [Field] {
    let shape = service.shapes.iter().find(|shape| shape.name.value == name);
    shape.map(|shape| shape.fields.as_slice()).unwrap_or_default()
}

/// Returns the fields of each shape of the payload, with the event's own fields replacing or following them.
fn forms<'a>(service: &'a Service, event: &'a Event) -> Vec<Vec<&'a Field>> {
    let own = |name: &str| event.fields.iter().find(|field| field.name.value == name);
    let mut forms = Vec::new();
    for wanted in &event.payload {
        let shared = shared(service, &wanted.value);
        let mut form: Vec<&Field> = shared
            .iter()
            .map(|field| own(&field.name.value).unwrap_or(field))
            .collect();
        let is_new = |field: &&Field| !shared.iter().any(|known| known.name.value == field.name.value);
        form.extend(event.fields.iter().filter(is_new));
        forms.push(form);
    }
    if forms.is_empty() {
        forms.push(event.fields.iter().collect());
    }
    forms
}

fn write_form<'a>(out: &mut String, form: impl IntoIterator<Item = &'a Field>) -> Result {
    writeln!(out, "&[")?;
    for field in form {
        write_field(out, field)?;
    }
    writeln!(out, "],")
}

fn write_field(out: &mut String, field: &Field) -> Result {
    write!(out, "Field {{ name: {:?}, kinds: &[", field.name.value)?;
    for kind in &field.kinds {
        if kind.contains(OR) {
            let words: Vec<&str> = kind.split(OR).collect();
            write!(out, "FieldKind::Choice(&{words:?}),")?;
        } else {
            let (first, rest) = kind.split_at(1);
            write!(out, "FieldKind::{}{rest},", first.to_uppercase())?;
        }
    }
    writeln!(out, "], optional: {} }},", field.optional)
}
