//! An empty database for each test: an SQLite file, or a database on the server that `TEST_DATABASE_URL`
//! names.

use tempfile::TempDir;
use tidings::config::{Config, Connection};

use super::Database;

/// A temporary database, removed when dropped.
pub struct Fresh {
    url: String,
    folder: TempDir,
    /// Kept until the end of the test.
    _server: Option<Remote>,
}

impl Fresh {
    /// Without a schema.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        if let Ok(url) = std::env::var("TEST_DATABASE_URL") {
            let server = Remote::create(&url);
            return Self {
                url: server.url.clone(),
                folder,
                _server: Some(server),
            };
        }
        let url = format!("sqlite:///{}", folder.path().join("tidings.db").display());
        Self {
            url,
            folder,
            _server: None,
        }
    }

    /// Uses an existing database, which remains.
    #[cfg(feature = "mysql")]
    pub fn at(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            folder: tempfile::tempdir().unwrap(),
            _server: None,
        }
    }

    /// Returns the URL in an operator's form.
    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn connection(&self) -> Connection {
        let variable = ("OS_DATABASE__CONNECTION".to_owned(), self.url.clone());
        Config::load(None, std::iter::once(variable))
            .unwrap()
            .database
            .connection
    }

    /// Returns a directory for other files of the test.
    pub fn folder(&self) -> &TempDir {
        &self.folder
    }

    /// Whether it is on a server.
    pub fn is_remote() -> bool {
        std::env::var("TEST_DATABASE_URL").is_ok()
    }

    /// Returns the SQL literal of bytes in hexadecimal digits.
    pub fn bytes(&self, digits: &str) -> String {
        if self.url().starts_with("postgres") {
            format!("'\\x{digits}'")
        } else {
            format!("X'{digits}'")
        }
    }

    /// Runs statements directly, with all rights.
    pub fn execute(&self, sql: &str) {
        Database::open(&self.url).execute(sql);
    }

    /// Waits for the end of all connections.
    pub fn wait_for_others(&self) {
        Database::open(&self.url).wait_for_others();
    }

    /// Counts the rows of a table directly.
    pub fn count(&self, table: &str) -> usize {
        Database::open(&self.url).count(table)
    }

    /// Returns the first column of the result of a direct query.
    pub fn number(&self, sql: &str) -> i64 {
        Database::open(&self.url).number(sql)
    }
}

/// A database on a server.
struct Remote {
    base: String,
    name: String,
    url: String,
}

impl Remote {
    /// `base` names an existing database and a user with all rights.
    fn create(base: &str) -> Self {
        let name = format!("t_{}", uuid::Uuid::new_v4().simple());
        Database::open(base).execute(&format!("CREATE DATABASE {name}"));
        let (front, _) = base.rsplit_once('/').unwrap();
        Self {
            base: base.to_owned(),
            url: format!("{front}/{name}"),
            name,
        }
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        let force = if self.base.starts_with("postgres") {
            " WITH (FORCE)"
        } else {
            ""
        };
        // If a test has stopped its server, the databases are gone with it.
        if !std::thread::panicking()
            && let Ok(mut server) = Database::try_open(&self.base)
        {
            let _ = server.try_execute(&format!("DROP DATABASE {}{force}", self.name));
        }
    }
}
