//! What the catalog does not cover: failures of which no rule made a message, and messages that say only that an unknown error
//! occurred. Each comes with a draft for a site's catalog.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::fmt::Write;

use crate::catalog::{self, Code, Service};
use crate::message::{CountFilter, Period, Ranking, service_of};
use crate::store::ingest::{Unmatched, UnmatchedCount, unmatched};
use crate::store::{Error, Read, rollup};

/// The most codes that are looked at.
const MOST_CODES: usize = 1000;

/// The name of the entries that say nothing more.
const UNKNOWN: &str = "UNKNOWN_ERROR";

/// A kind of failure that the catalog does not cover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The service: as the catalog names it or, without a message, as it calls itself.
    pub service: String,
    /// What is missing.
    pub cause: GapCause,
    /// How often it happened.
    pub count: u64,
    /// The entries that would close it, to be completed.
    pub draft: String,
}

/// What is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GapCause {
    /// A rule: notifications made no message.
    Unmatched {
        /// Their type.
        event_type: String,
        /// The class of the exception that they name; empty if they name none.
        reason: String,
        /// When the last one came, in microseconds since 1970.
        last_at: i64,
    },
    /// A detail: messages say only that an unknown error occurred.
    Unknown {
        /// Their code.
        code: String,
        /// The name of the action; empty for a flat code.
        action: &'static str,
    },
}

/// Returns the gaps, the most frequent first: unknown errors of a period, and all unmatched notifications that are kept.
pub fn gaps(read: &mut Read<'_>, period: Period) -> Result<Vec<Gap>, Error> {
    let asked = CountFilter {
        before: None,
        ..CountFilter::all(period)
    };
    let codes = rollup::ranked(read, &asked, Ranking::Code, None, MOST_CODES)?;
    let codes = codes.entries.into_iter();
    let unknown = codes.filter_map(|entry| of_code(&entry.key, entry.counts.total()));
    let mut gaps: Vec<Gap> = unknown
        .chain(unmatched(read)?.into_iter().map(of_notifications))
        .collect();
    gaps.sort_by_key(|gap| Reverse(gap.count));
    let mut drafted: HashMap<String, Drafted> = HashMap::new();
    for gap in &mut gaps {
        let service = catalog::services().iter().find(|known| known.name == gap.service);
        let drafted = drafted.entry(gap.service.clone()).or_default();
        gap.draft = draft(service, &gap.cause, drafted);
    }
    Ok(gaps)
}

/// The gap that an unknown error shows; `None` for any other code.
fn of_code(id: &str, count: u64) -> Option<Gap> {
    let action = match Code::parse(id)? {
        Code::Flat(message) if message.name == UNKNOWN => "",
        Code::Composed { action, detail, .. } if detail.name == UNKNOWN => action.name,
        _ => return None,
    };
    Some(Gap {
        service: service_of(id).to_owned(),
        count,
        draft: String::new(),
        cause: GapCause::Unknown {
            code: id.to_owned(),
            action,
        },
    })
}

fn of_notifications(found: UnmatchedCount) -> Gap {
    let kind = found.kind;
    Gap {
        service: kind.publisher,
        count: found.count,
        draft: String::new(),
        cause: GapCause::Unmatched {
            event_type: kind.event_type,
            reason: kind.reason,
            last_at: found.last_at,
        },
    }
}

/// What earlier drafts of a service have.
#[derive(Debug, Default)]
struct Drafted {
    /// The number of entries, whose names and ids are taken.
    entries: u32,
    /// The types of notifications whose rule finds the detail by the exception.
    types: HashSet<String>,
}

/// The entries that would close a gap of a service.
fn draft(service: Option<&Service>, cause: &GapCause, drafted: &mut Drafted) -> String {
    let (event_type, reason) = match cause {
        GapCause::Unmatched {
            event_type, reason, ..
        } => (event_type.as_str(), reason.as_str()),
        GapCause::Unknown { .. } => ("", ""),
    };
    if event_type == Unmatched::OTHER {
        return String::new();
    }
    let known = service.and_then(|service| service.detail_for_exception(reason));
    let (mut draft, outcome) = match (service, known) {
        (_, Some(detail)) => (String::new(), detail.name.to_owned()),
        (None, None) => (String::new(), "NEW_ENTRY".to_owned()),
        (Some(service), None) => {
            drafted.entries += 1;
            let name = format!("NEW_ENTRY_{}", drafted.entries);
            (entry(service, &name, drafted.entries, reason) + "\n", name)
        }
    };
    let has_details = service.is_some_and(|service| !service.actions.is_empty());
    let is_found = has_details && !reason.is_empty();
    if !event_type.is_empty() && (!is_found || drafted.types.insert(event_type.to_owned())) {
        draft.push_str(&rule(event_type, has_details, is_found, &outcome));
    }
    draft
}

/// The draft of an entry with a free id: a detail, or a message where the service has no actions.
fn entry(service: &Service, name: &str, number: u32, exception: &str) -> String {
    let (table, id) = if service.actions.is_empty() {
        let last = service.messages.last().map_or("0", |message| message.id);
        ("messages", format!("{:06}", after(last, number)))
    } else {
        let last = service.details.last().map_or("0", |detail| detail.id);
        ("details", format!("{:03}", after(last, number)))
    };
    let mut draft = format!(
        "# {}.toml\n[{table}.{name}]\nid = \"{id}\"\ntext = \"What happened.\"\nremedy = \"What the user can do.\"\n",
        service.name
    );
    if table == "details" {
        let exception = if exception.is_empty() {
            "ExceptionClass"
        } else {
            exception
        };
        // Writing to a string cannot fail.
        let _ = writeln!(draft, "exceptions = [\"{exception}\"]");
    }
    draft
}

/// The draft of a rule, which does not build until its type of resource and its action are filled in. If the notifications name an
/// exception, the rule finds the detail by it, as others of the type have other reasons.
fn rule(event_type: &str, has_details: bool, is_found: bool, outcome: &str) -> String {
    let outcome = match (has_details, is_found) {
        (false, _) => format!("message = \"{outcome}\""),
        (true, false) => format!("action = \"ACTION\"\ndetail = \"{outcome}\""),
        (true, true) => {
            format!("action = \"ACTION\"\nexception = \"/payload/exception\"\ndetail = \"{UNKNOWN}\"")
        }
    };
    format!(
        "[[rules.messages]]\nevent_types = \"{event_type}\"\npriorities = [\"ERROR\", \"CRITICAL\"]\n\
         resource_type = \"RESOURCE_TYPE\"\nresource = \"/payload/id\"\nproject = \"/payload/project_id\"\n{outcome}\n"
    )
}

/// The id so many after another.
fn after(digits: &str, number: u32) -> u32 {
    digits.parse::<u32>().unwrap_or(0) + number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_error_is_a_gap_and_nothing_else_is() {
        let gap = of_code("VOLUME_VOLUME_001_001", 7).unwrap();
        let cause = GapCause::Unknown {
            code: "VOLUME_VOLUME_001_001".to_owned(),
            action: "SCHEDULE_ALLOCATE_VOLUME",
        };
        assert_eq!((&*gap.service, gap.count, gap.cause), ("volume", 7, cause));
        assert!(of_code("VOLUME_000001", 1).is_some());
        for code in ["VOLUME_000002", "VOLUME_VOLUME_001_002", "x"] {
            assert_eq!(of_code(code, 1), None, "{code}");
        }
    }

    #[test]
    fn a_draft_has_a_free_id_and_the_class_of_the_reason() {
        let cause = |reason: &str| GapCause::Unmatched {
            event_type: "snapshot.create.error".to_owned(),
            reason: reason.to_owned(),
            last_at: 0,
        };
        let service = |name: &str| catalog::services().iter().find(|known| known.name == name);
        let mut drafted = Drafted::default();
        for (number, reason) in [("1", "DriverTimeout"), ("2", "DriverBusy")] {
            let draft = draft(service("volume"), &cause(reason), &mut drafted);
            let id = draft.split("id = \"").nth(1).unwrap().split('"').next().unwrap();
            assert!(service("volume").unwrap().detail(id).is_none(), "{id} is free");
            assert!(
                draft.contains(&format!("[details.NEW_ENTRY_{number}]")),
                "{draft}"
            );
            assert!(draft.contains(&format!("exceptions = [\"{reason}\"]")), "{draft}");
            // One rule for both reasons finds the detail by the exception.
            let has_rule = draft.contains("exception = \"/payload/exception\"\ndetail = \"UNKNOWN_ERROR\"");
            assert_eq!(has_rule, number == "1", "{draft}");
        }
        let known = draft(
            service("volume"),
            &cause("SnapshotLimitExceeded"),
            &mut Drafted::default(),
        );
        assert!(known.starts_with("[[rules.messages]]"), "{known}");
        let unnamed = draft(service("volume"), &cause(""), &mut Drafted::default());
        assert!(unnamed.contains("detail = \"NEW_ENTRY_1\""), "{unnamed}");
        let flat = draft(service("image"), &cause("DriverTimeout"), &mut Drafted::default());
        assert!(flat.contains("[messages.NEW_ENTRY_1]") && flat.contains("message = \"NEW_ENTRY_1\""));
        let foreign = draft(None, &cause(""), &mut Drafted::default());
        assert!(foreign.starts_with("[[rules.messages]]") && foreign.contains("RESOURCE_TYPE"));
        let other = GapCause::Unmatched {
            event_type: Unmatched::OTHER.to_owned(),
            reason: String::new(),
            last_at: 0,
        };
        assert_eq!(draft(service("volume"), &other, &mut Drafted::default()), "");
    }
}
