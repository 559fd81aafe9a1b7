//! The URL of a database server, as SQLAlchemy writes it: `scheme://user:password@host:port/database?options`.

use std::fmt;

use percent_encoding::percent_decode_str;

use super::secret::Secret;
use super::tls::{Tls, flag};

/// Where a database server is and who asks. `Debug` and `Display` leave the password out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Whom to log in as; the driver's own default, when empty.
    pub user: String,
    /// The password, where there is one.
    pub password: Option<Secret>,
    /// Name or address; the driver's local socket, when empty.
    pub host: String,
    /// The driver's own default, when none.
    pub port: Option<u16>,
    /// A socket in the file system, in place of host and port: PostgreSQL's folder, MariaDB's file.
    pub socket: Option<String>,
    /// The database's name.
    pub database: String,
    /// How the connection is protected.
    pub tls: Tls,
    /// Seconds that making a connection may take.
    pub connect_timeout: u32,
}

/// How long making a connection may take where the URL does not say, in seconds.
const CONNECT_TIMEOUT: u32 = 5;

impl Server {
    /// Reads what stands behind `scheme://`. Faults never repeat it, since it may hold a password.
    pub(super) fn parse(rest: &str) -> Result<Self, String> {
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
        };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            server.set(&name, &value)?;
        }
        if server.database.is_empty() || server.database.contains(['/', '\0']) {
            return Err("must name a database: scheme://user:password@host/database".to_owned());
        }
        server.tls.check()?;
        Ok(server)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            "unix_socket" => self.socket = Some(value.to_owned()),
            // libpq's way to give the folder of a socket, or a host.
            "host" if value.starts_with('/') => self.socket = Some(value.to_owned()),
            "host" => value.clone_into(&mut self.host),
            "port" => self.port = Some(number(name, value)?),
            "connect_timeout" => self.connect_timeout = number(name, value)?,
            // Texts are always UTF-8 on the way; the option is known because other services' URLs have it.
            "charset" | "client_encoding" if is_utf8(value) => {}
            "charset" | "client_encoding" => return Err(format!("{name}: only utf8mb4 or utf8 is possible")),
            // What Python's drivers do inside, which has no meaning here.
            "binary_prefix" | "local_infile" | "plugin" if flag(value).is_some() => {}
            _ => return self.tls.set(name, value),
        }
        Ok(())
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

fn split_address(address: &str) -> Result<(&str, Option<u16>), String> {
    let (host, port) = match address.strip_prefix('[') {
        Some(rest) => rest
            .split_once(']')
            .map(|(host, port)| (host, port.strip_prefix(':')))
            .ok_or("has an address with [ and without ]")?,
        None => match address.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (address, None),
        },
    };
    let port = port.filter(|port| !port.is_empty());
    Ok((host, port.map(|port| number("port", port)).transpose()?))
}

fn decode(text: &str) -> Result<String, String> {
    let text = percent_decode_str(text).decode_utf8();
    text.map(std::borrow::Cow::into_owned)
        .map_err(|_| "has % signs that are not UTF-8".to_owned())
}

fn number<T: std::str::FromStr>(name: &str, value: &str) -> Result<T, String> {
    value
        .parse()
        .map_err(|_| format!("{name}: must be a whole number in its range"))
}

fn is_utf8(name: &str) -> bool {
    ["utf8mb4", "utf8", "utf-8"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::super::tls::Check;
    use super::*;

    #[test]
    fn every_part_of_a_url_is_read() {
        let server =
            Server::parse("ti%40d:p%3Aw%2F@[::1]:3307/notes?charset=utf8mb4&connect_timeout=2").unwrap();
        assert_eq!((server.user.as_str(), server.host.as_str()), ("ti@d", "::1"));
        assert_eq!(server.password.as_ref().map(Secret::expose), Some("p:w/"));
        assert_eq!((server.port, server.connect_timeout), (Some(3307), 2));
        assert_eq!(server.to_string(), "ti@d@[::1]:3307/notes");
        assert!(!format!("{server:?}").contains("p:w/"));
        let server = Server::parse("/notes?unix_socket=/run/my.sock").unwrap();
        assert_eq!(server.to_string(), "/notes at /run/my.sock");
    }

    #[test]
    fn tls_is_verified_unless_the_url_says_otherwise() {
        let check = |query: &str| Server::parse(&format!("h/d?{query}")).unwrap().tls.check;
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
            "u:hunter2@h/d?hunter2=1",
            "u:hunter2@h/d?sslmode=hunter2",
            "u:hunter2@h/d?charset=latin1",
            "u:hunter2@[::1/d",
            "u:hunter2%ff@h/d",
            "u:hunter2@h/d?ssl=false&ssl_ca=/x",
        ] {
            let fault = Server::parse(rest).unwrap_err();
            assert!(!fault.contains("hunter2"), "{fault}");
        }
    }
}
