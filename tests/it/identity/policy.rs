//! Policy files, as an operator writes them while the server runs.

use std::fs;

use std::time::Duration;

use tempfile::TempDir;
use tidings::clock::ManualClock;
use tidings::config::Config;
use tidings::identity::policy::{DEFAULTS, Policy};
use tidings::identity::{Caller, Rule};

use crate::support::{NOW, TestApp};

struct Site {
    folder: TempDir,
    hand: ManualClock,
    config: Config,
}

impl Site {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let config = Config {
            files: vec![folder.path().join("tidings.conf")],
            ..Config::default()
        };
        Self {
            folder,
            hand: ManualClock::new(NOW),
            config,
        }
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn load(&self) -> Result<Policy, String> {
        Policy::load(&self.config, self.hand.clock()).map_err(|faults| faults.to_string())
    }

    fn wait(&self) {
        self.hand.advance(Duration::from_secs(1));
    }
}

fn may(policy: &Policy, rule: Rule, roles: &[&str]) -> bool {
    let caller = Caller::new("u", Some("p1"), roles);
    let target = [("project_id", Some("p1")), ("user_id", Some("u"))];
    policy.check(rule, &caller, &target).is_ok()
}

#[test]
fn the_defaults_are_those_of_block_storage() {
    let policy = Site::new().load().unwrap();
    let may = |roles: &[&str], rule, project: &str| {
        let caller = Caller::new("u", Some("p1"), roles);
        policy
            .check(rule, &caller, &[("project_id", Some(project))])
            .is_ok()
    };
    assert!(may(&["reader"], Rule::MessageGetAll, "p1"));
    assert!(!may(&["reader"], Rule::MessageGetAll, "p2"));
    assert!(!may(&["reader"], Rule::MessageDelete, "p1"));
    assert!(may(&["member"], Rule::MessageDelete, "p1"));
    assert!(may(&["admin"], Rule::MessageDelete, "p2"));
    assert!(!may(&["member"], Rule::MessageCreate, "p1"));
    assert!(may(&["service"], Rule::MessageCreate, "p2"));
    assert!(!may(&["service"], Rule::MessageGetAll, "p1"));
    assert_eq!(policy.rules().iter().count(), DEFAULTS.len());
    assert!(policy.rules().warnings.is_empty());
}

#[test]
fn nothing_equals_a_project_that_is_not_there() {
    let policy = Site::new().load().unwrap();
    let caller = Caller::new("u", None, ["reader"]);
    assert!(
        policy
            .check(Rule::MessageGetAll, &caller, &[("project_id", None)])
            .is_err()
    );
}

#[test]
fn files_replace_rules_the_directory_after_the_file() {
    let site = Site::new();
    site.write("policy.yaml", "message:get: role:a\nmessage:delete: role:a\n");
    site.write("policy.d/20-b.yaml", "message:delete: role:b\n");
    site.write("policy.d/10-a.yaml", "message:delete: role:c\n");
    site.write("policy.d/.hidden", "message:delete: '!'\n");
    let policy = site.load().unwrap();
    assert!(may(&policy, Rule::MessageGet, &["a"]) && !may(&policy, Rule::MessageGet, &["reader"]));
    assert!(may(&policy, Rule::MessageDelete, &["b"]) && !may(&policy, Rule::MessageDelete, &["c"]));
    assert!(may(&policy, Rule::MessageGetAll, &["reader"]));
}

#[test]
fn a_change_holds_within_a_second_and_a_bad_file_changes_nothing() {
    let site = Site::new();
    let policy = site.load().unwrap();
    let reader = |policy: &Policy| may(policy, Rule::MessageGet, &["reader"]);
    assert!(reader(&policy));
    site.write("policy.yaml", "message:get: '!'\n");
    site.wait();
    assert!(!reader(&policy));
    site.write("policy.yaml", "message:get: '@'\nmessage:delete: nonsense\n");
    site.wait();
    assert!(!reader(&policy));
    site.write("policy.yaml", "message:get: '@'\n");
    site.wait();
    assert!(may(&policy, Rule::MessageGet, &["nobody"]));
    site.write("policy.d/x.yaml", "message:get: role:x\n");
    site.wait();
    assert!(!reader(&policy));
    fs::remove_dir_all(site.folder.path().join("policy.d")).unwrap();
    fs::remove_file(site.folder.path().join("policy.yaml")).unwrap();
    site.wait();
    assert!(!reader(&policy));
    site.wait();
    assert!(reader(&policy) && !may(&policy, Rule::MessageGet, &["nobody"]));
}

#[test]
fn a_directory_that_cannot_be_read_changes_nothing() {
    let site = Site::new();
    let directory = site.folder.path().join("policy.d");
    site.write("policy.d/x.yaml", "message:get: '!'\n");
    let policy = site.load().unwrap();
    // Not readable as a directory, even for root.
    fs::remove_dir_all(&directory).unwrap();
    fs::write(&directory, "").unwrap();
    for _ in 0..3 {
        site.wait();
        assert!(!may(&policy, Rule::MessageGet, &["reader"]));
    }
    let error = site.load().unwrap_err();
    assert!(
        error.contains(&format!("{}: Not a directory", directory.display())),
        "{error}"
    );
    fs::remove_file(&directory).unwrap();
    site.write("policy.d/x.yaml", "message:get: role:reader\n");
    site.wait();
    assert!(may(&policy, Rule::MessageGet, &["reader"]));
}

#[test]
fn a_file_that_is_away_for_a_moment_is_still_in_force() {
    let site = Site::new();
    let (file, away) = (
        site.folder.path().join("policy.yaml"),
        site.folder.path().join("away"),
    );
    site.write("policy.yaml", "message:get: '!'\n");
    let policy = site.load().unwrap();
    for _ in 0..2 {
        fs::rename(&file, &away).unwrap();
        site.wait();
        assert!(!may(&policy, Rule::MessageGet, &["reader"]));
        fs::rename(&away, &file).unwrap();
        site.wait();
        assert!(!may(&policy, Rule::MessageGet, &["reader"]));
    }
    site.write("policy.yaml", "message:get: role:reader\n");
    site.wait();
    assert!(may(&policy, Rule::MessageGet, &["reader"]));
}

#[test]
fn every_fault_of_the_files_is_told_with_its_line() {
    let site = Site::new();
    site.write(
        "policy.yaml",
        "# a comment\nmessage:get: role:a and\n\nother: rule:third\nthird: not rule:other\n",
    );
    site.write("policy.d/a.yaml", "message:get: @\n");
    let text = site.load().unwrap_err();
    let file = |name: &str| site.folder.path().join(name).display().to_string();
    for line in [
        format!(
            "{}, line 2: message:get: a check is missing at the end",
            file("policy.yaml")
        ),
        format!("{}, line 4: other: refers to itself", file("policy.yaml")),
        format!("{}, line 5: third: refers to itself", file("policy.yaml")),
        format!("{}, line 1: invalid YAML", file("policy.d/a.yaml")),
    ] {
        assert!(text.contains(&line), "{line} is missing in\n{text}");
    }
}

#[test]
fn a_file_that_was_named_must_be_there() {
    let mut site = Site::new();
    site.config.oslo_policy.policy_file = "mine.yaml".into();
    assert!(
        site.load()
            .unwrap_err()
            .contains("mine.yaml: there is no such file")
    );
    site.write("mine.yaml", "message:get: role:a\n");
    let policy = site.load().unwrap();
    fs::remove_file(site.folder.path().join("mine.yaml")).unwrap();
    site.wait();
    assert!(may(&policy, Rule::MessageGet, &["a"]) && !may(&policy, Rule::MessageGet, &["reader"]));
}

#[test]
fn slips_that_do_no_harm_are_warned_of() {
    let site = Site::new();
    site.write(
        "policy.yaml",
        "message:delet: role:a\nmessage:get: rule:nowhere\n",
    );
    let policy = site.load().unwrap();
    let warnings = policy.rules().warnings.join("\n");
    assert!(
        warnings.contains("line 1: message:delet: no operation checks"),
        "{warnings}"
    );
    assert!(
        warnings.contains("line 2: message:get: refers to the unknown rule \"nowhere\""),
        "{warnings}"
    );
    assert!(!may(&policy, Rule::MessageGet, &["admin"]));
    site.write("policy.yaml", "message:get: rule:nowhere\ndefault: role:admin\n");
    site.wait();
    assert!(may(&policy, Rule::MessageGet, &["admin"]));
}

#[test]
fn who_is_an_administrator_is_a_rule_too() {
    let site = Site::new();
    site.write(
        "policy.yaml",
        "context_is_admin: role:cloud_admin\nmessage:get: is_admin:True\nmessage:delete: rule:admin_api\n",
    );
    let policy = site.load().unwrap();
    assert!(may(&policy, Rule::MessageGet, &["cloud_admin"]) && !may(&policy, Rule::MessageGet, &["admin"]));
    assert!(may(&policy, Rule::MessageDelete, &["admin"]));
    assert!(policy.is_admin(&Caller::new("u", None, ["cloud_admin"])));
    site.write("policy.yaml", "context_is_admin: is_admin:True\n");
    site.wait();
    assert!(!policy.is_admin(&Caller::new("u", None, ["admin"])));
}

#[tokio::test]
async fn the_server_heeds_the_file_and_who_is_an_administrator_by_it() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("rules.yaml");
    let write = |text: &str| fs::write(&file, text).unwrap();
    write("message:get_all: role:auditor\ncontext_is_admin: role:boss\nmessage:create: '@'\n");
    let app = TestApp::with(|config| config.oslo_policy.policy_file = file.clone());
    app.import(&[crate::support::message("p2", 0)]).await;
    assert_eq!(
        app.member("p1").list("").await.fault(),
        "403 forbidden: Policy doesn't allow message:get_all to be performed."
    );
    assert_eq!(app.actor("p1", "auditor").list("").await.ids().len(), 0);
    assert_eq!(app.actor("p1", "auditor,boss").list("").await.ids().len(), 1);
    let body = serde_json::json!({ "message": { "event_id": "VOLUME_000002" } });
    assert_eq!(app.reader("p1").post("p1", &body).await.status, 201);
    write("message:create: user_id:nobody\n");
    app.clock.advance(Duration::from_secs(1));
    assert_eq!(app.reader("p1").post("p1", &body).await.status, 403);
    assert_eq!(app.member("p1").list("").await.status, 200);
}
