//! `locale/<language>/<service>.toml`: the keys of the service's file, with texts only.

use super::entry::{self, Entry, Kind, Parameter, Section};
use super::event;
use super::event_check;
use super::fault::{Located, Report, SourceFile};
use super::fields::{self, Fields};
use super::language::Language;
use super::service::Service;
use super::wording;

/// The texts of one service in one language.
pub(super) struct Translation {
    path: String,
    tag: String,
    service: String,
    directory: usize,
    readable: bool,
    entries: Vec<(Section, Entry)>,
    events: Vec<(Located<String>, Located<String>)>,
}

/// Reads a translation; the result is empty if it is not valid TOML.
pub(super) fn read(page: &SourceFile<'_>, tag: &str, service: &str, directory: usize) -> Translation {
    let table = fields::parse(page);
    let readable = table.is_some();
    let table = table.unwrap_or_default();
    let mut known = Section::ALL.map(Section::table).to_vec();
    known.push("events");
    let fields = Fields::new(page, &table, 1, &known);
    let mut entries = Vec::new();
    for section in Section::ALL {
        for (name, table) in fields.named_tables(section.table()) {
            entries.push((section, entry::read_translation(page, section, name, table)));
        }
    }
    let (tag, service) = (tag.to_owned(), service.to_owned());
    Translation {
        events: event::read_translation(page, &fields),
        path: page.path.clone(),
        tag,
        service,
        directory,
        readable,
        entries,
    }
}

/// Checks the translations and adds them to the services' entries. A directory that ships a language must translate
/// all its services into it; in other languages its texts stay English.
pub(super) fn apply(
    services: &mut [Service],
    translations: &[Translation],
    languages: &[Language],
    report: &Report,
) {
    for (index, translation) in translations.iter().enumerate() {
        let same =
            |other: &&Translation| (&other.tag, &other.service) == (&translation.tag, &translation.service);
        if let Some(earlier) = translations.iter().take(index).find(same) {
            report.add(
                &translation.path,
                1,
                format!("{} already translates this service", earlier.path),
            );
            continue;
        }
        let Some(language) = languages.iter().find(|language| language.tag == translation.tag) else {
            let message = format!("locale/{}/language.toml is missing", translation.tag);
            report.add(&translation.path, 1, message);
            continue;
        };
        match services
            .iter_mut()
            .find(|service| service.name == translation.service)
        {
            None => report.add(
                &translation.path,
                1,
                format!("there is no service `{}`", translation.service),
            ),
            Some(service) if service.readable && translation.readable => {
                merge(service, translation, language, report);
                let (path, full_stop) = (&translation.path, &language.full_stop.value);
                event_check::translate(
                    service,
                    path,
                    &language.tag,
                    full_stop,
                    &translation.events,
                    report,
                );
            }
            Some(_) => {}
        }
    }
    check_complete(services, translations, languages, report);
}

/// Reports services without a translation in a language that their directory ships.
fn check_complete(
    services: &[Service],
    translations: &[Translation],
    languages: &[Language],
    report: &Report,
) {
    for service in services {
        let mut shipped: Vec<&str> = translations
            .iter()
            .map(|translation| (translation.directory, &translation.tag))
            .chain(
                languages
                    .iter()
                    .map(|language| (language.directory, &language.tag)),
            )
            .filter(|(directory, tag)| *directory == service.directory && *tag != "en")
            .map(|(_, tag)| tag.as_str())
            .collect();
        shipped.sort_unstable();
        shipped.dedup();
        for tag in shipped {
            if !translations
                .iter()
                .any(|found| found.tag == tag && found.service == service.name)
            {
                let message = format!("its translation locale/{tag}/{}.toml is missing", service.name);
                report.add(&service.path, 1, message);
            }
        }
    }
}

fn merge(service: &mut Service, translation: &Translation, language: &Language, report: &Report) {
    for section in Section::ALL {
        let source = service.path.clone();
        for entry in service.entries_mut(section) {
            let name = &entry.name.value;
            let found = translation
                .entries
                .iter()
                .find(|(table, own)| *table == section && own.name.value == *name);
            if let Some((_, own)) = found {
                compare(entry, own, section, translation, language, report);
                entry.translations.push((translation.tag.clone(), own.clone()));
            } else {
                let message = format!("the {} {name} of {source} is missing", section.word());
                report.add(&translation.path, 1, message);
            }
        }
    }
    for (section, own) in &translation.entries {
        if !service
            .entries(*section)
            .iter()
            .any(|entry| entry.name.value == own.name.value)
        {
            let message = format!("{} has no {} {}", service.path, section.word(), own.name.value);
            report.add(&translation.path, own.name.line, message);
        }
    }
}

/// Checks that a translation covers the whole entry.
fn compare(
    entry: &Entry,
    own: &Entry,
    section: Section,
    translation: &Translation,
    language: &Language,
    report: &Report,
) {
    let fault = |line, message: &str| report.add(&translation.path, line, message);
    match (&entry.remedy, &own.remedy) {
        (Some(_), None) => fault(own.name.line, "`remedy` is missing"),
        (None, Some(remedy)) => fault(remedy.line, "the entry has no `remedy` to translate"),
        (Some(theirs), Some(ours)) if differ(&theirs.value, &ours.value) => {
            fault(
                ours.line,
                "`remedy` must have the same parameters as the English one",
            );
        }
        _ => {}
    }
    if differ(&entry.text.value, &own.text.value) {
        fault(
            own.text.line,
            "`text` must have the same parameters as the English one",
        );
    }
    compare_choices(entry, own, &fault);
    let declared = translated(&entry.parameters, &own.parameters);
    let full_stop = &language.full_stop.value;
    for fault in wording::check(&translation.path, section, own, &declared, full_stop) {
        report.add(&fault.path, fault.line, fault.message);
    }
}

/// Whether two texts differ in their parameters. Texts with bad braces are reported elsewhere.
fn differ(theirs: &str, ours: &str) -> bool {
    let sound = super::template::split(theirs).is_ok() && super::template::split(ours).is_ok();
    sound && wording::used(theirs) != wording::used(ours)
}

fn compare_choices(entry: &Entry, own: &Entry, fault: &dyn Fn(usize, &str)) {
    for parameter in entry
        .parameters
        .iter()
        .filter(|parameter| !parameter.kind.choices().is_empty())
    {
        let name = &parameter.name.value;
        let ours = own.parameters.iter().find(|ours| ours.name.value == *name);
        let choices = ours.map(|ours| ours.kind.choices()).unwrap_or_default();
        for choice in parameter.kind.choices() {
            if !choices.iter().any(|ours| ours.value.value == choice.value.value) {
                let line = ours.map_or(own.name.line, |ours| ours.name.line);
                fault(
                    line,
                    &format!("choice `{}` of `{name}` is missing", choice.value.value),
                );
            }
        }
    }
    for ours in &own.parameters {
        let name = &ours.name.value;
        let theirs = entry.parameters.iter().find(|theirs| theirs.name.value == *name);
        let known = theirs.map(|theirs| theirs.kind.choices()).unwrap_or_default();
        if known.is_empty() {
            fault(
                ours.name.line,
                &format!("the entry has no choice `{name}` to translate"),
            );
            continue;
        }
        for choice in ours.kind.choices() {
            if !known
                .iter()
                .any(|theirs| theirs.value.value == choice.value.value)
            {
                fault(
                    choice.value.line,
                    &format!("`{name}` has no choice `{}`", choice.value.value),
                );
            }
        }
    }
}

/// Returns the parameters with the translated texts of their choices, which decide how long a text can get.
fn translated(parameters: &[Parameter], own: &[Parameter]) -> Vec<Parameter> {
    let mut translated = parameters.to_vec();
    for parameter in &mut translated {
        if let Some(ours) = own.iter().find(|ours| ours.name.value == parameter.name.value)
            && let Kind::Choice(choices) = &mut parameter.kind
        {
            *choices = ours.kind.choices().to_vec();
        }
    }
    translated
}
