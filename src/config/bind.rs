//! `HOST:PORT`, an address to listen on.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::vec;

use super::endpoint::unless_login;
use super::value::Value;

/// An address to listen on: an IP address or a host name, and a port; with port 0 the system chooses. It can be passed
/// wherever [`ToSocketAddrs`] is accepted, and displays as it is written, with brackets around an IPv6 address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bind {
    host: String,
    port: u16,
}

impl Bind {
    /// Creates an address; `host` has no brackets.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self {
            host: host.into(),
            port,
        }
    }

    /// Whether only this machine can reach it. Of host names only `localhost` counts: others may change their address.
    pub fn is_loopback(&self) -> bool {
        self.host.eq_ignore_ascii_case("localhost")
            || self
                .host
                .parse::<IpAddr>()
                .is_ok_and(|ip| ip.to_canonical().is_loopback())
    }

    /// Whether the two cannot be listened on at the same time.
    pub(super) fn clashes(&self, other: &Self) -> bool {
        self.port != 0 && self == other
    }
}

impl Value for Bind {
    fn parse(text: &str) -> Result<Self, String> {
        split(text)
            .and_then(|(host, port)| Some(Self::new(host, port.parse().ok()?)))
            .ok_or_else(|| unless_login(text, "is not HOST:PORT, such as 127.0.0.1:8790 or [::1]:8790"))
    }
}

fn split(text: &str) -> Option<(&str, &str)> {
    let (host, port) = text.rsplit_once(':')?;
    if let Some(host) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let ip = matches!(host.parse(), Ok(IpAddr::V6(_)));
        return ip.then_some((host, port));
    }
    let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    (!host.is_empty() && host.chars().all(name)).then_some((host, port))
}

impl fmt::Display for Bind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl ToSocketAddrs for Bind {
    type Iter = vec::IntoIter<SocketAddr>;

    fn to_socket_addrs(&self) -> io::Result<Self::Iter> {
        (self.host.as_str(), self.port).to_socket_addrs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_addresses_and_names() {
        for text in [
            "127.0.0.1:8790",
            "[::1]:0",
            "0.0.0.0:80",
            "node-1.example.org:65535",
        ] {
            assert_eq!(Bind::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "8790",
            ":8790",
            "127.0.0.1",
            "::1:8790",
            "h:65536",
            "h:x",
            "[h]:1",
            "a b:1",
            "http://h:1",
        ] {
            assert!(Bind::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn knows_what_only_this_machine_reaches() {
        for text in [
            "127.0.0.1:1",
            "127.8.8.8:1",
            "[::1]:1",
            "LocalHost:1",
            "[::ffff:127.0.0.1]:1",
        ] {
            assert!(Bind::parse(text).unwrap().is_loopback(), "{text}");
        }
        for text in ["0.0.0.0:1", "[::]:1", "10.0.0.1:1", "localhost.example.org:1"] {
            assert!(!Bind::parse(text).unwrap().is_loopback(), "{text}");
        }
    }

    #[test]
    fn gives_socket_addresses() {
        let found: Vec<_> = Bind::new("::1", 9).to_socket_addrs().unwrap().collect();
        assert_eq!(found, ["[::1]:9".parse().unwrap()]);
    }
}
