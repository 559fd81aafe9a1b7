//! `tidings db`.

use super::{CREATE, Shell};
use crate::support::{Fresh, SEND};

#[test]
fn the_schema_is_brought_up_to_date_once() {
    let shell = Shell::empty();
    if !Fresh::is_remote() {
        std::fs::File::create(shell.path().join("tidings.db")).unwrap();
    }
    let status = shell.run(&["db", "status"]);
    assert_eq!(status.code, 70);
    assert!(status.out.contains("missing"), "{}", status.out);
    assert_eq!(
        status.err,
        "tidings: the schema does not match this version: run `tidings db migrate`\n"
    );
    assert!(shell.run(&["db", "migrate"]).out.starts_with("applied "));
    assert_eq!(shell.run(&["db", "migrate"]).out, "The schema is up to date.\n");
    assert_eq!(shell.json(&["db", "status"])["current"], true);
}

#[test]
fn only_a_migration_makes_a_database() {
    if Fresh::is_remote() {
        return;
    }
    let shell = Shell::empty();
    let commands: [&[&str]; 14] = [
        &["message", "import", "/dev/null"],
        &["event", "list"],
        &SEND,
        &["ingest", "--replay", "/dev/null"],
        &[
            "db",
            "copy",
            "--from",
            "sqlite:///tidings.db",
            "--to",
            "sqlite:///other.db",
        ],
        &["db", "status"],
        &["db", "backup", "copy.db"],
        &["message", "list"],
        &["message", "show", "01a1fd14-665e-75fb-9f3e-186393d4299a"],
        &["message", "delete", "01a1fd14-665e-75fb-9f3e-186393d4299a"],
        &["message", "export"],
        &CREATE,
        &["purge"],
        &["purge", "--dry-run"],
    ];
    for command in commands {
        let ran = shell.run(command);
        assert_eq!(ran.code, 69, "{command:?}: {}", ran.err);
        assert!(
            ran.err
                .contains("there is no such file (wrong directory or --config-file?)"),
            "{}",
            ran.err
        );
        assert_eq!(std::fs::read_dir(shell.path()).unwrap().count(), 0, "{command:?}");
    }
    let error = shell.run(&["message", "list"]).err;
    let expected = "tidings: sqlite:///tidings.db cannot be opened: the database is unavailable: there is no such file \
                    (wrong directory or --config-file?)\n";
    assert_eq!(error, expected);
}

#[test]
fn a_backup_that_cannot_be_written_is_a_fault_of_its_file() {
    if Fresh::is_remote() {
        return;
    }
    let ran = Shell::new().run(&["db", "backup", "nosuch/copy.db"]);
    assert_eq!(ran.code, 74, "{}", ran.err);
    assert_eq!(
        ran.err,
        "tidings: nosuch/copy.db cannot be written: No such file or directory (os error 2)\n"
    );
}

#[test]
fn a_backup_is_a_store_of_its_own() {
    let shell = Shell::new();
    if Fresh::is_remote() {
        let refused = shell.run(&["db", "backup", "copy.db"]);
        assert_eq!(refused.code, 70);
        assert!(
            refused
                .err
                .contains("only SQLite can be copied into a file; use "),
            "{}",
            refused.err
        );
        return;
    }
    shell.run(&CREATE);
    assert_eq!(shell.run(&["db", "backup", "copy.db"]).out, "copied to copy.db\n");
    let again = shell.run(&["db", "backup", "copy.db"]);
    assert_eq!(
        (again.code, again.err.as_str()),
        (65, "tidings: copy.db already exists\n")
    );
    let other = Shell::empty();
    std::fs::copy(shell.path().join("copy.db"), other.path().join("tidings.db")).unwrap();
    assert_eq!(other.json(&["message", "list"]), shell.json(&["message", "list"]));
    assert!(!shell.path().join("copy.db.partial").exists());
}

#[test]
fn a_wrong_configuration_is_refused_with_every_fault() {
    let shell = Shell::empty();
    std::fs::write(
        shell.path().join("bad.conf"),
        "[api]\nbind = nowhere\nworkers = many\n",
    )
    .unwrap();
    let ran = shell.run(&["--config-file", "bad.conf", "db", "status"]);
    assert_eq!(ran.code, 78);
    assert!(
        ran.err.contains("bind") && ran.err.contains("workers"),
        "{}",
        ran.err
    );
    assert_eq!(
        shell.run(&["--config-file", "nosuch.conf", "db", "status"]).code,
        78
    );
}
