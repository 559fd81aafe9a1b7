//! Connections and links of AMQP 1.0.

use std::sync::Arc;
use std::time::Duration;

use fe2o3_amqp::connection::ConnectionHandle;
use fe2o3_amqp::sasl_profile::SaslProfile;
use fe2o3_amqp::{Connection, Session};
use tokio::sync::Mutex;
use tokio::time::timeout;
use uuid::Uuid;

use super::lane::Lane;
use super::message::message;
use super::peer::overhear;
use crate::bus::{Broker, SocketHandle};
use crate::config::{Address, BrokerHost};
use crate::delivery::notifiers::amqp::fault::Fault;
use crate::delivery::notifiers::amqp::lanes::Lanes;
use crate::delivery::notifiers::amqp::parcel::Parcel;
use crate::delivery::notifiers::amqp::shared::{Connector, Link};

/// The time limit for connecting to one broker.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long the broker may be silent, in milliseconds.
const SILENCE: u32 = 60_000;

/// Opens connections to the brokers of a URL.
#[derive(Debug)]
pub(in super::super) struct One {
    /// The brokers.
    pub(in super::super) broker: Broker,
    /// Whether to log in as the URL's user rather than anonymously.
    pub(in super::super) has_user: bool,
    /// Where to send, unless the broker's kind decides.
    pub(in super::super) address: Option<Address>,
}

/// A connection, with a link for each address.
#[derive(Debug)]
pub(in super::super) struct OneLink {
    connection: Mutex<ConnectionHandle<()>>,
    socket: SocketHandle,
    address: Address,
    lanes: Lanes<Arc<Lane>>,
}

impl Connector for One {
    type Link = OneLink;

    async fn connect(&self) -> Result<OneLink, Fault> {
        let mut outcome = Err(Fault::new("no broker"));
        for host in self.broker.turns() {
            outcome = match timeout(PATIENCE, self.open(host)).await {
                Ok(outcome) => outcome,
                Err(_) => Err(Fault::new("no answer in 10 s")),
            };
            match &mut outcome {
                Ok(_) => break,
                Err(fault) => {
                    fault.words = format!("broker {host}: {}", fault.words);
                    self.broker.failed();
                }
            }
        }
        outcome
    }

    fn failed(&self) {
        self.broker.failed();
    }
}

impl One {
    async fn open(&self, host: &BrokerHost) -> Result<OneLink, Fault> {
        let dialled = self.broker.dial(host).await;
        let (stream, socket) = dialled.map_err(|error| Fault::new(error.to_string()))?;
        let (stream, heard) = overhear(stream);
        // RabbitMQ's way to name a virtual host; others have none.
        let name = match self.broker.virtual_host() {
            "/" => host.host.clone(),
            name => format!("vhost:{name}"),
        };
        let login = if self.has_user {
            SaslProfile::from((host.user.as_str(), host.password.expose()))
        } else {
            SaslProfile::Anonymous
        };
        let connection = Connection::builder()
            .container_id(format!("tidings:{}", Uuid::new_v4()))
            .hostname(name.as_str())
            .sasl_profile(login)
            .idle_time_out(SILENCE)
            .open_with_stream(stream)
            .await?;
        Ok(OneLink {
            connection: Mutex::new(connection),
            socket,
            address: self.address.clone().unwrap_or_else(|| heard.address()),
            lanes: Lanes::default(),
        })
    }
}

impl Link for OneLink {
    fn is_usable(&self) -> bool {
        // A locked one is in use.
        self.connection
            .try_lock()
            .map_or(true, |connection| !connection.is_closed())
    }

    async fn send(&self, parcel: &Parcel<'_>) -> Result<(), Fault> {
        let address = self.address.of(parcel.exchange, &parcel.key);
        // The library's future is large.
        let attach = Box::pin(self.attach(&address));
        let lane = self.lanes.get(&address, attach).await?;
        let outcome = lane.send(message(parcel)).await;
        if outcome.is_err() {
            self.lanes.forget(&address);
        }
        outcome
    }

    fn forget(&self, parcel: &Parcel<'_>) {
        self.lanes.forget(&self.address.of(parcel.exchange, &parcel.key));
    }

    fn cut(&self) -> String {
        self.socket.cut();
        "the broker does not answer, or gives no credit: it may be short of memory or disk".to_owned()
    }

    async fn close(&self) {
        for lane in self.lanes.take() {
            // One with a message under way ends with the connection.
            if let Some(lane) = Arc::into_inner(lane) {
                lane.close().await;
            }
        }
        let _ = self.connection.lock().await.close().await;
    }
}

impl OneLink {
    async fn attach(&self, address: &str) -> Result<Arc<Lane>, Fault> {
        let session = Session::begin(&mut *self.connection.lock().await).await?;
        Ok(Arc::new(Lane::attach(session, address).await?))
    }
}
