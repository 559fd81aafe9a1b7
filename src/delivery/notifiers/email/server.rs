//! The mail server, and how to connect to it.

use std::sync::Arc;

use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream};
use lettre::transport::smtp::commands::Starttls;
use lettre::transport::smtp::extension::ClientId;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::reply::Reply;
use super::wire::Wire;
use crate::config::{self, Encryption};
use crate::outbound::Lookups;
use crate::tls;

/// The mail server.
pub struct Server {
    host: String,
    port: u16,
    encryption: Encryption,
    tls: Arc<ClientConfig>,
    credentials: Option<Credentials>,
    /// Of its name: many attempts must not take the threads of all others while a name server hangs.
    lookups: Lookups,
    /// How this client introduces itself.
    name: ClientId,
}

impl Server {
    /// Reads the certificates to trust; does not connect yet.
    pub fn new(config: &config::Email) -> Result<Self, tls::Error> {
        let encryption = config.encryption();
        let tls = match encryption {
            Encryption::None => tls::unused()?,
            Encryption::Starttls | Encryption::Tls => tls::verified(config.ca_file.as_deref(), None)?,
        };
        let login = config.username.clone().zip(config.password.as_ref());
        Ok(Self {
            host: config.host.clone(),
            port: config.port,
            encryption,
            tls: Arc::new(tls),
            credentials: login.map(|(user, password)| Credentials::new(user, password.expose().to_owned())),
            lookups: Lookups::new(),
            name: ClientId::Domain(config::host_name()),
        })
    }

    /// Connects, encrypts and logs in.
    pub async fn connect(&self) -> Result<AsyncSmtpConnection, Reply> {
        let mut connection = self.open().await.map_err(|fault| {
            let (host, port) = (&self.host, self.port);
            Reply::down(&format!("the mail server {host}:{port} cannot be used: {fault}"))
        })?;
        if let Some(credentials) = &self.credentials {
            let login = connection.auth(DEFAULT_MECHANISMS, credentials).await;
            login.map_err(|error| Reply::of_server("the login failed", &error))?;
        }
        Ok(connection)
    }

    async fn open(&self) -> Result<AsyncSmtpConnection, String> {
        let place = (self.host.clone(), self.port);
        let lookup = async move { Ok(lookup_host(place).await?.collect::<Vec<_>>()) };
        let found = self.lookups.run(Some(self.host.as_str().into()), lookup).await;
        let stream = TcpStream::connect(found.map_err(text)?.as_slice())
            .await
            .map_err(text)?;
        stream.set_nodelay(true).map_err(text)?;
        let address = stream.peer_addr().map_err(text)?;
        match self.encryption {
            Encryption::None => self.greet(Wire::new(stream, address)).await,
            Encryption::Tls => self.greet(Wire::new(self.encrypt(stream).await?, address)).await,
            Encryption::Starttls => {
                let stream = stream.into_std().map_err(text)?;
                let twin = TcpStream::from_std(stream.try_clone().map_err(text)?).map_err(text)?;
                self.start_tls(Wire::new(twin, address)).await?;
                let stream = TcpStream::from_std(stream).map_err(text)?;
                self.greet(Wire::greeted(self.encrypt(stream).await?, address))
                    .await
            }
        }
    }

    /// Prepares the connection for the handshake. Whatever else was received in plain text is dropped: an attacker may have
    /// sent it.
    async fn start_tls(&self, stream: impl AsyncTokioStream + 'static) -> Result<(), String> {
        let mut plain = self.greet(stream).await?;
        if !plain.can_starttls() {
            return Err("it does not offer STARTTLS".to_owned());
        }
        plain.command(Starttls).await.map(drop).map_err(text)
    }

    async fn greet(&self, stream: impl AsyncTokioStream + 'static) -> Result<AsyncSmtpConnection, String> {
        let greeted = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &self.name).await;
        greeted.map_err(text)
    }

    async fn encrypt(&self, stream: TcpStream) -> Result<TlsStream<TcpStream>, String> {
        let name = ServerName::try_from(self.host.clone()).map_err(text)?;
        let connector = TlsConnector::from(Arc::clone(&self.tls));
        connector.connect(name, stream).await.map_err(text)
    }
}

#[allow(clippy::needless_pass_by_value, reason = "the signature that map_err needs")]
fn text(error: impl ToString) -> String {
    error.to_string()
}
