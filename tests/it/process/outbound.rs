//! Outgoing requests only go to configured addresses.

use std::io::Write;
use std::net::TcpListener;
use std::time::Duration;

use tidings::outbound::{Settings, client};

use super::{Place, Server};
use crate::support::http::Request;
use crate::support::keystone::FakeKeystone;

#[tokio::test]
async fn no_redirect_is_followed() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    let asked = std::thread::spawn(move || {
        let (mut stream, _) = server.accept().unwrap();
        let request = Request::read(&stream).unwrap();
        let answer =
            format!("HTTP/1.1 307 X\r\nLocation: http://{address}/elsewhere\r\nContent-Length: 0\r\n\r\n");
        stream.write_all(answer.as_bytes()).unwrap();
        // A client that follows it returns, on this connection or another.
        server.set_nonblocking(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        let more = Request::read(&stream).is_some() || server.accept().is_ok();
        (request.line, more)
    });
    let settings = Settings {
        is_https: false,
        ca_file: None,
        identity: None,
        ca: None,
        is_insecure: false,
        timeout: Duration::from_secs(10),
    };
    let answer = client(&settings)
        .unwrap()
        .get(format!("http://{address}/first"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 307);
    let (line, more) = asked.join().unwrap();
    assert!(line.starts_with("GET /first ") && !more, "{line}");
}

#[test]
fn proxies_of_the_environment_are_not_used() {
    let keystone = FakeKeystone::start();
    let place = Place::with(&format!(
        "[DEFAULT]\nauth_strategy = keystone\n[keystone_authtoken]\nauth_url = {}\nusername = tidings\npassword = secret\n\
         project_name = service\n",
        keystone.url()
    ));
    // Nothing listens on port 1.
    let proxies =
        ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"].map(|name| (name, "http://127.0.0.1:1"));
    let mut server = Server::start_in(&place, &proxies);
    let mut client = server.connect();
    client
        .send("GET /v3/p1/messages HTTP/1.1\r\nHost: localhost\r\nX-Auth-Token: bad\r\n\r\n")
        .unwrap();
    assert_eq!(client.answer().unwrap().status, 401);
    assert_eq!(keystone.state().questions.len(), 1);
    server.stop();
}
