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
            .starts_with("create snapshot: "),
        "{shown}"
    );
    assert!(shown["text_zh_CN"].as_str().unwrap().contains('：'), "{shown}");
    let none = shell.run(&["catalog", "show", "NO"]);
    assert_eq!(
        (none.code, none.err.as_str()),
        (66, "tidings: NO is not in the catalog\n")
    );
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
    assert!(shell.run(&["completions", "bash"]).out.contains("_tidings"));
    assert_eq!(shell.run(&["nosuch"]).code, 2);
}
