//! The requirements for a database server and its user, and the messages if they are not met. Only with
//! `TEST_DATABASE_URL`.

use tidings::message::{Message, Scope};
use tidings::store::message::{count, delete};
use tidings::store::{Error, Settings, Store};
use tidings::telemetry::Metrics;

use super::server::{batch, is_postgres, open, remote, settings};
use crate::cli::Shell;
use crate::support::{Database, Fresh, RecordBatch, document, message, reporter};

/// Returns why a server is rejected, by each way of using it.
fn refusal(settings: &Settings) -> String {
    let ways = [
        Store::migrate(&settings.backend).map(drop),
        Store::schema(&settings.backend).map(drop),
        Store::open(settings, &Metrics::new("test")).map(drop),
    ];
    let [Err(Error::Conflict(text)), second, third] = ways else {
        panic!("{ways:?}");
    };
    let same = Err(Error::Conflict(text.clone()));
    assert_eq!((second, third), (same.clone(), same));
    text
}

/// A user of the test, with the password `tidings`.
struct User {
    name: String,
    base: String,
}

impl User {
    fn new(database: &Fresh) -> Self {
        let name = format!("u_{}", &uuid::Uuid::new_v4().simple().to_string()[..20]);
        let password = if is_postgres(database) {
            "PASSWORD"
        } else {
            "IDENTIFIED BY"
        };
        database.execute(&format!("CREATE USER {name} {password} 'tidings'"));
        Self {
            name,
            base: database.url().to_owned(),
        }
    }

    /// With this right to all tables of the database.
    fn grant(&self, database: &Fresh, rights: &str) {
        let tables = if is_postgres(database) {
            "ALL TABLES IN SCHEMA public"
        } else {
            &format!("{}.*", self.database())
        };
        database.execute(&format!("GRANT {rights} ON {tables} TO {}", self.name));
    }

    fn database(&self) -> &str {
        self.base.rsplit_once('/').unwrap().1
    }

    fn url(&self) -> String {
        self.base.replace("//tidings:", &format!("//{}:", self.name))
    }

    fn settings(&self) -> Settings {
        settings(&self.url(), &[])
    }
}

impl Drop for User {
    fn drop(&mut self) {
        let Self { name, base } = self;
        let mut server = Database::open(base);
        if base.starts_with("postgres") {
            let _ = server.try_execute(&format!("DROP OWNED BY {name}"));
        }
        let _ = server.try_execute(&format!("DROP USER {name}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_user_migrates_and_another_runs_with_the_least_rights() {
    let Some(database) = remote() else { return };
    let (migrator, runner) = (User::new(&database), User::new(&database));
    let rights = if is_postgres(&database) {
        document("docs/databases.md", "rights-postgresql")
    } else {
        document("docs/databases.md", "rights-mariadb")
    };
    database.execute(
        &rights
            .replace("tidings_migrate", &migrator.name)
            .replace("tidings.*", &format!("{}.*", runner.database()))
            .replace("TO tidings", &format!("TO {}", runner.name)),
    );
    assert!(!Store::migrate(&migrator.settings().backend).unwrap().is_empty());
    let settings = runner.settings();
    assert!(Store::schema(&settings.backend).unwrap().is_current());
    let store = Store::open(&settings, &Metrics::new("test")).unwrap();
    let known = message("p1", 0);
    let id = known.id;
    store.record_batch(batch(vec![known])).await.unwrap();
    store
        .write(move |tx| delete(tx, &Scope::All, id, &reporter(), None, 0))
        .await
        .unwrap();
    assert_eq!(store.read(|read| count(read)).await, Ok(0));
    store.close();
}

#[test]
fn a_user_who_may_only_select_can_read_another_services_table() {
    let Some(database) = remote() else { return };
    let texts = [
        "project_id",
        "event_id",
        "action_id",
        "detail_id",
        "resource_type",
        "resource_uuid",
        "request_id",
        "message_level",
    ];
    database.execute(&format!(
        "CREATE TABLE messages (id VARCHAR(36) PRIMARY KEY, {} VARCHAR(255), created_at TIMESTAMP NULL, \
         expires_at TIMESTAMP NULL, deleted BOOLEAN)",
        texts.join(" VARCHAR(255), ")
    ));
    database.execute("INSERT INTO messages (id, deleted) VALUES ('1', true)");
    let user = User::new(&database);
    user.grant(&database, "SELECT");
    let imported = Shell::new().run(&["message", "import", "--from-cinder", &user.url()]);
    assert_eq!(
        imported.out, "imported 0 messages, 0 already present, 1 deleted at the source\n",
        "{}",
        imported.err
    );
}

#[test]
fn a_user_who_lacks_a_right_is_told_which() {
    let Some(database) = remote() else { return };
    open(database.url()).close();
    let user = User::new(&database);
    user.grant(&database, "SELECT, INSERT, UPDATE");
    match Store::open(&user.settings(), &Metrics::new("test")).map(drop) {
        Err(Error::Conflict(text)) => {
            let is_named =
                text.contains("DELETE command denied") || text.contains("permission denied for table");
            assert!(text.contains("lacks a right") && is_named, "{text}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_database_of_another_encoding_is_refused() {
    let Some(database) = remote().filter(is_postgres) else {
        return;
    };
    let name = format!("{}_ascii", database.url().rsplit_once('/').unwrap().1);
    database.execute(&format!(
        "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'"
    ));
    let text = refusal(&settings(&format!("{}_ascii", database.url()), &[]));
    database.execute(&format!("DROP DATABASE {name} WITH (FORCE)"));
    assert!(
        text.contains("SQL_ASCII") && text.contains("ENCODING 'UTF8'"),
        "{text}"
    );
}

/// `TEST_STANDBY` is the URL of a read-only PostgreSQL.
#[test]
fn a_standby_is_refused_and_the_one_that_writes_is_found_among_several() {
    let Ok(standby) = std::env::var("TEST_STANDBY") else {
        return;
    };
    match Store::schema(&settings(&standby, &[]).backend) {
        Err(Error::Unavailable(text)) => assert!(text.contains("target_session_attrs=read-write"), "{text}"),
        other => panic!("{other:?}"),
    }
    let primary = std::env::var("TEST_DATABASE_URL").unwrap();
    let address = |url: &str| {
        url.rsplit_once('@')
            .unwrap()
            .1
            .split_once('/')
            .unwrap()
            .0
            .to_owned()
    };
    let several = format!(
        "postgresql://tidings:tidings@/postgres?host={}&host={}&target_session_attrs=read-write",
        address(&standby),
        address(&primary)
    );
    let found = Store::schema(&settings(&several, &[]).backend);
    assert!(found.is_ok(), "{found:?}");
}

/// `TEST_OWN_SERVER` is set if the server belongs to the test, so that its settings may be changed.
#[tokio::test(flavor = "multi_thread")]
async fn a_mariadb_whose_settings_do_not_fit_is_refused_until_they_do() {
    if std::env::var("TEST_OWN_SERVER").is_err() {
        return;
    }
    let Some(database) = remote() else { return };
    let settings = settings(database.url(), &[]);
    for (name, wrong, right, advice) in [
        (
            "binlog_format",
            "'STATEMENT'",
            "'MIXED'",
            "set binlog_format = ROW",
        ),
        (
            "max_allowed_packet",
            "65536",
            "1048576",
            "set max_allowed_packet = 1048576",
        ),
    ] {
        database.execute(&format!("SET GLOBAL {name} = {wrong}"));
        let text = refusal(&settings);
        assert!(text.contains(advice), "{text}");
        database.execute(&format!("SET GLOBAL {name} = {right}"));
    }
    database.execute("SET GLOBAL sql_safe_updates = 1");
    // A combined write no longer fits into one statement.
    let store = open(database.url());
    let long = |_| Message {
        parameters: Some(format!("{{\"text\":\"{}\"}}", "x".repeat(8000))),
        ..message("p1", 0)
    };
    store
        .record_batch(batch((0..400).map(long).collect()))
        .await
        .unwrap();
    assert_eq!(store.read(|read| count(read)).await, Ok(400));
    store.close();
}
