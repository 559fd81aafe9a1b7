//! `tidings catalog` and `tidings completions`.

use super::Shell;

#[test]
fn an_id_is_shown_in_every_language() {
    let shell = Shell::empty();
    let shown = shell.json(&["catalog", "show", "VOLUME_VOLUME_SNAPSHOT_009_006"]);
    assert_eq!(shown["id"], "VOLUME_VOLUME_SNAPSHOT_009_006");
    assert!(
        shown["text_en"]
            .as_str()
            .unwrap()
            .starts_with("Create snapshot: "),
        "{shown}"
    );
    assert!(shown["text_zh_CN"].as_str().unwrap().contains('：'), "{shown}");
    let none = shell.run(&["catalog", "show", "NO"]);
    assert_eq!(
        (none.code, none.err.as_str()),
        (
            66,
            "tidings: NO is not in the catalog; see tidings catalog list --search\n"
        )
    );
}

#[test]
fn a_name_is_shown_wherever_the_catalog_has_it() {
    let shell = Shell::empty();
    let show = |name| shell.json(&["catalog", "show", name]);
    let details = show("QUOTA_EXCEED");
    let details = details.as_array().unwrap();
    let volume = details
        .iter()
        .find(|detail| detail["service"] == "volume")
        .unwrap();
    assert_eq!(volume["id"], "006", "{details:?}");
    assert!(
        show("UNKNOWN_ERROR").as_array().unwrap().len() > 1,
        "one for each service"
    );
    assert_eq!(volume["codes"], "VOLUME_<type>_<action>_006");
    let exceptions = volume["exceptions"].as_str().unwrap();
    let exception = exceptions.split(", ").next().unwrap();
    assert!(
        show(exception).as_array().unwrap().contains(volume),
        "{exception}"
    );
    assert_eq!(show("unable_to_allocate")[0]["id"], "VOLUME_000002");
    assert_eq!(show("SNAPSHOT_CREATE")[0]["kind"], "action");
    assert_eq!(show("VOLUME_SNAPSHOT")[0]["text_en"], "volume snapshot");
    let wrong = shell.run(&["catalog", "show", "QUOTA_EXCED"]);
    assert_eq!(wrong.code, 66);
    assert!(wrong.err.contains("did you mean QUOTA_EXCEED?"), "{}", wrong.err);
}

#[test]
fn the_catalog_is_searched_in_ids_names_texts_exceptions_and_parameters() {
    let shell = Shell::empty();
    let found = |arguments: &[&str]| {
        let list = shell.json(&[&["catalog", "list"], arguments].concat());
        list.as_array().unwrap().clone()
    };
    for word in ["quota_exceed", "006", "is used up", "larger quota"] {
        let entries = found(&["--service", "volume", "--search", word]);
        assert!(
            entries.iter().any(|entry| entry["name"] == "QUOTA_EXCEED"),
            "{word}"
        );
    }
    let exception = found(&["--kind", "detail"])
        .iter()
        .find_map(|entry| Some(entry["exceptions"][0].as_str()?.to_owned()))
        .unwrap();
    assert!(!found(&["--search", &exception]).is_empty());
    let limited = found(&["--search", "limit", "--service", "image", "--kind", "message"]);
    let parameters = limited.iter().filter_map(|entry| entry["parameters"].as_array());
    assert!(
        parameters
            .flatten()
            .any(|one| one["name"] == "limit" && one["kind"] == "bytes")
    );
    assert!(
        found(&["--level", "info"])
            .iter()
            .all(|entry| entry["level"] == "INFO")
    );
    assert!(
        found(&["--kind", "type"])
            .iter()
            .any(|entry| entry["name"] == "VOLUME_SNAPSHOT")
    );
    assert!(found(&["--search", "xyzzy"]).is_empty());
}

#[test]
fn the_catalog_is_listed_and_exported() {
    let shell = Shell::empty();
    let list = shell.json(&["catalog", "list", "--service", "volume"]);
    let kinds = |kind: &str| {
        list.as_array()
            .unwrap()
            .iter()
            .filter(|row| row["kind"] == kind)
            .count()
    };
    assert_eq!((kinds("message"), kinds("action"), kinds("detail")), (5, 16, 30));
    let exported: serde_json::Value = serde_json::from_str(&shell.run(&["catalog", "export"]).out).unwrap();
    assert!(exported["services"].as_array().unwrap().len() >= 5);
    let markdown = shell
        .run(&["catalog", "export", "--format", "markdown", "--language", "zh_CN"])
        .out;
    assert!(markdown.starts_with('#'), "{markdown}");
    assert_eq!(shell.run(&["catalog", "list", "--service", "nosuch"]).code, 66);
    assert_eq!(shell.run(&["catalog", "export", "--language", "xx"]).code, 66);
}

#[test]
fn a_directory_is_checked_with_every_fault() {
    let shell = Shell::empty();
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/catalog");
    assert_eq!(shell.run(&["catalog", "check", shipped]).code, 0);
    std::fs::create_dir(shell.path().join("site")).unwrap();
    std::fs::write(
        shell.path().join("site/car.toml"),
        "prefix = \"CAR\"\nwheels = 4\n[messages.A]\nid = \"1\"\n",
    )
    .unwrap();
    let ran = shell.run(&["catalog", "check", "site"]);
    assert_eq!(ran.code, 65);
    assert!(
        ran.out.contains("car.toml:2: ") && ran.out.lines().count() >= 2,
        "{}",
        ran.out
    );
    assert_eq!(shell.run(&["catalog", "check", "nosuch"]).code, 74);
}

#[test]
fn help_has_examples_and_the_exit_codes() {
    let shell = Shell::empty();
    let help = shell.run(&["--help"]).out;
    assert!(
        help.contains("Examples:") && help.contains("Exit codes:"),
        "{help}"
    );
    for command in ["serve", "message", "purge", "catalog", "db", "completions"] {
        assert!(help.contains(&format!("  {command}")), "{command}");
    }
    for name in ["bash", "elvish", "fish", "powershell", "zsh"] {
        assert!(
            shell.run(&["completions", name]).out.contains("tidings"),
            "{name}"
        );
    }
    assert_eq!(shell.run(&["nosuch"]).code, 2);
}
