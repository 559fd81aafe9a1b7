//! What is connected to, and how much of an answer is read.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::{Method, Url};
use tidings::outbound::{Answer, CallError, Guard, GuardedClient, Refused, Settings};

use super::guard;
use crate::support::http::Request;
use crate::support::{SOON, let_pass_here};

/// A server that answers each request by a function, and counts the connections.
struct Site {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Site {
    /// On the loopback address of IPv4.
    fn start(answer: fn(&str, &mut dyn Write)) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        std::thread::spawn(move || {
            while let Ok((mut stream, _)) = listener.accept() {
                count.fetch_add(1, Ordering::SeqCst);
                if let Some(request) = Request::read(&stream) {
                    answer(&request.line, &mut stream);
                }
            }
        });
        Self { port, connections }
    }

    fn address(&self, host: &str) -> String {
        format!("http://{host}:{}/hook", self.port)
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn client(guard: Option<Guard>, timeout: Duration) -> GuardedClient {
    let settings = Settings {
        is_https: false,
        ca_file: None,
        identity: None,
        ca: None,
        is_insecure: false,
        timeout,
    };
    GuardedClient::new(&settings, guard).unwrap()
}

async fn call(client: &GuardedClient, url: &str, longest: usize) -> Result<Answer, CallError> {
    let request = reqwest::Request::new(Method::POST, Url::parse(url).unwrap());
    client.send(request, longest).await
}

fn greet(_: &str, stream: &mut dyn Write) {
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
}

#[tokio::test]
async fn nothing_is_connected_to_that_is_refused() {
    let site = Site::start(greet);
    let client = client(Some(guard(&[])), SOON);
    for (host, want) in [
        ("127.0.0.1", Refused::Address("loopback")),
        ("0x7f.1", Refused::Address("loopback")),
        ("[::ffff:127.0.0.1]", Refused::Address("loopback")),
        ("localhost", Refused::Name),
        ("LOCALHOST", Refused::Name),
    ] {
        match call(&client, &site.address(host), 100).await {
            Err(CallError::Refused(refused)) => assert_eq!(refused, want, "{host}"),
            other => panic!("{host}: {other:?}"),
        }
    }
    // Not every system knows this name, which the parser leaves as it is.
    assert!(call(&client, &site.address("localhost."), 100).await.is_err());
    assert_eq!(site.connections(), 0);
}

#[tokio::test]
async fn a_discreet_guard_does_not_say_which_names_exist() {
    let site = Site::start(greet);
    let client = client(Some(guard(&[]).discreet()), SOON);
    let no_name = format!("{}.invalid", "x".repeat(64));
    for host in ["localhost", &no_name] {
        match call(&client, &site.address(host), 100).await {
            Err(CallError::Refused(refused)) => assert_eq!(refused, Refused::Name, "{host}"),
            other => panic!("{host}: {other:?}"),
        }
    }
}

/// On most hosts `localhost` also has an IPv6 address; only the allowed one is tried.
#[tokio::test]
async fn a_name_is_connected_to_at_the_addresses_that_passed() {
    let site = Site::start(greet);
    let client = client(Some(guard(&["127.0.0.0/8"])), SOON);
    for host in ["localhost", "127.0.0.1"] {
        let answer = call(&client, &site.address(host), 100).await.unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (200, &b"hello"[..]));
        assert!(!answer.is_cut);
    }
    assert_eq!(site.connections(), 2);
}

#[tokio::test]
async fn without_a_guard_any_address_may_be_called_but_none_with_a_user() {
    let site = Site::start(greet);
    let client = client(None, SOON);
    assert!(call(&client, &site.address("localhost"), 100).await.is_ok());
    let refused = call(&client, &site.address("user@localhost"), 100)
        .await
        .unwrap_err();
    assert!(
        matches!(refused, CallError::Refused(Refused::UserInfo)),
        "{refused}"
    );
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let site = Site::start(|_, stream| {
        let _ = stream.write_all(
            b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        );
    });
    let client = client(Some(guard(&["127.0.0.1/32"])), SOON);
    let answer = call(&client, &site.address("127.0.0.1"), 100).await.unwrap();
    assert_eq!(answer.status, 307);
    assert_eq!(answer.headers["location"], "http://169.254.169.254/");
    assert_eq!(site.connections(), 1);
}

/// The site sends without end.
#[tokio::test]
async fn of_a_long_answer_the_first_bytes_are_read() {
    let site = Site::start(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n");
        while stream.write_all(b"10\r\n0123456789abcdef\r\n").is_ok() {}
    });
    let client = client(None, SOON);
    let answer = call(&client, &site.address("127.0.0.1"), 20).await.unwrap();
    assert_eq!(answer.status, 500);
    assert_eq!(answer.body, b"0123456789abcdef0123");
    assert!(answer.is_cut);
}

#[tokio::test]
async fn an_answer_of_just_the_length_is_whole() {
    let site = Site::start(greet);
    let client = client(None, SOON);
    let answer = call(&client, &site.address("127.0.0.1"), 5).await.unwrap();
    assert_eq!((answer.body.as_slice(), answer.is_cut), (&b"hello"[..], false));
    let answer = call(&client, &site.address("127.0.0.1"), 4).await.unwrap();
    assert_eq!((answer.body.as_slice(), answer.is_cut), (&b"hell"[..], true));
}

/// Each wait is short, but the sum is long.
#[tokio::test]
async fn one_deadline_holds_for_head_and_body() {
    let site = Site::start(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
        while stream.write_all(b".").is_ok() {
            let_pass_here(Duration::from_millis(50));
        }
    });
    let client = client(None, Duration::from_millis(300));
    let begun = Instant::now();
    let failed = call(&client, &site.address("127.0.0.1"), 10_000)
        .await
        .unwrap_err();
    assert!(failed.to_string().contains("timed out"), "{failed}");
    assert!(begun.elapsed() < Duration::from_secs(10));
}

/// A closed port; the error names no address.
#[tokio::test]
async fn a_failure_names_no_address() {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let SocketAddr::V4(address) = free.local_addr().unwrap() else {
        panic!("not IPv4");
    };
    drop(free);
    let client = client(None, SOON);
    let url = format!("http://localhost:{}/?token=secret", address.port());
    let failed = call(&client, &url, 100).await.unwrap_err().to_string();
    for part in ["127.0.0.1", "::1", "secret"] {
        assert!(!failed.contains(part), "{failed}");
    }
}
