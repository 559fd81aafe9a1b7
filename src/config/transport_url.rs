//! Broker URLs in oslo.messaging's form:
//! `rabbit://user:password@host:port[,user:password@host:port]/virtual_host?option=value`.

use std::fmt;

use percent_encoding::percent_decode_str;

use super::oslo_messaging_rabbit::OsloMessagingRabbit;
use super::server::{split_port, split_scheme};
use super::value::Value;
use tidings_client::Secret;

/// The hosts of a RabbitMQ cluster. `Debug` and `Display` omit the passwords.
#[derive(Clone, PartialEq, Eq)]
pub struct TransportUrl {
    hosts: Vec<BrokerHost>,
    virtual_host: String,
    /// Options of `[oslo_messaging_rabbit]` that the URL overrides.
    options: Vec<(String, String)>,
}

/// One broker, and the login there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerHost {
    /// Name or address, without brackets.
    pub host: String,
    /// The port; by default 5672, or 5671 with TLS.
    pub port: Option<u16>,
    /// The user; RabbitMQ's default `guest` if the URL names none.
    pub user: String,
    /// The user's password.
    pub password: Secret,
}

impl TransportUrl {
    /// Returns the brokers, in the order of the URL; at least one.
    pub fn hosts(&self) -> &[BrokerHost] {
        &self.hosts
    }

    /// Returns the virtual host; `/` if the URL names none.
    pub fn virtual_host(&self) -> &str {
        &self.virtual_host
    }

    /// Returns `general`, overridden by this URL.
    pub fn settings(&self, general: &OsloMessagingRabbit) -> OsloMessagingRabbit {
        let mut settings = general.clone();
        for (name, value) in &self.options {
            // The values were validated when the URL was parsed.
            let _ = settings.set(name, value);
        }
        settings
    }
}

impl Value for TransportUrl {
    /// Faults never repeat the URL, since it may contain a password.
    fn parse(text: &str) -> Result<Self, String> {
        let Some((scheme, rest)) = split_scheme(text) else {
            return Err("must be a transport URL, such as rabbit://user:password@host:5672/".to_owned());
        };
        let is_tls = match scheme.strip_prefix("kombu+").unwrap_or(scheme) {
            "rabbit" | "amqp" => false,
            "amqps" => true,
            _ => return Err(format!("unknown transport {scheme:?}; supported: rabbit")),
        };
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (hosts, path) = rest.split_once('/').unwrap_or((rest, ""));
        let virtual_host = match decode(path)? {
            empty if empty.is_empty() => "/".to_owned(),
            name => name,
        };
        let mut url = Self {
            hosts: hosts.split(',').map(parse_host).collect::<Result<_, _>>()?,
            virtual_host,
            options: Vec::new(),
        };
        if is_tls {
            url.options.push(("ssl".to_owned(), "true".to_owned()));
        }
        let mut settings = OsloMessagingRabbit::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            settings.set(&name, &value)?;
            url.options.push((name.into_owned(), value.into_owned()));
        }
        Ok(url)
    }
}

fn parse_host(text: &str) -> Result<BrokerHost, String> {
    let (login, address) = text.rsplit_once('@').unwrap_or(("", text));
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    let (host, port) = split_port(address)?;
    let port = port.map(str::parse).transpose();
    let port = port.map_err(|_| "has a port that is not a number up to 65535")?;
    let (user, password) = match (decode(user)?, decode(password)?) {
        (user, _) if user.is_empty() => ("guest".to_owned(), "guest".to_owned()),
        login => login,
    };
    Ok(BrokerHost {
        host: if host.is_empty() {
            "localhost".to_owned()
        } else {
            decode(host)?
        },
        port,
        user,
        password: Secret::new(password),
    })
}

fn decode(text: &str) -> Result<String, String> {
    let text = percent_decode_str(text).decode_utf8();
    text.map(std::borrow::Cow::into_owned)
        .map_err(|_| "has %-escapes that are not UTF-8".to_owned())
}

impl fmt::Display for TransportUrl {
    /// As written, without passwords and options.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rabbit://")?;
        for (index, host) in self.hosts.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            write!(f, "{host}")?;
        }
        write!(f, "/{}", self.virtual_host)
    }
}

impl fmt::Display for BrokerHost {
    /// `user@host:port`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (open, close) = if self.host.contains(':') {
            ("[", "]")
        } else {
            ("", "")
        };
        write!(f, "{}@{open}{}{close}", self.user, self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl fmt::Debug for TransportUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_url_is_read() {
        let url = TransportUrl::parse(
            "rabbit://ti%40d:hunter2%2F@mq1:5673,other:x@[::1]/cloud%2Fa?ssl=1&ssl_ca_file=/ca.pem&amqp_durable_queues=true",
        )
        .unwrap();
        let [one, two] = url.hosts() else {
            panic!("{url}");
        };
        assert_eq!((one.user.as_str(), one.password.expose()), ("ti@d", "hunter2/"));
        assert_eq!((one.host.as_str(), one.port), ("mq1", Some(5673)));
        assert_eq!((two.host.as_str(), two.port), ("::1", None));
        assert_eq!(url.virtual_host(), "cloud/a");
        assert_eq!(format!("{url:?}"), "rabbit://ti@d@mq1:5673,other@[::1]/cloud/a");
        let settings = url.settings(&OsloMessagingRabbit::default());
        assert!(settings.ssl && settings.amqp_durable_queues && !settings.rabbit_quorum_queue);
        assert_eq!(settings.ssl_ca_file.unwrap().to_str(), Some("/ca.pem"));
    }

    #[test]
    fn what_is_left_out_is_as_oslo_has_it() {
        for text in ["rabbit://", "amqp:///", "kombu+rabbit://localhost//"] {
            let url = TransportUrl::parse(text).unwrap();
            let host = &url.hosts()[0];
            assert_eq!(
                (host.host.as_str(), host.user.as_str(), host.password.expose()),
                ("localhost", "guest", "guest"),
                "{text}"
            );
            assert_eq!((host.port, url.virtual_host()), (None, "/"), "{text}");
        }
        let general = OsloMessagingRabbit::default();
        assert!(TransportUrl::parse("amqps://h/").unwrap().settings(&general).ssl);
        // Options that concern only oslo.messaging itself.
        assert!(TransportUrl::parse("rabbit://h/?kombu_reconnect_delay=2").is_ok());
    }

    #[test]
    fn what_cannot_be_is_refused_without_repeating_it() {
        for text in [
            "u:hunter2@h",
            "kafka://u:hunter2@h/",
            "rabbit://u:hunter2@h:many/",
            "rabbit://u:hunter2@[::1/",
            "rabbit://u:hunter2%ff@h/",
            "rabbit://u:x@h/?ssl=hunter2",
            "rabbit://u:x@h/?hunter2=1",
        ] {
            let fault = TransportUrl::parse(text).unwrap_err();
            assert!(!fault.contains("hunter2"), "{fault}");
        }
    }
}
