//! From a command that creates an AMQP listener to a message at a real RabbitMQ, through a server.

use serde_json::{Value, json};

use super::{Place, Server};
use crate::delivery::amqp::broker::Rabbit;
use crate::delivery::amqp::protocols;

const VOLUME: &str = "7c0b1be5-5d1c-4e5a-9f6e-0d5f2f9d3a11";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs RabbitMQ: tests/run amqp"]
async fn what_a_service_records_reaches_a_consumer_of_the_broker() {
    let rabbit = Rabbit::of_the_step();
    let consumer = rabbit.connect().await;
    let queue = consumer.bind("amq.topic", "server.message.*").await;
    for protocol in protocols() {
        let place = Place::with(&format!(
            "[messaging]\n{}\n{protocol}\n",
            rabbit.url("guest:guest")
        ));
        place.succeed(&["db", "migrate"]);
        let create = ["event", "listener", "amqp", "create", "--event-type", "message.*"];
        let created = place.succeed(&[&create[..], &["--routing-prefix", "server."]].concat());
        assert_eq!(created, "Event listener successfully created\n\n");
        let mut server = Server::start(&place);
        let body = json!({ "message": { "event_id": "VOLUME_000002", "resource_type": "VOLUME", "resource_uuid": VOLUME } });
        let posted = server.connect().post("p1", &body.to_string()).unwrap();
        assert_eq!(posted.status, 201);
        let got = consumer.next(&queue).await;
        assert_eq!(got.key, "server.message.create", "{protocol}");
        let event: Value = serde_json::from_str(&got.body).unwrap();
        assert_eq!(event["event_type"], "message.create");
        assert_eq!(event["payload"]["resource_uuid"], VOLUME);
        server.stop();
        assert_eq!(place.database().count("deliveries WHERE state = 1"), 1);
    }
}
