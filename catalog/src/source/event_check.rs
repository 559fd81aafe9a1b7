//! Checks of event types that need the whole service, and of their translations.

use std::collections::BTreeMap;

use super::event::{Event, PRIORITIES};
use super::fault::{Located, Report};
use super::service::Service;
use super::{template, wording};

/// Checks each service by itself, and that no two services emit the same event type.
pub(super) fn check(services: &[Service], report: &Report) {
    let mut owners: BTreeMap<&str, &Service> = BTreeMap::new();
    for service in services {
        check_shapes(service, &service.call_reports, report);
        for event in &service.events {
            check_event(service, event, report);
            if let Some(first) = owners.insert(&event.name.value, service) {
                let message = format!("{} already has the event type {}", first.path, event.name.value);
                report.add(&service.path, event.name.line, message);
            }
        }
        for shape in &service.shapes {
            let is_it = |name: &Located<String>| name.value == shape.name.value;
            let is_used = |event: &Event| event.payload.iter().any(is_it);
            if !service.events.iter().any(is_used) && !service.call_reports.iter().any(is_it) {
                let message = format!("no event has the payload `{}`", shape.name.value);
                report.add(&service.path, shape.name.line, message);
            }
        }
    }
}

fn check_event(service: &Service, event: &Event, report: &Report) {
    let fault = |line, message: String| report.add(&service.path, line, message);
    let name = &event.name.value;
    if !name.contains('.') || !name.split('.').all(template::is_name) {
        fault(
            event.name.line,
            format!("event type `{name}` must be lower-case words separated by dots"),
        );
    }
    for message in wording::sentence("description", &event.description.value, ".") {
        fault(event.description.line, message);
    }
    for (index, priority) in PRIORITIES.iter().enumerate() {
        if !event.structured[index] && !event.text[index] {
            fault(
                event.name.line,
                format!("event type `{name}` has no payload for {priority}"),
            );
        }
    }
    if event.payload.is_empty() && event.fields.is_empty() && event.structured.contains(&true) {
        fault(
            event.name.line,
            format!("event type `{name}` has neither `payload` nor `fields`"),
        );
    }
    check_shapes(service, &event.payload, report);
}

/// Checks that the named shapes exist.
fn check_shapes(service: &Service, names: &[Located<String>], report: &Report) {
    for shape in names {
        if !service.shapes.iter().any(|known| known.name.value == shape.value) {
            report.add(
                &service.path,
                shape.line,
                format!("there is no payload `{}`", shape.value),
            );
        }
    }
}

/// Adds the descriptions in one language to the events of a service.
pub(super) fn translate(
    service: &mut Service,
    path: &str,
    tag: &str,
    full_stop: &str,
    translated: &[(Located<String>, Located<String>)],
    report: &Report,
) {
    let source = service.path.clone();
    for event in &mut service.events {
        let name = &event.name.value;
        let Some((_, own)) = translated.iter().find(|(known, _)| known.value == *name) else {
            report.add(path, 1, format!("the event {name} of {source} is missing"));
            continue;
        };
        for message in wording::sentence("description", &own.value, full_stop) {
            report.add(path, own.line, message);
        }
        event.translations.push((tag.to_owned(), own.value.clone()));
    }
    for (name, _) in translated {
        if !service.events.iter().any(|event| event.name.value == name.value) {
            report.add(path, name.line, format!("{source} has no event {}", name.value));
        }
    }
}
