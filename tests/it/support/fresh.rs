//! An empty database of its own for each test: an SQLite file, or a database of the server that `TEST_DATABASE_URL`
//! names.

use tempfile::TempDir;
use tidings::config::{Config, Connection};

use super::Database;

/// A place for a database, gone when dropped.
pub struct Fresh {
    url: String,
    folder: TempDir,
    /// Held until the end of the test.
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

    /// One that is there already, and stays.
    #[cfg(feature = "mysql")]
    pub fn at(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            folder: tempfile::tempdir().unwrap(),
            _server: None,
        }
    }

    /// The URL, as an operator writes it.
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

    /// A folder for whatever else the test needs.
    pub fn folder(&self) -> &TempDir {
        &self.folder
    }

    /// Whether it is a server's.
    pub fn is_remote() -> bool {
        std::env::var("TEST_DATABASE_URL").is_ok()
    }

    /// Returns the SQL literal of these bytes, given in hexadecimal digits.
    pub fn bytes(&self, digits: &str) -> String {
        if self.url().starts_with("postgres") {
            format!("'\\x{digits}'")
        } else {
            format!("X'{digits}'")
        }
    }

    /// Runs statements past the program, with all rights.
    pub fn execute(&self, sql: &str) {
        Database::open(&self.url).execute(sql);
    }

    /// How many rows a table has, past the program.
    pub fn count(&self, table: &str) -> usize {
        Database::open(&self.url).count(table)
    }

    /// The first column of the answer, past the program.
    pub fn number(&self, sql: &str) -> i64 {
        Database::open(&self.url).number(sql)
    }
}

/// A database of a server.
struct Remote {
    base: String,
    name: String,
    url: String,
}

impl Remote {
    /// `base` names a database that is there and a user with all rights.
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
        // A server that a test has stopped takes its databases along.
        if !std::thread::panicking()
            && let Ok(mut server) = Database::try_open(&self.base)
        {
            let _ = server.try_execute(&format!("DROP DATABASE {}{force}", self.name));
        }
    }
}
