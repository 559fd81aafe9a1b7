//! Checks of a service's rules: names must exist, arguments must fit, rules must be reachable.

use super::entry::{Entry, Kind, Parameter, Section};
use super::fault::{Located, Report};
use super::rules::{Argument, Events, Outcome, Rule};
use super::service::Service;

/// The priorities of oslo.messaging.
const PRIORITIES: [&str; 7] = ["AUDIT", "CRITICAL", "DEBUG", "ERROR", "INFO", "SAMPLE", "WARN"];

/// Checks the rules of one service.
pub(super) fn check(service: &Service, report: &Report) {
    let check = Check { service, report };
    for (index, rule) in service.rules.messages.iter().enumerate() {
        check.rule(rule);
        let earlier = service.rules.messages.get(..index).unwrap_or_default();
        if let Some(earlier) = earlier.iter().find(|earlier| earlier.hides(rule)) {
            let text = format!(
                "the rule in line {} already covers everything that this one could match",
                earlier.line
            );
            check.fault(rule.line, text);
        }
    }
    for owner in &service.rules.owners {
        check.events(&owner.events);
        check.resource_type(owner.resource_type.as_ref());
        if owner.resource_type.is_none() {
            let line = owner.events.types.first().map_or(1, |first| first.line);
            check.fault(line, "`resource_type` is missing".to_owned());
        }
    }
}

struct Check<'a> {
    service: &'a Service,
    report: &'a Report,
}

impl Check<'_> {
    fn fault(&self, line: usize, message: String) {
        self.report.add(&self.service.path, line, message);
    }

    fn rule(&self, rule: &Rule) {
        self.events(&rule.events);
        self.resource_type(rule.resource_type.as_ref());
        let notice = match &rule.outcome {
            Outcome::Ignore => return,
            Outcome::Message(name) => self.entry(Section::Messages, name),
            Outcome::Composed { action, detail } => {
                self.entry(Section::Actions, action);
                self.entry(Section::Details, detail)
            }
        };
        let is_composed = matches!(rule.outcome, Outcome::Composed { .. });
        if rule.resource_type.is_none() && (is_composed || !rule.resource.is_empty()) {
            let text = "`resource_type` is missing: `action` and `resource` need it";
            self.fault(rule.line, text.to_owned());
        }
        if rule.project.is_empty() && rule.resource.is_empty() {
            let text = "the message has no owner: `project` or `resource` is needed";
            self.fault(rule.line, text.to_owned());
        }
        if !is_composed && !rule.exception.is_empty() {
            self.fault(rule.line, "`exception` needs `action`".to_owned());
        }
        if let Some(entry) = notice {
            self.parameters(rule, &entry.parameters);
        }
    }

    fn events(&self, events: &Events) {
        for pattern in &events.types {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-*".contains(&byte);
            let names_something = pattern.value.bytes().any(|byte| byte.is_ascii_alphanumeric());
            if !names_something || !pattern.value.bytes().all(allowed) {
                let text = format!("`{}` is not a pattern such as volume.*.error", pattern.value);
                self.fault(pattern.line, text);
            }
        }
        for priority in &events.priorities {
            if !PRIORITIES.contains(&priority.value.as_str()) {
                let known = PRIORITIES.join(", ");
                let text = format!("unknown priority `{}`: must be one of {known}", priority.value);
                self.fault(priority.line, text);
            }
        }
    }

    fn resource_type(&self, name: Option<&Located<String>>) {
        if let Some(name) = name {
            self.entry(Section::Resources, name);
        }
    }

    fn entry(&self, section: Section, name: &Located<String>) -> Option<&Entry> {
        let entries = self.service.entries(section);
        let found = entries.iter().find(|entry| entry.name.value == name.value);
        let word = section.word();
        match found {
            None => self.fault(
                name.line,
                format!("there is no {word} {} in this file", name.value),
            ),
            Some(entry) if entry.retired.is_some() => {
                self.fault(name.line, format!("the {word} {} is retired", name.value));
            }
            Some(_) => {}
        }
        found
    }

    fn parameters(&self, rule: &Rule, declared: &[Parameter]) {
        for (name, argument) in &rule.parameters {
            let parameter = declared.iter().find(|known| known.name.value == name.value);
            let Some(parameter) = parameter else {
                self.fault(
                    name.line,
                    format!("`{}` is not a parameter of this text", name.value),
                );
                continue;
            };
            if let Argument::Choice(word) = argument {
                self.choice(parameter, word);
            }
        }
        for parameter in declared {
            let name = &parameter.name.value;
            if !rule.parameters.iter().any(|(given, _)| given.value == *name) {
                self.fault(rule.line, format!("the parameter `{name}` is missing"));
            }
        }
    }

    fn choice(&self, parameter: &Parameter, word: &Located<String>) {
        let is_known = match &parameter.kind {
            Kind::Choice(choices) => choices.iter().any(|choice| choice.value.value == word.value),
            _ => false,
        };
        if !is_known {
            let name = &parameter.name.value;
            let text = format!("`{}` is neither a path nor a choice of `{name}`", word.value);
            self.fault(word.line, text);
        }
    }
}

impl Rule {
    /// Whether this rule matches everything that `later` could, so that `later` is never reached.
    fn hides(&self, later: &Self) -> bool {
        let always_applies = self.events.conditions.is_empty()
            && !self
                .parameters
                .iter()
                .any(|(_, argument)| matches!(argument, Argument::Found(_)));
        let types = &self.events.types;
        let covers = |pattern: &Located<String>| types.iter().any(|own| own.value == pattern.value);
        let priorities = &self.events.priorities;
        let has_priority = |word: &Located<String>| priorities.iter().any(|own| own.value == word.value);
        let later = &later.events;
        let has_priorities = !later.priorities.is_empty() && later.priorities.iter().all(has_priority);
        always_applies && later.types.iter().all(covers) && (priorities.is_empty() || has_priorities)
    }
}
