//! `[events]` of the catalog's files: what a build rejects, and what is built in.

use insta::assert_snapshot;
use tidings::catalog::{self, Language};

use super::broken::faults;

#[test]
fn every_fault_of_an_event_is_named() {
    let disk = r#"prefix = "DISK"
[payloads.disk]
id = "uuid"
size = "integr optional"
name = "optional"
[payloads.unused]
id = "uuid"
[events.lost]
description = "Lost."
payload = ["disk"]
[events."disk.Lost"]
description = "No full stop"
payload = ["dsk"]
structured = ["INFO", "DEBUG"]
text = []
[events."disk.empty"]
description = "Nothing is in it."
sort = 1
"#;
    let zh = r#"[events.lost]
description = "丢失。"
[events."disk.Lost"]
description = "丢失"
[events."disk.other"]
description = "其他。"
"#;
    assert_snapshot!(faults(&[("disk.toml", disk), ("locale/zh_CN/disk.toml", zh)]), @r#"
    catalog/disk.toml:4: unknown kind `integr`: must be one of uuid, string, integer, number, boolean, time, object, list, strings, null, optional, or a choice such as `on|off`
    catalog/disk.toml:5: field `name` has no kind
    catalog/disk.toml:6: no event has the payload `unused`
    catalog/disk.toml:8: event type `lost` must be lower-case words separated by dots
    catalog/disk.toml:11: event type `disk.Lost` has no payload for ERROR
    catalog/disk.toml:11: event type `disk.Lost` has no payload for WARN
    catalog/disk.toml:11: event type `disk.Lost` must be lower-case words separated by dots
    catalog/disk.toml:12: `description` does not end with the full stop `.`
    catalog/disk.toml:13: there is no payload `dsk`
    catalog/disk.toml:14: unknown priority `DEBUG`: must be one of INFO, WARN, ERROR
    catalog/disk.toml:16: event type `disk.empty` has neither `payload` nor `fields`
    catalog/disk.toml:18: unknown key `sort`; known keys are description, structured, text, id, payload, fields
    catalog/locale/zh_CN/disk.toml:1: the event disk.empty of catalog/disk.toml is missing
    catalog/locale/zh_CN/disk.toml:4: `description` does not end with the full stop `。`
    catalog/locale/zh_CN/disk.toml:5: catalog/disk.toml has no event disk.other
    "#);
}

#[test]
fn a_type_of_event_has_one_service() {
    let service = |prefix| {
        format!(
            "prefix = \"{prefix}\"\n[events.\"disk.lost\"]\ndescription = \"Lost.\"\nfields = {{ id = \"uuid\" }}\n"
        )
    };
    let zh = "[events.\"disk.lost\"]\ndescription = \"丢失。\"\n";
    let (disk, tape) = (service("DISK"), service("TAPE"));
    let files = [
        ("disk.toml", disk.as_str()),
        ("tape.toml", tape.as_str()),
        ("locale/zh_CN/disk.toml", zh),
        ("locale/zh_CN/tape.toml", zh),
    ];
    assert_snapshot!(faults(&files), @"catalog/tape.toml:2: catalog/disk.toml already has the event type disk.lost");
}

/// The names that consumers know: none may disappear.
#[test]
fn the_types_of_all_services_are_shipped() {
    let names: Vec<&str> = catalog::event_types().iter().map(|known| known.name).collect();
    for group in [
        &[
            "image.create",
            "image.prepare",
            "image.upload",
            "image.activate",
            "image.send",
            "image.update",
            "image.delete",
        ][..],
        &[
            "image.member.create",
            "image.member.update",
            "image.member.delete",
        ],
        &[
            "task.create",
            "task.run",
            "task.processing",
            "task.success",
            "task.failure",
        ],
        &[
            "metadef_namespace.create",
            "metadef_namespace.delete_tags",
            "metadef_resource_type.delete",
            "metadef_tag.update",
        ],
        &[
            "repo.sync.start",
            "repo.sync.finish",
            "repo.publish.start",
            "repo.publish.finish",
        ],
        &[
            "segment.create.start",
            "segment.delete.error",
            "host.update.end",
            "notification.process.error",
        ],
        &["message.create", "message.delete", "message.purge"],
        &["listener.disabled", "listener.recovered", "listener.test"],
    ] {
        for name in group {
            assert!(names.contains(name), "{name}");
        }
    }
    assert!(names.is_sorted());
    for known in catalog::event_types() {
        let [english, chinese] = Language::ALL.map(|language| known.description(language));
        assert!(english.is_ascii() && !chinese.is_ascii(), "{}", known.name);
    }
}
