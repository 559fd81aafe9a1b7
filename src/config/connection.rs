//! The database URL, as `SQLAlchemy` writes it.

use std::fmt;
use std::path::PathBuf;

use super::secret::Secret;
use super::value::Value;

/// `[database] connection`. Both `Debug` and `Display` hide the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Connection {
    url: Secret,
    backend: Backend,
}

/// Which database, and what its driver needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backend {
    /// The embedded database in this file.
    Sqlite(PathBuf),
}

impl Connection {
    /// An embedded database in this file.
    pub fn sqlite(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self {
            url: Secret::new(format!("sqlite:///{}", path.display())),
            backend: Backend::Sqlite(path),
        }
    }

    /// Which database it leads to.
    pub fn backend(&self) -> &Backend {
        &self.backend
    }

    /// The URL with its password; for drivers only.
    pub fn expose(&self) -> &str {
        self.url.expose()
    }
}

impl Default for Connection {
    fn default() -> Self {
        Self::sqlite("tidings.db")
    }
}

impl Value for Connection {
    /// Faults never repeat the URL, since it may hold a password.
    fn parse(text: &str) -> Result<Self, String> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err("is not a database URL, such as sqlite:///tidings.db".to_owned());
        };
        // SQLAlchemy names the driver behind a plus sign; which one it was is no matter here.
        match scheme.split_once('+').map_or(scheme, |(backend, _)| backend) {
            "sqlite" => sqlite_path(rest).map(|path| Self {
                url: Secret::new(text),
                backend: Backend::Sqlite(path),
            }),
            "mysql" | "mariadb" | "postgresql" | "postgres" => Err(format!(
                "{scheme} is not supported by this build, which has: sqlite"
            )),
            _ => Err(format!("there is no database {scheme:?}; supported: sqlite")),
        }
    }
}

/// The path behind `sqlite://`: three slashes for a relative one, four for an absolute one.
fn sqlite_path(rest: &str) -> Result<PathBuf, String> {
    let Some(path) = rest.strip_prefix('/') else {
        return Err(
            "names a host, but SQLite has a file: sqlite:///relative/path or sqlite:////absolute/path".into(),
        );
    };
    match path {
        "" | ":memory:" => {
            Err("a database in memory is not supported: give a file, sqlite:///tidings.db".to_owned())
        }
        _ if path.contains(['?', '\0']) => {
            Err("parameters behind ? are not supported with SQLite".to_owned())
        }
        _ => Ok(path.into()),
    }
}

impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.backend {
            Backend::Sqlite(path) => write!(f, "sqlite:///{}", path.display()),
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(url: &str) -> String {
        let connection = Connection::parse(url).unwrap();
        let Backend::Sqlite(path) = connection.backend();
        path.display().to_string()
    }

    #[test]
    fn reads_relative_and_absolute_paths() {
        assert_eq!(path("sqlite:///tidings.db"), "tidings.db");
        assert_eq!(
            path("sqlite+pysqlite:////var/lib/tidings/a b.db"),
            "/var/lib/tidings/a b.db"
        );
        assert_eq!(
            Connection::parse("sqlite:///tidings.db").unwrap(),
            Connection::default()
        );
        assert_eq!(Connection::sqlite("/a/b").to_string(), "sqlite:////a/b");
    }

    #[test]
    fn refuses_the_rest_without_repeating_it() {
        for url in [
            "hunter2",
            "mysql+pymysql://u:hunter2@h/db",
            "oracle://u:hunter2@h",
            "sqlite://hunter2/x",
        ] {
            let fault = Connection::parse(url).unwrap_err();
            assert!(!fault.contains("hunter2"), "{fault}");
            assert!(fault.contains("sqlite"), "{fault}");
        }
        for url in [
            "",
            "sqlite://",
            "sqlite:///",
            "sqlite:///:memory:",
            "sqlite:///a?mode=ro",
        ] {
            assert!(Connection::parse(url).is_err(), "{url}");
        }
    }
}
