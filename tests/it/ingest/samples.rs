//! The built-in rules on what services really send: tests/fixtures/notifications/README.md lists the origin of each
//! sample.

use serde::Deserialize;
use tidings::bus::Notification;
use tidings::catalog::{Glob, owner_rules, rules};
use tidings::ingest::replay;
use tidings::store::ingest::IngestOutcome;

use super::{GLANCE, dry, planner, take};
use crate::support::NOW;

/// In an order in which owners become known before their resources fail.
const SAMPLES: [&str; 7] = [
    GLANCE,
    include_str!("../../fixtures/notifications/glance.jsonl"),
    include_str!("../../fixtures/notifications/cinder.jsonl"),
    include_str!("../../fixtures/notifications/manila.jsonl"),
    include_str!("../../fixtures/notifications/nova.jsonl"),
    include_str!("../../fixtures/notifications/masakari.jsonl"),
    include_str!("../../fixtures/notifications/pulp.jsonl"),
];

/// The additions of a line to its notification; the capture of Glance has neither.
#[derive(Deserialize)]
struct Sample {
    source: Option<String>,
    /// The code and level of the message that it makes.
    expect: Option<String>,
}

fn samples() -> impl Iterator<Item = (Sample, Notification)> {
    let lines = SAMPLES.iter().flat_map(|file| file.lines());
    lines.map(|line| (serde_json::from_str(line).unwrap(), replay::line(line).unwrap()))
}

/// A rule without a sample promises messages that may never appear.
#[tokio::test]
async fn every_rule_fires_on_a_sample_of_each_of_its_event_types() {
    let mut replay = dry(&[("REPEAT_WINDOW", "0"), ("PROJECTS", "REPOSITORY:*:demo")]);
    let mut fired: Vec<(&str, String)> = Vec::new();
    for (sample, notification) in samples() {
        let processed = take(&mut replay, std::slice::from_ref(&notification))
            .await
            .processed;
        let recorded = processed
            .iter()
            .find(|processed| matches!(processed.outcome, IngestOutcome::Recorded { .. }));
        let made = recorded.map(|processed| {
            let message = &processed.messages[0];
            format!("{} {}", message.event_id, message.message_level)
        });
        if let Some(source) = sample.source {
            assert_eq!(made, sample.expect, "{source}");
        }
        fired.extend(recorded.map(|processed| (processed.by, notification.event_type.unwrap())));
    }
    let mut silent = Vec::new();
    for rule in rules() {
        let is_fired = |glob: &Glob| {
            fired
                .iter()
                .any(|(by, event_type)| *by == rule.place && glob.fits(event_type))
        };
        let globs = rule.events.types.iter().filter(|glob| !is_fired(glob));
        silent.extend(globs.map(|glob| format!("{}: {}", rule.place, glob.0.join("*"))));
    }
    assert!(silent.is_empty(), "no sample fires:\n{}", silent.join("\n"));
}

#[test]
fn every_rule_of_owners_finds_one_in_a_sample_of_each_of_its_event_types() {
    let planner = planner(&[]);
    let tells = |notification: &Notification| planner.plan(notification, "nova", NOW).owner.is_some();
    let telling: Vec<String> = samples()
        .filter(|(_, notification)| tells(notification))
        .filter_map(|(_, notification)| notification.event_type)
        .collect();
    for glob in owner_rules().iter().flat_map(|rule| rule.events.types) {
        assert!(telling.iter().any(|event_type| glob.fits(event_type)), "{glob:?}");
    }
}
