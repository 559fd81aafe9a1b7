//! The separate address of the metrics.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::process::Child;

use super::{Connection, Place, Server, wait_for};

#[test]
fn the_address_of_the_metrics_has_them_and_nothing_else() {
    let place = Place::with("[DEFAULT]\nlog_file = log\n[metrics]\nbind = 127.0.0.1:0\n");
    let mut server = Server::start(&place);
    let address = wait_for("the address", || {
        let log = fs::read_to_string(place.path("log")).unwrap();
        let (_, after) = log.split_once("serving metrics address=")?;
        after.split_whitespace().next()?.parse().ok()
    });
    let mut prometheus = Connection::open(address).unwrap();
    let metrics = prometheus.get("/metrics").unwrap();
    assert_eq!(metrics.status, 200);
    assert!(
        metrics.body.contains("tidings_http_requests_in_flight"),
        "{metrics:?}"
    );
    for path in ["/", "/v3/p1/messages"] {
        let answer = prometheus.get(path).unwrap();
        assert_eq!(
            (answer.status, answer.fault().as_str()),
            (404, "itemNotFound"),
            "{path}"
        );
    }
    assert_eq!(server.connect().get("/metrics").unwrap().status, 404);
    server.stop();
}

/// Killed when dropped.
struct Ingest(Child);

impl Drop for Ingest {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn ingest_by_itself_has_metrics_there_too_and_reads_on_where_the_address_is_taken() {
    const BROKER: &str = "[ingest]\ntransport_url = rabbit://127.0.0.1:1/\n";
    let place = Place::with(&format!("{BROKER}[metrics]\nbind = 127.0.0.1:0\n"));
    place.make_ready();
    assert_eq!(place.run(&["db", "migrate"]).code, Some(0));
    let start = |log: &str| {
        let mut command = place.command(&["ingest"]);
        command.stderr(File::create(place.path(log)).unwrap());
        Ingest(command.spawn().unwrap())
    };
    let text = |log: &str| fs::read_to_string(place.path(log)).unwrap();
    let _first = start("first");
    let address: SocketAddr = wait_for("the address", || {
        let log = text("first");
        let (_, after) = log.split_once("serving metrics address=")?;
        after.split_whitespace().next()?.parse().ok()
    });
    let metrics = Connection::open(address).unwrap().get("/metrics").unwrap();
    assert!(
        metrics.body.contains("\ntidings_ingest_connected 0"),
        "{metrics:?}"
    );
    place.configure(&format!("{BROKER}[metrics]\nbind = {address}\n"));
    let _second = start("second");
    wait_for("the attempt to connect", || {
        text("second")
            .contains("notifications cannot be consumed")
            .then_some(())
    });
    assert!(text("second").contains("metrics are not served"));
}
