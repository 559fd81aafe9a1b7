//! Receivers whose certificates prove nothing.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, Stream};
use serde_json::json;

use super::cloud::Cloud;
use super::faulty::{Faulty, OK, Trial, assert_overcome, listen};
use crate::support::http::Request;

/// A certificate in its own name, and what a server with it is.
fn certified(name: &str) -> (String, Arc<ServerConfig>) {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    (made.cert.pem(), Arc::new(config))
}

fn take_over_tls(receiver: &Faulty, mut stream: TcpStream, config: &Arc<ServerConfig>) {
    let mut connection = ServerConnection::new(Arc::clone(config)).unwrap();
    let mut stream = Stream::new(&mut connection, &mut stream);
    if let Some(request) = Request::read(&mut stream) {
        receiver.take(&request);
        stream.write_all(OK).and_then(|()| stream.flush()).unwrap();
    }
}

/// Answers in plain text, as servers do on a port without TLS, and waits until the client has gone.
fn refuse_tls(stream: &mut TcpStream) {
    stream.peek(&mut [0]).unwrap();
    stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
    let _ = stream.read_to_end(&mut Vec::new());
}

#[tokio::test]
async fn a_server_that_proves_nothing_gets_no_event_until_it_does() {
    let cloud = Cloud::start();
    let (pem, right) = certified("localhost");
    let (_, unknown) = certified("localhost");
    let (other_pem, other_name) = certified("example.org");
    let both = format!("{pem}{other_pem}");
    let mut trials = Vec::new();
    for (wrong, ca, reason) in [
        (Some(unknown), &pem, "certificate"),
        (Some(other_name), &both, "certificate"),
        (None, &pem, "corrupt message"),
    ] {
        let right = Arc::clone(&right);
        let (receiver, port) =
            Faulty::start(move |receiver, mut stream| match (receiver.is_mended(), &wrong) {
                (true, _) => take_over_tls(receiver, stream, &right),
                (false, Some(wrong)) => take_over_tls(receiver, stream, wrong),
                (false, None) => refuse_tls(&mut stream),
            });
        let config = json!({ "url": format!("https://localhost:{port}/"), "ca": ca });
        let listener = listen(&cloud, config).await;
        trials.push(Trial {
            receiver,
            listener,
            reason,
        });
    }
    assert_overcome(&cloud, &trials).await;
}
