//! `docs/tidings.service` against the program that it starts.

use std::collections::BTreeSet;
use std::time::Duration;

use tidings::config::Config;

use super::Place;

const UNIT: &str = include_str!("../../../docs/tidings.service");

/// Returns the value of a setting of the unit.
fn setting(name: &str) -> &'static str {
    let mut values = UNIT
        .lines()
        .filter_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    let value = values.next().unwrap();
    assert_eq!(values.next(), None, "{name}");
    value
}

#[test]
fn the_unit_does_not_restart_a_server_that_cannot_start() {
    let (program, arguments) = setting("ExecStart").split_once(' ').unwrap();
    assert!(program.ends_with("/tidings"), "{program}");
    let (arguments, file) = arguments.split_once(" --config-file ").unwrap();
    assert!(file.ends_with("/tidings.conf"), "{file}");
    let arguments: Vec<&str> = arguments.split(' ').collect();

    let place = Place::new();
    place.succeed(&["db", "migrate"]);
    place
        .database()
        .execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')");
    let newer = place.run(&arguments);
    place.configure("[api]\nbind = nowhere\n");
    let invalid = place.run(&arguments);
    let codes = [newer, invalid].map(|finished| finished.code.unwrap().to_string());
    let final_codes = setting("RestartPreventExitStatus").split(' ');
    assert_eq!(BTreeSet::from(codes), final_codes.map(str::to_owned).collect());
}

#[test]
fn the_unit_waits_for_requests_in_flight() {
    let limit = Duration::from_secs(setting("TimeoutStopSec").parse().unwrap());
    assert!(limit > Config::default().api.shutdown_timeout, "{limit:?}");
}

#[test]
fn the_unit_lets_the_server_write_where_it_works() {
    assert_eq!(
        setting("WorkingDirectory"),
        format!("/var/lib/{}", setting("StateDirectory"))
    );
    assert_eq!(setting("ProtectSystem"), "strict");
}
