//! What the catalog does not cover: failures of which no rule made a message, and messages that say only that an unknown error
//! occurred. Each comes with a draft for a site's catalog.

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
    let codes = rollup::ranked(read, &CountFilter::all(period), Ranking::Code, None, MOST_CODES)?;
    let codes = codes.entries.into_iter();
    let unknown = codes.filter_map(|entry| of_code(&entry.key, entry.counts.total()));
    let mut gaps: Vec<Gap> = unknown
        .chain(unmatched(read)?.into_iter().map(of_notifications))
        .collect();
    gaps.sort_by(|one, other| other.count.cmp(&one.count));
    Ok(gaps)
}

/// The gap that an unknown error shows; `None` for any other code.
fn of_code(id: &str, count: u64) -> Option<Gap> {
    let code = Code::parse(id)?;
    let action = match code {
        Code::Flat(message) if message.name == UNKNOWN => "",
        Code::Composed { action, detail, .. } if detail.name == UNKNOWN => action.name,
        _ => return None,
    };
    Some(Gap {
        service: service_of(id).to_owned(),
        count,
        draft: detail(code.service(), ""),
        cause: GapCause::Unknown {
            code: id.to_owned(),
            action,
        },
    })
}

fn of_notifications(found: UnmatchedCount) -> Gap {
    let kind = found.kind;
    let service = catalog::services()
        .iter()
        .find(|known| known.name == kind.publisher);
    let mut draft = service.map_or_else(String::new, |service| detail(service, &kind.reason) + "\n");
    draft.push_str(&rule(&kind, service));
    Gap {
        service: kind.publisher,
        count: found.count,
        draft,
        cause: GapCause::Unmatched {
            event_type: kind.event_type,
            reason: kind.reason,
            last_at: found.last_at,
        },
    }
}

/// The draft of an entry with the next free id: a detail, or a message where the service has no actions.
fn detail(service: &Service, exception: &str) -> String {
    let (table, next) = if service.actions.is_empty() {
        let last = service.messages.last().map_or("0", |message| message.id);
        ("messages", format!("{:06}", number(last) + 1))
    } else {
        let last = service.details.last().map_or("0", |detail| detail.id);
        ("details", format!("{:03}", number(last) + 1))
    };
    let mut draft = format!(
        "# {}.toml\n[{table}.NEW_ENTRY]\nid = \"{next}\"\ntext = \"What happened.\"\nremedy = \"What the user can do.\"\n",
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

/// The draft of a rule.
fn rule(kind: &Unmatched, service: Option<&Service>) -> String {
    let resource = service.and_then(|service| service.resources.first());
    let resource = resource.map_or("RESOURCE_TYPE", |resource| resource.name);
    let outcome = match service.map(|service| service.actions.first()) {
        Some(Some(action)) => format!("action = \"{}\"\ndetail = \"NEW_ENTRY\"", action.name),
        _ => "message = \"NEW_ENTRY\"".to_owned(),
    };
    format!(
        "[[rules.messages]]\nevent_types = \"{}\"\npriorities = \"ERROR\"\nresource_type = \"{resource}\"\n\
         resource = \"/payload/id\"\nproject = \"/payload/project_id\"\n{outcome}\n",
        kind.event_type
    )
}

fn number(digits: &str) -> u32 {
    digits.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{image, volume};

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
    fn a_draft_has_the_next_free_id_and_the_class_of_the_reason() {
        let count = |publisher: &str| UnmatchedCount {
            kind: Unmatched {
                publisher: publisher.to_owned(),
                event_type: "snapshot.create.error".to_owned(),
                reason: "DriverTimeout".to_owned(),
            },
            count: 1,
            first_at: 0,
            last_at: 0,
        };
        let draft = of_notifications(count("volume")).draft;
        let last = volume::detail::UNKNOWN_ERROR.service().details.last().unwrap();
        let id = format!("id = \"{:03}\"", number(last.id) + 1);
        for part in [
            &*id,
            "exceptions = [\"DriverTimeout\"]",
            "event_types = \"snapshot.create.error\"",
        ] {
            assert!(draft.contains(part), "{draft}");
        }
        let flat = of_notifications(count("image")).draft;
        assert!(flat.contains("[messages.NEW_ENTRY]") && flat.contains("message = \"NEW_ENTRY\""));
        assert!(image::UNKNOWN_ERROR.service().actions.is_empty());
        assert!(of_notifications(count("dns")).draft.contains("RESOURCE_TYPE"));
    }
}
