//! The RabbitMQ of the step, and consumers there.

use std::path::PathBuf;
use std::process::Command;

use lapin::message::BasicGetMessage;
use lapin::options::{
    BasicGetOptions, ExchangeDeclareOptions, ExchangeDeleteOptions, QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties, ExchangeKind};
use uuid::Uuid;

use crate::support::until;

/// The broker that tests/services/rabbitmq.sh has started in `$RABBITMQ_FOLDER`.
pub struct Rabbit {
    pub folder: PathBuf,
}

/// What a consumer got.
pub struct Got {
    pub key: String,
    pub body: String,
    pub properties: BasicProperties,
}

impl Rabbit {
    pub fn of_the_step() -> Self {
        Self {
            folder: std::env::var_os("RABBITMQ_FOLDER")
                .expect("run by tests/run amqp")
                .into(),
        }
    }

    /// Returns the number in a file, such as `port`.
    fn number(&self, file: &str) -> String {
        let number = std::fs::read_to_string(self.folder.join(file)).unwrap();
        number.trim().to_owned()
    }

    /// Returns the option `url`, for this login.
    pub fn url(&self, login: &str) -> String {
        format!("url = amqp://{login}@127.0.0.1:{}/", self.number("port"))
    }

    /// Returns the options for TLS with the authority in this file.
    pub fn tls(&self, authority: &str) -> String {
        format!(
            "url = amqps://guest:guest@localhost:{}/\nca_file = {}",
            self.number("tls-port"),
            self.folder.join(authority).display()
        )
    }

    /// Runs a command of tests/services/rabbitmq.sh, such as `&["ctl", ..]` or `&["halt"]`, and returns what it prints.
    pub fn control(&self, command: &[&str]) -> String {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/services/rabbitmq.sh");
        let (word, arguments) = command.split_first().unwrap();
        let mut run = Command::new(script);
        let done = run.arg(word).arg(&self.folder).args(arguments).output().unwrap();
        assert!(done.status.success(), "{command:?}: {done:?}");
        String::from_utf8(done.stdout).unwrap()
    }

    /// Signals its process: STOP makes it hang with open connections.
    pub fn signal(&self, name: &str) {
        let pid = self.number("pid");
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &pid])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    /// Counts the lines of the log that match, such as those about connections that were closed cleanly.
    pub fn logged(&self, line: &str) -> usize {
        let line = regex::Regex::new(line).unwrap();
        let logs = std::fs::read_dir(self.folder.join("log")).unwrap();
        let texts = logs.map(|log| std::fs::read(log.unwrap().path()).unwrap());
        texts
            .map(|text| line.find_iter(&String::from_utf8_lossy(&text)).count())
            .sum()
    }

    pub async fn connect(&self) -> Consumer {
        let url = format!("amqp://guest:guest@127.0.0.1:{}/%2f", self.number("port"));
        let connection = Connection::connect(&url, ConnectionProperties::default())
            .await
            .unwrap();
        Consumer {
            channel: connection.create_channel().await.unwrap(),
            _connection: connection,
        }
    }
}

/// A connection with queues of its own.
pub struct Consumer {
    channel: Channel,
    _connection: Connection,
}

impl Consumer {
    /// Declares a durable exchange of this type and returns its name.
    pub async fn exchange(&self, kind: ExchangeKind) -> String {
        let name = new_name();
        let options = ExchangeDeclareOptions {
            durable: true,
            ..ExchangeDeclareOptions::default()
        };
        self.declare(&name, kind, options).await;
        name
    }

    pub async fn declare(&self, name: &str, kind: ExchangeKind, options: ExchangeDeclareOptions) {
        self.channel
            .exchange_declare(name.into(), kind, options, FieldTable::default())
            .await
            .unwrap();
    }

    pub async fn delete(&self, exchange: &str) {
        let options = ExchangeDeleteOptions::default();
        self.channel
            .exchange_delete(exchange.into(), options)
            .await
            .unwrap();
    }

    /// Declares a durable queue with a binding, and returns its name.
    pub async fn bind(&self, exchange: &str, key: &str) -> String {
        let queue = new_name();
        let options = QueueDeclareOptions {
            durable: true,
            ..QueueDeclareOptions::default()
        };
        self.channel
            .queue_declare(queue.as_str().into(), options, FieldTable::default())
            .await
            .unwrap();
        let (queue_name, exchange) = (queue.as_str().into(), exchange.into());
        self.channel
            .queue_bind(
                queue_name,
                exchange,
                key.into(),
                QueueBindOptions::default(),
                FieldTable::default(),
            )
            .await
            .unwrap();
        queue
    }

    /// Takes the next message of a queue, if there is one.
    pub async fn take(&self, queue: &str) -> Option<Got> {
        let options = BasicGetOptions { no_ack: true };
        let message = self.channel.basic_get(queue.into(), options).await.unwrap()?;
        let BasicGetMessage { delivery, .. } = message;
        Some(Got {
            key: delivery.routing_key.to_string(),
            body: String::from_utf8(delivery.data).unwrap(),
            properties: delivery.properties,
        })
    }

    /// Waits for the next message of a queue.
    pub async fn next(&self, queue: &str) -> Got {
        let mut got = None;
        until("a message", async || {
            got = self.take(queue).await;
            got.is_some()
        })
        .await;
        got.unwrap()
    }
}

/// Returns a name that no other test uses.
pub fn new_name() -> String {
    format!("test.{}", Uuid::now_v7().simple())
}
