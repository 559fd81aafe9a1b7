//! Connections to a cluster of RabbitMQ.

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
use super::network::{Network, Socket, socket};
use crate::config::{BrokerHost, LoginMethod, OsloMessagingRabbit, TransportUrl};
use crate::tls::{self, Identity};

/// How long one broker may take until it can be used.
const PATIENCE: Duration = Duration::from_secs(10);

/// The ports where a URL names none.
const PORT: u16 = 5672;
const TLS_PORT: u16 = 5671;

/// Why there is no connection, or none any more.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The files for TLS cannot be used.
    #[error("the connection to the broker cannot be encrypted")]
    Tls(#[from] tls::Error),
    /// A certificate without its key, or the other way round.
    #[error("ssl_cert_file and ssl_key_file go together")]
    HalfIdentity,
    /// The broker cannot be reached, refused, or went away.
    #[error("broker {broker}: {source}")]
    Broker {
        /// `user@host:port`.
        broker: String,
        /// What was wrong.
        source: lapin::Error,
    },
    /// The broker did not answer in time.
    #[error("broker {0}: no answer in 10 s")]
    Silent(String),
}

/// A second handle of a connection's socket: closing it is the only way to end one that hangs.
#[derive(Clone, Debug, Default)]
pub struct SocketHandle(Arc<Mutex<Option<StdStream>>>);

impl SocketHandle {
    /// Ends the connection without a word to the broker.
    pub fn cut(&self) {
        if let Some(stream) = self.socket().take() {
            // It may be closed already.
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
    /// Where the next attempt begins: after a failure with the next broker, so that one which accepts and then fails
    /// does not keep the others from their turn.
    next: AtomicUsize,
}

impl Broker {
    /// The brokers of `url`, with the general settings as it says otherwise. Nothing is connected yet.
    ///
    /// # Errors
    /// Files for TLS that cannot be used.
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

    /// How these brokers are spoken to.
    pub fn settings(&self) -> &OsloMessagingRabbit {
        &self.settings
    }

    /// Connects to the first broker that answers, as `name` in the broker's list of connections. Call it within a runtime
    /// of tokio, which has to be driven for as long as the connection is used.
    ///
    /// # Errors
    /// Those of the last broker tried, when none answers.
    pub async fn connect(&self, name: &str) -> Result<Connection, Error> {
        let (connection, _) = self.connect_with_cord(name).await?;
        Ok(connection)
    }

    /// As [`Broker::connect`], through a gate that can hold up what the broker sends.
    ///
    /// # Errors
    /// Those of the last broker tried, when none answers.
    pub async fn connect_through(&self, gate: &Gate, name: &str) -> Result<Connection, Error> {
        let (connection, _) = self.connect_in_turn(name, gate).await?;
        Ok(connection)
    }

    /// As [`Broker::connect`], with what cuts the connection off.
    ///
    /// # Errors
    /// Those of the last broker tried, when none answers.
    pub async fn connect_with_cord(&self, name: &str) -> Result<(Connection, SocketHandle), Error> {
        // Nobody closes this one.
        self.connect_in_turn(name, &Gate::default()).await
    }

    async fn connect_in_turn(&self, name: &str, gate: &Gate) -> Result<(Connection, SocketHandle), Error> {
        let begin = self.next.load(Ordering::Relaxed);
        let mut outcome = Err(Error::Silent(String::new()));
        for turn in begin..begin + self.hosts.len() {
            let host = &self.hosts[turn % self.hosts.len()];
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

    /// Says that a connection failed, so that the next one is made to another broker.
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
            // TLS is made here; lapin gets the stream inside.
            scheme: AMQPScheme::AMQP,
            authority: AMQPAuthority {
                userinfo: AMQPUserInfo {
                    username: host.user.clone(),
                    password: host.password.expose().to_owned(),
                },
                host: host.host.clone(),
                port: host.port.unwrap_or(if settings.ssl { TLS_PORT } else { PORT }),
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
