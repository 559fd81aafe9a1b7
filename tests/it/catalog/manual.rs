//! The examples of docs/catalog.md are sound files.

use insta::assert_snapshot;

use super::broken::{english, faults};

#[test]
fn the_files_of_the_manual_are_sound() {
    let manual = include_str!("../../../docs/catalog.md");
    let blocks: Vec<&str> = manual
        .split("```toml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    let [service, parameters, translation, events, rules, site] = blocks[..] else {
        panic!("{} blocks", blocks.len());
    };
    let volume = service
        .replace("[details.QUOTA_EXCEED]", "[details.UNKNOWN_ERROR]\nid = \"001\"\ntext = \"An unknown error occurred.\"\n[details.QUOTA_EXCEED]")
        + parameters
        + events;
    // The entries of the rules, in a separate file.
    let image = r#"prefix = "IMAGE"
resources = { IMAGE = { ids = "uuid", text = "image" } }
details = { UNKNOWN_ERROR = { id = "001", text = "An unknown error occurred." }, DRIVER_FAILED_CREATE = { id = "002", text = "It failed." } }
actions = { CREATE_VOLUME_FROM_BACKEND = { id = "001", text = "create" } }
messages = { STORAGE_FULL = { id = "000001", text = "The store is full." } }
"#;
    let image = image.to_owned() + rules;
    assert_snapshot!(english(&[("volume.toml", &volume), ("image.toml", &image), ("dns.toml", site)]), @"sound");
    // The example of a translation is partial: nothing in it is wrong, and the rest is missing.
    let found = faults(&[
        ("volume.toml", &volume),
        ("locale/zh_CN/volume.toml", translation),
    ]);
    assert!(found.lines().all(|line| line.ends_with("is missing")), "{found}");
}
