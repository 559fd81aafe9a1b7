//! An empty database of its own for each test: an SQLite file, or a database of the server that `TEST_DATABASE_URL`
//! names.

use tempfile::TempDir;
use tidings::config::{Config, Connection};

/// A place for a database, gone when dropped.
pub struct Fresh {
    url: String,
    folder: TempDir,
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    server: Option<server::Database>,
}

impl Fresh {
    /// Without a schema.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        #[cfg(any(feature = "postgres", feature = "mysql"))]
        if let Ok(url) = std::env::var("TEST_DATABASE_URL") {
            let server = server::Database::create(&url);
            return Self {
                url: server.url.clone(),
                folder,
                server: Some(server),
            };
        }
        let url = format!("sqlite:///{}", folder.path().join("tidings.db").display());
        Self {
            url,
            folder,
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            server: None,
        }
    }

    /// One that is there already, and stays.
    #[cfg(feature = "mysql")]
    pub fn at(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            folder: tempfile::tempdir().unwrap(),
            server: None,
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

    /// Runs statements past the program, with all rights.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub fn execute(&self, sql: &str) {
        self.server.as_ref().unwrap().execute(sql);
    }

    /// How many rows a table has, past the program.
    pub fn count(&self, table: &str) -> usize {
        #[cfg(any(feature = "postgres", feature = "mysql"))]
        if let Some(server) = &self.server {
            return usize::try_from(server.number(&format!("SELECT count(*) FROM {table}"))).unwrap();
        }
        crate::process::Database::open(&self.folder.path().join("tidings.db")).count(table)
    }

    /// The first column of the answer, past the program.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub fn number(&self, sql: &str) -> i64 {
        self.server.as_ref().unwrap().number(sql)
    }
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
mod server {
    use diesel::connection::SimpleConnection;
    use diesel::prelude::*;
    use diesel::sql_query;
    use diesel::sql_types::BigInt;

    #[derive(diesel::MultiConnection)]
    pub enum Admin {
        #[cfg(feature = "postgres")]
        Postgres(PgConnection),
        #[cfg(feature = "mysql")]
        Mysql(MysqlConnection),
    }

    #[derive(QueryableByName)]
    struct Number {
        #[diesel(sql_type = BigInt)]
        number: i64,
    }

    /// A database of a server.
    pub struct Database {
        base: String,
        name: String,
        pub url: String,
    }

    fn connect(url: &str) -> Admin {
        match url.split_once("://").unwrap().0 {
            #[cfg(feature = "postgres")]
            "postgresql" => Admin::Postgres(PgConnection::establish(url).unwrap()),
            #[cfg(feature = "mysql")]
            "mysql" => Admin::Mysql(MysqlConnection::establish(url).unwrap()),
            other => panic!("this build has no {other}"),
        }
    }

    impl Database {
        /// `base` names a database that is there and a user with all rights.
        pub fn create(base: &str) -> Self {
            let name = format!("t_{}", uuid::Uuid::new_v4().simple());
            connect(base)
                .batch_execute(&format!("CREATE DATABASE {name}"))
                .unwrap();
            let (front, _) = base.rsplit_once('/').unwrap();
            Self {
                base: base.to_owned(),
                url: format!("{front}/{name}"),
                name,
            }
        }

        pub fn execute(&self, sql: &str) {
            connect(&self.url).batch_execute(sql).unwrap();
        }

        pub fn number(&self, sql: &str) -> i64 {
            let mut conn = connect(&self.url);
            let number: Number = sql_query(format!("SELECT ({sql}) AS number"))
                .get_result(&mut conn)
                .unwrap();
            number.number
        }
    }

    impl Drop for Database {
        fn drop(&mut self) {
            let force = if self.base.starts_with("postgres") {
                " WITH (FORCE)"
            } else {
                ""
            };
            // A server that a test has stopped takes its databases along.
            if !std::thread::panicking() {
                let _ = connect(&self.base).batch_execute(&format!("DROP DATABASE {}{force}", self.name));
            }
        }
    }
}
