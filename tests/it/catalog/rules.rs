//! `[rules]`: faults are reported with their lines, and the built-in rules are sound.

use insta::assert_snapshot;
use tidings::catalog::rules;

use super::broken::english;

/// A service to append rules to; they start on line 19.
const DISK: &str = r#"prefix = "DISK"
resources = { DISK = { ids = "uuid", text = "disk" } }
details = { UNKNOWN_ERROR = { id = "001", text = "An unknown error occurred." } }
[messages.LOST]
id = "000001"
text = "The {kind} disk lost {size}."
[messages.LOST.parameters]
size = { kind = "bytes" }
kind = { kind = "choice", values = { hard = "hard", soft = "soft" } }
[messages.GONE]
id = "000002"
text = "The disk is gone."
[messages.OLD]
id = "000003"
text = "The disk is old."
retired = "1.0"
[actions]
READ = { id = "001", text = "read" }
"#;

fn faults(rules: &str) -> String {
    english(&[("disk.toml", &format!("{DISK}{rules}"))])
}

#[test]
fn sound_rules_have_no_faults() {
    let rules = r#"[rules.defaults]
resource_type = "DISK"
resource = ["/payload/id", { path = "/payload", after = "disk " }]
project = "/context/project_id"
[[rules.messages]]
event_types = "disk.*.error"
priorities = ["ERROR", "CRITICAL"]
when = { "/payload/a~1b" = ["x*", "y"] }
message = "LOST"
parameters = { kind = "hard", size = "/payload/size" }
[[rules.messages]]
event_types = ["disk.*.error", "disk.gone"]
message = "GONE"
[[rules.messages]]
event_types = "disk.noise"
ignore = true
[[rules.owners]]
event_types = "disk.*"
"#;
    assert_snapshot!(faults(rules), @"sound");
}

#[test]
fn keys_and_places() {
    let rules = r#"[rules]
default = 1
[rules.defaults]
project = "payload/project"
[[rules.messages]]
event_type = "disk.*"
message = "GONE"
resource = 7
[[rules.messages]]
event_types = ["*", "Disk error", 3]
priorities = "WARNING"
when = { "/disk" = "x", "/payload//a" = 1 }
message = "GONE"
resource_type = "DISK"
resource = { path = "/payload" }
[[rules.owners]]
event_types = "disk.*"
message = "GONE"
"#;
    assert_snapshot!(faults(rules), @"
    catalog/disk.toml:20: unknown key `default`; known keys are defaults, messages, owners
    catalog/disk.toml:22: `payload/project` must begin with /payload or /context
    catalog/disk.toml:23: `event_types` is missing
    catalog/disk.toml:24: unknown key `event_type`; known keys are event_types, priorities, when, resource_type, resource, project, request, message, action, detail, exception, ignore, parameters
    catalog/disk.toml:26: `resource` must be a path such as /payload/id, not integer
    catalog/disk.toml:28: `*` is not a pattern such as volume.*.error
    catalog/disk.toml:28: `Disk error` is not a pattern such as volume.*.error
    catalog/disk.toml:28: `event_types` must be a list of strings, not integer
    catalog/disk.toml:29: unknown priority `WARNING`: must be one of AUDIT, CRITICAL, DEBUG, ERROR, INFO, SAMPLE, WARN
    catalog/disk.toml:30: `/disk` must begin with /payload or /context
    catalog/disk.toml:30: `/payload//a` has an empty part
    catalog/disk.toml:30: `when` must be strings, not integer
    catalog/disk.toml:33: `after` is missing
    catalog/disk.toml:34: `resource` is missing
    catalog/disk.toml:35: `resource_type` is missing
    catalog/disk.toml:36: unknown key `message`; known keys are event_types, priorities, when, resource_type, resource, project
    ");
}

#[test]
fn what_a_rule_makes() {
    let rules = r#"[[rules.messages]]
event_types = "a"
[[rules.messages]]
event_types = "b"
message = "GONE"
action = "READ"
project = "/payload/p"
[[rules.messages]]
event_types = "c"
message = "AWAY"
project = "/payload/p"
resource = "/payload/id"
[[rules.messages]]
event_types = "d"
message = "OLD"
[[rules.messages]]
event_types = "e"
action = "READ"
detail = "BROKEN"
project = "/payload/p"
[[rules.messages]]
event_types = "f"
message = "LOST"
project = "/payload/p"
exception = "/payload/exception"
parameters = { kind = "round", weight = "/payload/w" }
"#;
    assert_snapshot!(faults(rules), @"
    catalog/disk.toml:19: a rule has either `message`, or `action` and `detail`, or `ignore = true`
    catalog/disk.toml:21: a rule has either `message`, or `action` and `detail`, or `ignore = true`
    catalog/disk.toml:26: `resource_type` is missing: `action` and `resource` need it
    catalog/disk.toml:28: there is no message AWAY in this file
    catalog/disk.toml:31: the message has no owner: `project` or `resource` is needed
    catalog/disk.toml:33: the message OLD is retired
    catalog/disk.toml:34: `resource_type` is missing: `action` and `resource` need it
    catalog/disk.toml:37: there is no detail BROKEN in this file
    catalog/disk.toml:39: `exception` needs `action`
    catalog/disk.toml:39: the parameter `size` is missing
    catalog/disk.toml:44: `round` is neither a path nor a choice of `kind`
    catalog/disk.toml:44: `weight` is not a parameter of this text
    ");
}

#[test]
fn a_rule_that_is_never_reached_is_named() {
    let rules = r#"[rules.defaults]
project = "/payload/p"
[[rules.messages]]
event_types = ["a", "b"]
priorities = "ERROR"
message = "GONE"
[[rules.messages]]
event_types = "b"
priorities = "ERROR"
when = { "/payload/x" = "y" }
message = "GONE"
[[rules.messages]]
event_types = "b"
message = "GONE"
"#;
    assert_snapshot!(faults(rules), @"catalog/disk.toml:25: the rule in line 21 already covers everything that this one could match");
}

#[test]
fn what_goes_well_makes_no_message() {
    for event_type in [
        "image.create",
        "volume.create.start",
        "volume.exists",
        "volume.update.end",
        "compute.instance.exists",
        "instance.create.end",
        "share.create.start",
        "task.success",
        "message.create",
    ] {
        assert!(
            !rules().iter().any(|rule| rule.events.are(event_type, "INFO")),
            "{event_type}"
        );
    }
}
