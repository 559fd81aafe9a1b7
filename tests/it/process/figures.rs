//! The address of the figures alone.

use std::fs;

use super::{Connection, Place, Server, wait_for};

#[test]
fn the_address_of_the_figures_has_them_and_nothing_else() {
    let place = Place::with("[DEFAULT]\nlog_file = log\n[metrics]\nbind = 127.0.0.1:0\n");
    let mut server = Server::start(&place);
    let address = wait_for("the address", || {
        let log = fs::read_to_string(place.path("log")).unwrap();
        let (_, after) = log.split_once("serving figures address=")?;
        after.split_whitespace().next()?.parse().ok()
    });
    let mut prometheus = Connection::open(address).unwrap();
    let figures = prometheus.get("/metrics").unwrap();
    assert_eq!(figures.status, 200);
    assert!(
        figures.body.contains("tidings_http_requests_in_flight"),
        "{figures:?}"
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
