//! Database URLs in SQLAlchemy's form.

use std::fmt;
use std::path::{Path, PathBuf};

use super::ini;
use super::server::{LIBPQ, Server, split_scheme};
use super::source::settings_of;
use super::substitution::Substitution;
use super::value::Value;

/// `[database] connection`. Both `Debug` and `Display` omit the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Connection {
    backend: Backend,
}

/// A database and its driver's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backend {
    /// The embedded database in this file.
    Sqlite(PathBuf),
    /// PostgreSQL.
    Postgres(Server),
    /// MariaDB or MySQL.
    Mysql(Server),
}

impl Connection {
    /// Creates a connection to an embedded database in this file.
    pub fn sqlite(path: impl Into<PathBuf>) -> Self {
        Self {
            backend: Backend::Sqlite(path.into()),
        }
    }

    /// Returns the database of a URL, or of an oslo.config file with `[database] connection`: a URL on a command line
    /// shows its password to all users of the machine. `state_path` is the value of `$state_path` in a file that does
    /// not set it.
    ///
    /// # Errors
    /// Says what is wrong, without the URL.
    pub fn locate(text: &str, state_path: &Path) -> Result<Self, String> {
        if text.contains("://") {
            return Self::parse(text);
        }
        let file = std::fs::read_to_string(text)
            .map_err(|error| format!("is neither a database URL nor a readable file ({error})"))?;
        // Another service's file may contain lines that this parser rejects.
        let (entries, _) = ini::parse(&file);
        let settings = settings_of(entries, Path::new(text));
        let key = ("database".to_owned(), "connection".to_owned());
        let values = &settings.get(&key).ok_or("has no [database] connection")?.values;
        let default_of = |section: &str, option: &str| {
            let is_known = (section, option) == ("DEFAULT", "state_path");
            is_known.then(|| state_path.to_string_lossy().into_owned())
        };
        let values = Substitution::new(&settings, &default_of).apply(&key.0, &key.1, values);
        let values = values.map_err(|fault| format!("[database] connection {fault}"))?;
        Self::parse_all(&values)
    }

    /// Returns the database.
    pub fn backend(&self) -> &Backend {
        &self.backend
    }
}

impl Default for Connection {
    fn default() -> Self {
        Self::sqlite("tidings.db")
    }
}

impl Value for Connection {
    /// Faults never repeat the URL, since it may contain a password.
    fn parse(text: &str) -> Result<Self, String> {
        let Some((scheme, rest)) = split_scheme(text) else {
            return Err("must be a database URL, such as sqlite:///tidings.db".to_owned());
        };
        // SQLAlchemy names the driver after a plus sign; it does not matter here.
        let (is_built, backend) = match scheme.split_once('+').map_or(scheme, |(backend, _)| backend) {
            "sqlite" => (cfg!(feature = "sqlite"), sqlite_path(rest).map(Backend::Sqlite)),
            "postgresql" | "postgres" => (
                cfg!(feature = "postgres"),
                Server::parse(rest, &LIBPQ).map(Backend::Postgres),
            ),
            "mysql" | "mariadb" => (
                cfg!(feature = "mysql"),
                Server::parse(rest, &[]).map(Backend::Mysql),
            ),
            _ => {
                let built = built().join(", ");
                return Err(format!("unknown database {scheme:?}; supported: {built}"));
            }
        };
        if !is_built {
            let built = built().join(", ");
            return Err(format!(
                "{scheme} is not supported by this build, which has: {built}"
            ));
        }
        backend.map(|backend| Self { backend })
    }
}

/// Lists the databases that this build supports.
fn built() -> Vec<&'static str> {
    let all = [
        ("sqlite", cfg!(feature = "sqlite")),
        ("postgresql", cfg!(feature = "postgres")),
        ("mysql", cfg!(feature = "mysql")),
    ];
    all.iter()
        .filter(|(_, is_built)| *is_built)
        .map(|(name, _)| *name)
        .collect()
}

/// Returns the path after `sqlite://`: three slashes for a relative one, four for an absolute one.
fn sqlite_path(rest: &str) -> Result<PathBuf, String> {
    let Some(path) = rest.strip_prefix('/') else {
        return Err(
            "names a host, but SQLite uses a file: sqlite:///relative/path or sqlite:////absolute/path"
                .into(),
        );
    };
    match path {
        "" | ":memory:" => {
            Err("a database in memory is not supported: give a file, sqlite:///tidings.db".to_owned())
        }
        _ if path.contains(['?', '\0']) => Err("parameters after ? are not supported with SQLite".to_owned()),
        _ => Ok(path.into()),
    }
}

impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.backend {
            Backend::Sqlite(path) => write!(f, "sqlite:///{}", path.display()),
            Backend::Postgres(server) => write!(f, "postgresql://{server}"),
            Backend::Mysql(server) => write!(f, "mysql://{server}"),
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
        match connection.backend() {
            Backend::Sqlite(path) => path.display().to_string(),
            other => panic!("{other:?}"),
        }
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
    fn a_database_is_found_by_its_url_or_in_the_file_of_a_service() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cinder.conf");
        let located = |text: &str| {
            std::fs::write(&file, text).unwrap();
            Connection::locate(file.to_str().unwrap(), Path::new("/var/lib/cinder"))
                .map(|connection| connection.to_string())
        };
        let text = "[DEFAULT]\na line of its own\n[database]\n# connection = sqlite:///no.db\nconnection = sqlite:////a.db\n";
        assert_eq!(located(text), Ok("sqlite:////a.db".to_owned()));
        let of = |value: &str| located(&format!("[database]\nbase = b\nconnection = {value}\n"));
        assert_eq!(
            of("sqlite:///$state_path/${base}$$.db"),
            Ok("sqlite:////var/lib/cinder/b$.db".to_owned())
        );
        let text = "[DEFAULT]\nstate_path = /srv\n[database]\nconnection = sqlite:///$state_path/c.db\n";
        assert_eq!(located(text), Ok("sqlite:////srv/c.db".to_owned()));
        let fault = of("mysql://u:pa$word@h/d").unwrap_err();
        assert!(
            fault.starts_with("[database] connection refers with $") && !fault.contains("word"),
            "{fault}"
        );
        let fault = located("[api]\nconnection = sqlite:////a.db\n").unwrap_err();
        assert_eq!(fault, "has no [database] connection");
        assert!(Connection::locate("sqlite:////a.db", Path::new("/")).is_ok());
        let fault = Connection::locate("u:hunter2@h/d", Path::new("/")).unwrap_err();
        assert!(
            fault.contains("No such file") && !fault.contains("hunter2"),
            "{fault}"
        );
    }

    #[test]
    fn a_server_is_refused_by_a_build_without_it_and_never_shows_its_password() {
        for (url, is_built) in [
            ("mysql+pymysql://u:hunter2@h/db", cfg!(feature = "mysql")),
            ("postgresql+psycopg2://u:hunter2@h/db", cfg!(feature = "postgres")),
        ] {
            match Connection::parse(url) {
                Ok(connection) => {
                    assert!(is_built);
                    assert!(connection.to_string().ends_with("://u@h/db"), "{connection}");
                    assert!(!format!("{connection:?}").contains("hunter2"));
                }
                Err(fault) => {
                    assert!(
                        !is_built && fault.contains("not supported by this build"),
                        "{fault}"
                    );
                    assert!(!fault.contains("hunter2"), "{fault}");
                }
            }
        }
    }

    #[test]
    fn refuses_the_rest_without_repeating_it() {
        for url in ["hunter2", "oracle://u:hunter2@h", "sqlite://hunter2/x"] {
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
