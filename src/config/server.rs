//! URLs of database servers in SQLAlchemy's form: `scheme://user:password@host:port/database?options`.

use std::fmt;

use percent_encoding::percent_decode_str;

use super::tls::Tls;
use tidings_client::Secret;

/// A database server and a login. `Debug` and `Display` omit the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// The user; empty for the driver's default.
    pub user: String,
    /// The password, if any.
    pub password: Option<Secret>,
    /// Name or address; empty for the driver's local socket.
    pub host: String,
    /// The port; `None` for the driver's default.
    pub port: Option<u16>,
    /// A local socket, instead of host and port: PostgreSQL's directory, MariaDB's file.
    pub socket: Option<String>,
    /// The database's name.
    pub database: String,
    /// How the connection is protected.
    pub tls: Tls,
    /// The time limit for connecting, in seconds.
    pub connect_timeout: u32,
    /// Options that are passed on to libpq. One of them is a password.
    pub passed: Vec<(String, Secret)>,
    /// Names of options without effect.
    pub ignored: Vec<String>,
}

/// Options of libpq 15 that are passed on unchanged. The others are parsed here, or make no sense for a store.
pub(super) const LIBPQ: [&str; 23] = [
    "application_name",
    "channel_binding",
    "fallback_application_name",
    "gssencmode",
    "gsslib",
    "hostaddr",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "options",
    "passfile",
    "requirepeer",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcompression",
    "sslcrl",
    "sslcrldir",
    "sslpassword",
    "sslsni",
    "target_session_attrs",
    "tcp_user_timeout",
];

/// libpq's values of `target_session_attrs`.
const SESSION_ATTRIBUTES: [&str; 6] = [
    "any",
    "read-write",
    "read-only",
    "primary",
    "standby",
    "prefer-standby",
];

/// The time limit for connecting if the URL sets none, in seconds.
const CONNECT_TIMEOUT: u32 = 5;

impl Server {
    /// Parses the part after `scheme://`; options in `libpq` are for that library. Faults never repeat it, since it may
    /// contain a password.
    pub(super) fn parse(rest: &str, libpq: &[&str]) -> Result<Self, String> {
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, address) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) = match login.split_once(':') {
            Some((user, password)) => (user, Some(Secret::new(decode(password)?))),
            None => (login, None),
        };
        let (host, port) = split_address(address)?;
        let mut server = Self {
            user: decode(user)?,
            password,
            host: decode(host)?,
            port,
            socket: None,
            database: decode(database)?,
            tls: Tls::default(),
            connect_timeout: CONNECT_TIMEOUT,
            passed: Vec::new(),
            ignored: Vec::new(),
        };
        let mut hosts = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                // One of several hosts, which libpq tries in turn.
                "host" if !libpq.is_empty() && !value.starts_with('/') => hosts.push(value.into_owned()),
                name => server.set(name, &value, libpq)?,
            }
        }
        server.name_hosts(&hosts);
        if server.database.is_empty() || server.database.contains(['/', '\0']) {
            return Err("must name a database: scheme://user:password@host/database".to_owned());
        }
        server.tls.check()?;
        Ok(server)
    }

    fn set(&mut self, name: &str, value: &str, libpq: &[&str]) -> Result<(), String> {
        match name {
            "user" => value.clone_into(&mut self.user),
            "password" | "passwd" => self.password = Some(Secret::new(value)),
            "dbname" | "database" | "db" => value.clone_into(&mut self.database),
            "unix_socket" => self.socket = Some(value.to_owned()),
            // libpq's way to give a socket's directory, or a host.
            "host" if value.starts_with('/') => self.socket = Some(value.to_owned()),
            "host" => value.clone_into(&mut self.host),
            "port" if !libpq.is_empty() && value.contains(',') => self.pass("port", value),
            "port" => self.port = Some(number(name, value)?),
            "connect_timeout" => self.connect_timeout = number(name, value)?,
            // The connection always uses UTF-8.
            "charset" | "client_encoding" if is_utf8(value) => {}
            "target_session_attrs" if !libpq.is_empty() && !SESSION_ATTRIBUTES.contains(&value) => {
                return Err(format!(
                    "{name}: must be one of {}",
                    SESSION_ATTRIBUTES.join(", ")
                ));
            }
            _ if libpq.contains(&name) && is_number(name) => {
                self.pass(name, &number::<u32>(name, value)?.to_string());
            }
            _ if libpq.contains(&name) => self.pass(name, value),
            _ if name.starts_with("ssl") || name.starts_with("tls") => return self.tls.set(name, value),
            // Anything else may be part of a password and is not repeated.
            _ if !is_name(name) => {
                return Err(
                    "has an option whose name contains other characters than letters, digits and _"
                        .to_owned(),
                );
            }
            _ => self.ignored.push(name.to_owned()),
        }
        Ok(())
    }

    fn pass(&mut self, name: &str, value: &str) {
        self.passed.push((name.to_owned(), Secret::new(value)));
    }

    /// SQLAlchemy repeats an option for several hosts, each with an optional port; libpq has two lists.
    fn name_hosts(&mut self, hosts: &[String]) {
        if hosts.is_empty() {
            return;
        }
        let named: Vec<(&str, &str)> = hosts
            .iter()
            .map(|host| match host.split_once(':') {
                Some((name, port)) if !port.contains(':') => (name, port),
                _ => (host.as_str(), ""),
            })
            .collect();
        let list = |part: fn(&(&str, &str)) -> String| named.iter().map(part).collect::<Vec<_>>().join(",");
        self.host = list(|(name, _)| (*name).to_owned());
        if named.iter().any(|(_, port)| !port.is_empty()) {
            let ports = list(|(_, port)| (*port).to_owned());
            self.pass("port", &ports);
        }
    }
}

impl fmt::Display for Server {
    /// `user@host:port/database`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.user.is_empty() {
            write!(f, "{}@", self.user)?;
        }
        if self.host.contains(':') {
            write!(f, "[{}]", self.host)?;
        } else {
            f.write_str(&self.host)?;
        }
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        write!(f, "/{}", self.database)?;
        self.socket
            .as_ref()
            .map_or(Ok(()), |socket| write!(f, " at {socket}"))
    }
}

/// Whether libpq's option is a whole number.
fn is_number(name: &str) -> bool {
    name.starts_with("keepalives") || name == "tcp_user_timeout"
}

/// Splits a URL after its scheme. `None` if the part before `://` is not a scheme: it may be a login.
pub(super) fn split_scheme(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let of_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+.-_".contains(&byte);
    scheme.bytes().all(of_scheme).then_some((scheme, rest))
}

fn split_address(address: &str) -> Result<(&str, Option<u16>), String> {
    let (host, port) = split_port(address)?;
    Ok((host, port.map(|port| number("port", port)).transpose()?))
}

/// Splits an address into the host, without brackets, and the port, if there is one.
pub(super) fn split_port(address: &str) -> Result<(&str, Option<&str>), &'static str> {
    let (host, port) = match address.strip_prefix('[') {
        Some(rest) => rest
            .split_once(']')
            .map(|(host, port)| (host, port.strip_prefix(':')))
            .ok_or("has an address with [ but without ]")?,
        None => match address.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (address, None),
        },
    };
    Ok((host, port.filter(|port| !port.is_empty())))
}

fn decode(text: &str) -> Result<String, String> {
    let text = percent_decode_str(text).decode_utf8();
    let text = text.map_err(|_| "has %-escapes that are not UTF-8".to_owned())?;
    // The drivers are written in C.
    if text.contains('\0') {
        return Err("has a %00, which no name or password may contain".to_owned());
    }
    Ok(text.into_owned())
}

fn number<T: std::str::FromStr>(name: &str, value: &str) -> Result<T, String> {
    value
        .parse()
        .map_err(|_| format!("{name}: must be a whole number in its range"))
}

fn is_name(name: &str) -> bool {
    (1..=40).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn is_utf8(name: &str) -> bool {
    ["utf8mb4", "utf8mb3", "utf8", "utf-8"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::super::tls::Check;
    use super::*;

    #[test]
    fn every_part_of_a_url_is_read() {
        let server = Server::parse(
            "ti%40d:p%3Aw%2F@[::1]:3307/notes?charset=utf8mb4&connect_timeout=2",
            &[],
        )
        .unwrap();
        assert_eq!((server.user.as_str(), server.host.as_str()), ("ti@d", "::1"));
        assert_eq!(server.password.as_ref().map(Secret::expose), Some("p:w/"));
        assert_eq!((server.port, server.connect_timeout), (Some(3307), 2));
        assert_eq!(server.to_string(), "ti@d@[::1]:3307/notes");
        assert!(!format!("{server:?}").contains("p:w/"));
        let server = Server::parse("/notes?unix_socket=/run/my.sock", &[]).unwrap();
        assert_eq!(server.to_string(), "/notes at /run/my.sock");
    }

    #[test]
    fn options_of_the_python_drivers_are_honoured_or_known_to_have_no_effect() {
        let query = "charset=utf8&plugin=dbcounter&collation=utf8_general_ci&charset=latin1&local_infile=1&nosuch=x\
                     &target_session_attrs=any&user=u&passwd=p&db=notes";
        let server = Server::parse(&format!("h/d?{query}"), &[]).unwrap();
        let ignored = [
            "plugin",
            "collation",
            "charset",
            "local_infile",
            "nosuch",
            "target_session_attrs",
        ];
        assert_eq!(server.ignored, ignored);
        assert_eq!(
            (server.to_string().as_str(), server.passed.len()),
            ("u@h/notes", 0)
        );
        assert_eq!(server.password.as_ref().map(Secret::expose), Some("p"));
        let query = "host=a:5433&host=b&target_session_attrs=read-write&executemany_mode=values_only";
        let server = Server::parse(&format!("u@/d?{query}"), &LIBPQ).unwrap();
        let passed = [("target_session_attrs", "read-write"), ("port", "5433,")];
        let passed = passed.map(|(name, value)| (name.to_owned(), Secret::new(value)));
        assert_eq!(
            (server.host.as_str(), server.passed.as_slice()),
            ("a,b", passed.as_slice())
        );
        assert_eq!(server.ignored, ["executemany_mode"]);
    }

    #[test]
    fn tls_is_verified_unless_the_url_says_otherwise() {
        let check = |query: &str| Server::parse(&format!("h/d?{query}"), &[]).unwrap().tls.check;
        assert_eq!(check(""), Check::Unasked);
        assert_eq!(check("sslmode=require"), Check::Host);
        assert_eq!(check("ssl=true"), Check::Host);
        assert_eq!(check("ssl_ca=/a.pem"), Check::Host);
        assert_eq!(check("sslmode=verify-ca"), Check::Authority);
        assert_eq!(check("ssl_verify_identity=false&ssl_ca=/a.pem"), Check::Authority);
        assert_eq!(check("ssl=true&ssl_verify_cert=false"), Check::Nothing);
        assert_eq!(check("ssl_mode=DISABLED"), Check::Off);
    }

    #[test]
    fn what_cannot_be_is_refused_without_repeating_it() {
        for rest in [
            "u:hunter2@h",
            "u:hunter2@h:many/d",
            "u:1/d?x@hunter2=1",
            "u:hunter2@h/d?ssl_hunter2=1",
            "u:hunter2@h/d?sslmode=hunter2",
            "u:hunter2@[::1/d",
            "u:hunter2%ff@h/d",
            "u:hunter2@h/d?ssl=false&ssl_ca=/x",
        ] {
            let fault = Server::parse(rest, &[]).unwrap_err();
            assert!(!fault.contains("hunter2"), "{fault}");
        }
    }
}
