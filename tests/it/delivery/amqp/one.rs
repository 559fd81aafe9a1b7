//! AMQP 1.0: RabbitMQ 3 with its plugin, and Qpid Proton's broker, which both know more than this server tells them.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use lapin::ExchangeKind;
use serde_json::{Value, json};
use tidings::listener::Format;

use super::broker::{Rabbit, new_name};
use super::{assert_is, close_cleanly, deliver, event, fail, listener, notifier, pulp};
use crate::support::{NOW, wait_for};

/// How RabbitMQ logs the clean end of a connection; that of the consumers has more in the brackets.
const CLOSED: &str = r"\[info\] \S+ closing AMQP connection \S+ \(\S+ -> [0-9.:]+\)\n";

fn rabbit_options(url: &str) -> String {
    format!("{url}\nprotocol = 1.0")
}

#[tokio::test]
#[ignore = "needs RabbitMQ: tests/run amqp"]
async fn rabbitmq_routes_what_it_gets() {
    let rabbit = Rabbit::of_the_step();
    let consumer = rabbit.connect().await;
    let exchange = consumer.exchange(ExchangeKind::Topic).await;
    let some = consumer.bind(&exchange, "repo.sync.*").await;
    let all = consumer.bind(&exchange, "#").await;
    let notifier = notifier(&rabbit_options(&rabbit.url("guest:guest")));
    let listener = listener(Some(&exchange), "");
    let event = event("repo.sync.start");
    deliver(&notifier, &listener, &event).await;
    deliver(&notifier, &listener, &super::event("repo.delete")).await;
    for queue in [&some, &all] {
        let got = consumer.next(queue).await;
        assert_is(&got, &event);
    }
    assert_eq!(consumer.next(&all).await.key, "repo.delete");
    assert!(consumer.take(&some).await.is_none());
    close_cleanly(notifier, &rabbit, CLOSED).await;
}

#[tokio::test]
#[ignore = "needs RabbitMQ: tests/run amqp"]
async fn a_wrong_address_fails_no_other_listener() {
    let rabbit = Rabbit::of_the_step();
    let consumer = rabbit.connect().await;
    let queue = consumer.bind("amq.topic", "#").await;
    let notifier = notifier(&rabbit_options(&rabbit.url("guest:guest")));
    let (good, missing) = (listener(None, ""), listener(Some("missing"), ""));
    for event_type in ["repo.create", "repo.delete"] {
        let event = event(event_type);
        let ((), (_, words)) = tokio::join!(
            deliver(&notifier, &good, &event),
            fail(&notifier, &missing, &event)
        );
        assert!(words.contains("no exchange 'missing'"), "{words}");
        assert_eq!(consumer.next(&queue).await.key, event_type);
    }
    close_cleanly(notifier, &rabbit, CLOSED).await;
}

#[tokio::test]
#[ignore = "needs RabbitMQ: tests/run amqp"]
async fn tls_and_logins_are_those_of_the_url() {
    let rabbit = Rabbit::of_the_step();
    let consumer = rabbit.connect().await;
    let queue = consumer.bind("amq.topic", "tls1.#").await;
    let safe = notifier(&rabbit_options(&rabbit.tls("ca.pem")));
    deliver(&safe, &listener(None, "tls1."), &event("repo.create")).await;
    assert_eq!(consumer.next(&queue).await.key, "tls1.repo.create");
    for (options, part) in [
        (rabbit.tls("other.pem"), "certificate"),
        (rabbit.url("guest:hunter2"), "the login failed"),
    ] {
        let notifier = notifier(&rabbit_options(&options));
        let (_, words) = fail(&notifier, &listener(None, ""), &event("repo.create")).await;
        assert!(words.contains(part) && !words.contains("hunter2"), "{words}");
    }
}

/// A process with a line of output for each thing that a test waits for.
struct Process(Child);

impl Process {
    fn start(script: &str, arguments: &[&str]) -> Self {
        // The interpreter that Debian's packages belong to.
        let mut command = Command::new("/usr/bin/python3");
        command
            .args(["-u", script])
            .args(arguments)
            .stdout(Stdio::piped());
        Self(command.spawn().unwrap())
    }

    fn lines(&mut self) -> impl Iterator<Item = String> {
        BufReader::new(self.0.stdout.take().unwrap())
            .lines()
            .map(Result::unwrap)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts Qpid Proton's broker and waits until it listens.
fn start_proton(address: &str) -> Process {
    let broker = Process::start("/usr/share/proton/examples/python/broker.py", &["-a", address]);
    wait_for("the broker", || std::net::TcpStream::connect(address).ok());
    broker
}

/// Receives messages of a queue at Qpid Proton's broker.
fn receive(address: &str, queue: &str, count: usize) -> Vec<Value> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/amqp/receive.py");
    let url = format!("{address}/{queue}");
    let mut receiver = Process::start(script, &[&url, &count.to_string()]);
    let lines = receiver.lines().take(count);
    lines.map(|line| serde_json::from_str(&line).unwrap()).collect()
}

#[tokio::test]
#[ignore = "needs Qpid Proton: tests/run amqp"]
async fn proton_gets_subjects_and_properties() {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let address = port.to_string();
    let broker = start_proton(&address);
    let queue = new_name();
    let notifier = notifier(&format!("url = amqp://{address}/\nprotocol = 1.0"));
    let mut listener = listener(Some(&queue), "pulp.server.");
    let event = event("repo.sync.start");
    deliver(&notifier, &listener, &event).await;
    listener.settings.format = Format::CloudEventsBinary;
    deliver(&notifier, &listener, &event).await;
    let got = receive(&address, &queue, 2);
    let common = |body: &str, properties: Value| {
        json!({
            "subject": "pulp.server.repo.sync.start",
            "id": event.message_id.to_string(),
            "content_type": "application/json",
            "durable": true,
            "created": NOW / 1000,
            "properties": properties,
            "body": body,
        })
    };
    assert_eq!(got[0], common(&pulp("repo.sync.start"), Value::Null));
    let attributes = got[1]["properties"].clone();
    assert_eq!(attributes["cloudEvents_id"], event.message_id.to_string());
    assert_eq!(attributes["cloudEvents_specversion"], "1.0");
    assert_eq!(got[1], common(&event.payload, attributes));

    drop(broker);
    fail(&notifier, &listener, &event).await;
    let (_, words) = fail(&notifier, &listener, &event).await;
    assert!(words.starts_with("broker guest@127.0.0.1:"), "{words}");
    let _broker = start_proton(&address);
    deliver(&notifier, &listener, &event).await;
    assert_eq!(receive(&address, &queue, 1).len(), 1);
    notifier.close().await;
}
