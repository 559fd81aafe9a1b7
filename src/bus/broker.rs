//! Connections to a RabbitMQ cluster.

use std::io;
use std::net::{Shutdown, TcpStream as StdStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_rs::util::RuntimeParts;
use async_rs::{Runtime, Tokio};
use lapin::uri::{AMQPAuthority, AMQPQueryString, AMQPScheme, AMQPUri, AMQPUserInfo, SASLMechanism};
use lapin::{AsyncTcpStream, Connection, ConnectionProperties};
use parking_lot::{Mutex, MutexGuard};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::gate::{Gate, Gated};
#[cfg(feature = "amqp1")]
use super::network::Duplex;
use super::network::{Network, Socket, socket};
use crate::config::{BrokerHost, LoginMethod, OsloMessagingRabbit, TransportUrl};
use crate::tls::{self, Identity};

/// The time limit for connecting to one broker.
const PATIENCE: Duration = Duration::from_secs(10);

/// The port if a URL names none.
const PORT: u16 = 5672;
const TLS_PORT: u16 = 5671;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The files for TLS cannot be used.
    #[error("the connection to the broker cannot be encrypted")]
    Tls(#[from] tls::Error),
    /// A certificate without its key, or a key without its certificate.
    #[error("ssl_cert_file and ssl_key_file must be set together")]
    HalfIdentity,
    /// The broker is unreachable, refused the connection or closed it.
    #[error("broker {broker}: {source}")]
    Broker {
        /// `user@host:port`.
        broker: String,
        /// The cause.
        source: lapin::Error,
    },
    /// The broker did not answer in time.
    #[error("broker {0}: no answer in 10 s")]
    Silent(String),
}

/// A second handle to a connection's socket: closing it is the only way to end a hung connection.
#[derive(Clone, Debug, Default)]
pub struct SocketHandle(Arc<Mutex<Option<StdStream>>>);

impl SocketHandle {
    /// Closes the connection without notifying the broker.
    pub fn cut(&self) {
        if let Some(stream) = self.socket().take() {
            // It may already be closed.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn hold(&self, stream: StdStream) {
        *self.socket() = Some(stream);
    }

    fn socket(&self) -> MutexGuard<'_, Option<StdStream>> {
        self.0.lock()
    }
}

/// The brokers of a transport URL, tried in turn.
#[derive(Debug)]
pub struct Broker {
    hosts: Vec<BrokerHost>,
    virtual_host: String,
    settings: OsloMessagingRabbit,
    tls: Option<Arc<ClientConfig>>,
    /// Where the next attempt starts: after a failure with the next broker, so that one which accepts and then fails
    /// does not keep the others from being tried.
    next: AtomicUsize,
}

impl Broker {
    /// Creates the brokers of `url`, whose options override the general settings. Does not connect yet.
    ///
    /// # Errors
    /// Fails if files for TLS are unusable.
    pub fn new(url: &TransportUrl, general: &OsloMessagingRabbit) -> Result<Self, Error> {
        let settings = url.settings(general);
        let identity = match (&settings.ssl_cert_file, &settings.ssl_key_file) {
            (Some(certificate), Some(key)) => Some(Identity { certificate, key }),
            (None, None) => None,
            _ if settings.ssl => return Err(Error::HalfIdentity),
            _ => None,
        };
        let tls = settings
            .ssl
            .then(|| tls::verified(settings.ssl_ca_file.as_deref(), identity))
            .transpose()?;
        Ok(Self {
            hosts: url.hosts().to_vec(),
            virtual_host: url.virtual_host().to_owned(),
            settings,
            tls: tls.map(Arc::new),
            next: AtomicUsize::new(0),
        })
    }

    /// Returns the brokers' settings.
    pub fn settings(&self) -> &OsloMessagingRabbit {
        &self.settings
    }

    /// Connects to the first broker that answers; `name` appears in the broker's list of connections. Requires a tokio
    /// runtime, which has to run for as long as the connection is used.
    ///
    /// # Errors
    /// The last broker's error if none answers.
    pub async fn connect(&self, name: &str) -> Result<Connection, Error> {
        let (connection, _) = self.connect_with_cord(name).await?;
        Ok(connection)
    }

    /// Like [`Broker::connect`], through a gate that can stop reading from the broker.
    ///
    /// # Errors
    /// The last broker's error if none answers.
    pub async fn connect_through(&self, gate: &Gate, name: &str) -> Result<Connection, Error> {
        let (connection, _) = self.connect_in_turn(name, gate).await?;
        Ok(connection)
    }

    /// Like [`Broker::connect`], but also returns a handle that can cut the connection.
    ///
    /// # Errors
    /// The last broker's error if none answers.
    pub async fn connect_with_cord(&self, name: &str) -> Result<(Connection, SocketHandle), Error> {
        // This gate is never closed.
        self.connect_in_turn(name, &Gate::default()).await
    }

    async fn connect_in_turn(&self, name: &str, gate: &Gate) -> Result<(Connection, SocketHandle), Error> {
        let mut outcome = Err(Error::Silent(String::new()));
        for host in self.turns() {
            outcome = self.connect_to(host, name, gate).await;
            match &outcome {
                Ok(_) => break,
                Err(error) => {
                    tracing::debug!(%error, "a broker could not be used");
                    self.failed();
                }
            }
        }
        outcome
    }

    /// Yields the brokers in the order in which they are to be tried.
    pub fn turns(&self) -> impl Iterator<Item = &BrokerHost> {
        let begin = self.next.load(Ordering::Relaxed);
        let hosts = self.hosts.iter().cycle();
        hosts.skip(begin % self.hosts.len()).take(self.hosts.len())
    }

    /// Opens a socket to a broker, for another protocol than lapin's, and returns a handle that can cut it.
    ///
    /// # Errors
    /// Fails if the broker is unreachable or its certificate is not trusted.
    #[cfg(feature = "amqp1")]
    pub(crate) async fn dial(&self, host: &BrokerHost) -> io::Result<(Box<dyn Duplex>, SocketHandle)> {
        let handle = SocketHandle::default();
        let (tls, gate) = (self.tls.clone(), Gate::default());
        let socket = open(&host.host, self.port(host), tls, &handle, gate).await?;
        Ok((socket.into_inner(), handle))
    }

    /// Returns the virtual host.
    #[cfg(feature = "amqp1")]
    pub(crate) fn virtual_host(&self) -> &str {
        &self.virtual_host
    }

    fn port(&self, host: &BrokerHost) -> u16 {
        host.port
            .unwrap_or(if self.settings.ssl { TLS_PORT } else { PORT })
    }

    /// Reports a failed connection, so that the next attempt starts with another broker.
    pub fn failed(&self) {
        self.next.fetch_add(1, Ordering::Relaxed);
    }

    async fn connect_to(
        &self,
        host: &BrokerHost,
        name: &str,
        gate: &Gate,
    ) -> Result<(Connection, SocketHandle), Error> {
        let tls = self.tls.clone();
        let socket = SocketHandle::default();
        let (kept, gate) = (socket.clone(), gate.clone());
        let open = async move |uri: AMQPUri, _| {
            let authority = uri.authority;
            let stream = open(&authority.host, authority.port, tls.clone(), &kept, gate.clone()).await?;
            Ok(AsyncTcpStream::Plain(stream))
        };
        let tokio = Tokio::current();
        let runtime = Runtime::new(RuntimeParts::new(tokio.clone(), Network(tokio)));
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        let connecting = Connection::connector(self.uri(host), runtime, open, properties);
        let Ok(outcome) = tokio::time::timeout(PATIENCE, connecting).await else {
            socket.cut();
            return Err(Error::Silent(host.to_string()));
        };
        match outcome {
            Ok(connection) => Ok((connection, socket)),
            Err(source) => Err(Error::Broker {
                broker: host.to_string(),
                source,
            }),
        }
    }

    fn uri(&self, host: &BrokerHost) -> AMQPUri {
        let settings = &self.settings;
        let heartbeat = settings.heartbeat_timeout_threshold.as_secs();
        AMQPUri {
            // The stream is already encrypted; lapin must not add TLS.
            scheme: AMQPScheme::AMQP,
            authority: AMQPAuthority {
                userinfo: AMQPUserInfo {
                    username: host.user.clone(),
                    password: host.password.expose().to_owned(),
                },
                host: host.host.clone(),
                port: self.port(host),
            },
            vhost: self.virtual_host.clone(),
            query: AMQPQueryString {
                heartbeat: Some(u16::try_from(heartbeat).unwrap_or(u16::MAX)),
                auth_mechanism: Some(match settings.rabbit_login_method {
                    LoginMethod::Amqplain => SASLMechanism::AMQPlain,
                    LoginMethod::Plain => SASLMechanism::Plain,
                    LoginMethod::External => SASLMechanism::External,
                }),
                ..AMQPQueryString::default()
            },
        }
    }
}

async fn open(
    host: &str,
    port: u16,
    tls: Option<Arc<ClientConfig>>,
    handle: &SocketHandle,
    gate: Gate,
) -> io::Result<Socket> {
    let stream = tokio::time::timeout(PATIENCE, TcpStream::connect((host, port)))
        .await
        .map_err(|_| io::ErrorKind::TimedOut)??;
    stream.set_nodelay(true)?;
    let stream = stream.into_std()?;
    handle.hold(stream.try_clone()?);
    let stream = TcpStream::from_std(stream)?;
    let Some(tls) = tls else {
        return Ok(socket(Gated::new(stream, gate)));
    };
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let stream = TlsConnector::from(tls).connect(name, stream).await?;
    Ok(socket(Gated::new(stream, gate)))
}
