//! What a notification needs: nothing, or the work of an engine.

use serde_json::{Map, Value};

use super::kind::NotificationType;

/// What is to be done about a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What becomes of it.
    pub outcome: Outcome,
    /// Whether its host is put under maintenance, so that further reports about it are refused.
    pub puts_on_maintenance: bool,
}

/// What becomes of a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is ignored for this reason.
    Ignore(String),
    /// It is finished for this reason, without any work.
    Finish(String),
    /// An engine works on it.
    Work,
}

/// The only process whose failure is recovered.
const RECOVERED_PROCESS: &str = "nova-compute";

/// The events of virtual machines that are recovered, each with its detail.
const RECOVERED_EVENTS: [(&str, &str); 3] = [
    ("LIFECYCLE", "STOPPED_FAILED"),
    ("QEMU_GUEST_AGENT_ERROR", "STOPPED_FAILED"),
    ("IO_ERROR", "IO_ERROR_REPORT"),
];

/// Judges a notification by Masakari's rules. Whatever its payload is, it gets a verdict, so that none blocks its host.
pub fn judge(kind: NotificationType, payload: &str, is_segment_enabled: bool) -> Verdict {
    if !is_segment_enabled {
        return ignore("the recovery of the segment is disabled");
    }
    let Ok(payload) = serde_json::from_str::<Map<String, Value>>(payload) else {
        return ignore("the payload is no JSON object");
    };
    let text = |name: &str| payload.get(name).and_then(Value::as_str);
    let Some(event) = text("event") else {
        return ignore("the payload has no event");
    };
    match kind {
        NotificationType::Vm => match text("vir_domain_event") {
            Some(detail) if RECOVERED_EVENTS.contains(&(event, detail)) => work(false),
            Some(detail) => ignore(&format!("the event {event}/{detail} needs no recovery")),
            None => ignore("the payload has no vir_domain_event"),
        },
        NotificationType::ComputeHost => match (text("host_status"), event) {
            (None, _) => ignore("the payload has no host_status"),
            (Some("NORMAL"), "STARTED") => finish("the host has started", false),
            (Some("NORMAL"), "STOPPED") => work(true),
            (Some("NORMAL"), _) => ignore(&format!("the event {event} is unknown")),
            (Some(status), _) => ignore(&format!("the host_status is {status}, not NORMAL")),
        },
        NotificationType::Process => match (event, text("process_name")) {
            ("STARTED", _) => finish("the process has started", false),
            ("STOPPED", Some(RECOVERED_PROCESS)) => work(true),
            ("STOPPED", Some(_)) => finish("only nova-compute is recovered", true),
            ("STOPPED", None) => ignore("the payload has no process_name"),
            _ => ignore(&format!("the event {event} is unknown")),
        },
    }
}

fn ignore(reason: &str) -> Verdict {
    Verdict {
        outcome: Outcome::Ignore(reason.to_owned()),
        puts_on_maintenance: false,
    }
}

fn finish(reason: &str, puts_on_maintenance: bool) -> Verdict {
    Verdict {
        outcome: Outcome::Finish(reason.to_owned()),
        puts_on_maintenance,
    }
}

fn work(puts_on_maintenance: bool) -> Verdict {
    Verdict {
        outcome: Outcome::Work,
        puts_on_maintenance,
    }
}
