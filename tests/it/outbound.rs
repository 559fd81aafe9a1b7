//! Calls to addresses that others supply.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use proptest::prelude::{Strategy, any};
use proptest::{prop_assert, prop_assert_eq, proptest};
use reqwest::{Method, Url};
use tidings::outbound::{Answer, CallError, Guard, GuardedClient, Refused, Settings};

use crate::support::http::Request;
use crate::support::{SOON, let_pass_here};

fn guard(allowed: &[&str]) -> Guard {
    let nets: Vec<_> = allowed.iter().map(|net| net.parse().unwrap()).collect();
    Guard::new(nets)
}

/// Returns the verdict on a URL; `ok` if it may be called.
fn verdict(guard: &Guard, url: &str) -> String {
    let url = Url::parse(url).unwrap();
    guard
        .check_url(&url)
        .map_or_else(|refused| refused.to_string(), |()| "ok".to_owned())
}

fn kind(host: &str) -> String {
    let verdict = verdict(&guard(&[]), &format!("http://{host}/hook"));
    let kind = verdict.strip_prefix("the host is a ");
    let kind = kind.and_then(|rest| rest.strip_suffix(" address, which must not be called"));
    kind.unwrap_or(&verdict).to_owned()
}

#[test]
fn addresses_that_lead_inside_are_refused_in_every_spelling() {
    for (host, want) in [
        // Spellings of one address.
        ("127.0.0.1", "loopback"),
        ("127.0.0.1.", "loopback"),
        ("127.1", "loopback"),
        ("2130706433", "loopback"),
        ("0x7f000001", "loopback"),
        ("0x7f.1", "loopback"),
        ("0177.0.0.1", "loopback"),
        ("017700000001", "loopback"),
        ("%31%32%37.0.0.1", "loopback"),
        ("１２７.０.０.１", "loopback"),
        ("127。0。0。1", "loopback"),
        ("①②⑦.0.0.1", "loopback"),
        ("[::1]", "loopback"),
        ("[0:0:0:0:0:0:0:1]", "loopback"),
        ("[0000::0001]:8080", "loopback"),
        // One of each kind, and edges that are often wrong.
        ("0.0.0.0", "unspecified"),
        ("0", "unspecified"),
        ("[::]", "unspecified"),
        ("10.255.255.255", "private"),
        ("172.16.0.0", "private"),
        ("172.31.255.255", "private"),
        ("192.168.0.1", "private"),
        ("[fc00::1]", "private"),
        ("[fec0::1]", "private"),
        ("100.64.0.1", "shared"),
        ("100.127.255.255", "shared"),
        ("169.254.169.254", "link-local"),
        ("[fe80::1]", "link-local"),
        ("224.0.0.1", "multicast"),
        ("239.255.255.255", "multicast"),
        ("[ff02::1]", "multicast"),
        ("192.0.2.1", "documentation"),
        ("198.51.100.1", "documentation"),
        ("203.0.113.1", "documentation"),
        ("[2001:db8::1]", "documentation"),
        ("[3fff::1]", "documentation"),
        ("198.19.255.255", "benchmarking"),
        ("192.0.0.1", "reserved"),
        ("192.88.99.1", "reserved"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "reserved"),
        ("[100::1]", "reserved"),
        ("[2001:2::1]", "reserved"),
        ("[5f00::1]", "reserved"),
        ("[4000::1]", "reserved"),
        // The metadata of clouds: of most, of Azure, Alibaba, Oracle, and of AWS and Google over IPv6.
        ("168.63.129.16", "metadata"),
        ("100.100.100.200", "shared"),
        ("192.0.0.192", "reserved"),
        ("[fd00:ec2::254]", "private"),
        ("[fd20:ce::254]", "private"),
        // Addresses that stand for others.
        ("[::ffff:127.0.0.1]", "loopback"),
        ("[::ffff:7f00:1]", "loopback"),
        ("[::ffff:0:10.0.0.1]", "private"),
        ("[::127.0.0.1]", "reserved"),
        ("[64:ff9b::10.0.0.1]", "private"),
        ("[64:ff9b:1::8.8.8.8]", "translated"),
        ("[2002:a9fe:a9fe::1]", "link-local"),
        ("[2001:0:808:808::5601:feff]", "link-local"),
        ("[2001:0:a00:1::f7f7:f7f7]", "private"),
        ("[2600::5efe:10.0.0.1]", "private"),
        ("[2600::200:5efe:169.254.169.254]", "link-local"),
        // Allowed addresses.
        ("8.8.8.8", "ok"),
        ("100.63.255.255", "ok"),
        ("172.32.0.0", "ok"),
        ("[2600::1]", "ok"),
        ("[::ffff:8.8.8.8]", "ok"),
        ("[64:ff9b::8.8.8.8]", "ok"),
        ("[2002:808:808::1]", "ok"),
        ("[2001:0:808:808::f7f7:f7f7]", "ok"),
        // Names are checked when they are resolved.
        ("localhost", "ok"),
        ("bücher.example", "ok"),
    ] {
        assert_eq!(kind(host), want, "{host}");
    }
}

#[test]
fn a_url_of_another_form_is_refused_by_what_is_wrong() {
    let guard = guard(&["0.0.0.0/0"]);
    let user = "the URL must not contain a user or a password";
    for (url, want) in [
        ("http://user@host/", user),
        ("https://:secret@host/", user),
        ("http://8.8.8.8@10.0.0.1/", user),
        ("ftp://host/", "the URL must begin with http:// or https://"),
        (
            "file:///etc/passwd",
            "the URL must begin with http:// or https://",
        ),
        ("https://host:8443/a?b", "ok"),
    ] {
        assert_eq!(verdict(&guard, url), want, "{url}");
    }
}

#[test]
fn a_network_that_is_allowed_is_so_however_its_addresses_are_written() {
    let guard = guard(&["10.1.0.0/16", "fd00::/64"]);
    for (host, is_allowed) in [
        ("10.1.2.3", true),
        ("[::ffff:10.1.2.3]", true),
        ("[64:ff9b::10.1.2.3]", true),
        ("[fd00::7]", true),
        ("10.2.0.1", false),
        ("[fd00:0:0:1::7]", false),
        ("127.0.0.1", false),
        ("8.8.8.8", true),
    ] {
        assert_eq!(
            verdict(&guard, &format!("http://{host}/")) == "ok",
            is_allowed,
            "{host}"
        );
    }
}

/// Whether the standard library classifies an address as internal.
fn is_known_inside(address: Ipv4Addr) -> bool {
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_unspecified()
}

/// Any address, mostly near the edge of a special network.
fn addresses() -> impl Strategy<Value = Ipv4Addr> {
    let firsts = [
        0, 9, 10, 11, 100, 127, 128, 169, 172, 192, 198, 203, 223, 224, 255,
    ];
    let near = (0..firsts.len(), any::<[u8; 3]>())
        .prop_map(move |(first, [b, c, d])| Ipv4Addr::new(firsts[first], b, c, d));
    proptest::prop_oneof![near, any::<[u8; 4]>().prop_map(Ipv4Addr::from)]
}

/// Returns an address of these first 96 bits that ends with an IPv4 address.
fn behind(prefix: u128, address: Ipv4Addr) -> IpAddr {
    Ipv6Addr::from_bits(prefix << 32 | u128::from(address.to_bits())).into()
}

proptest! {
    #[test]
    fn what_is_known_to_be_inside_is_refused(address in addresses()) {
        prop_assert!(!is_known_inside(address) || guard(&[]).check(address.into()).is_err());
    }

    #[test]
    fn an_address_is_judged_the_same_behind_every_translation(address in addresses()) {
        let guard = guard(&["10.1.0.0/16"]);
        let want = guard.check(address.into());
        let six_to_four = Ipv6Addr::from_bits(0x2002 << 112 | u128::from(address.to_bits()) << 80 | 1);
        let inverted = Ipv4Addr::from_bits(!address.to_bits());
        for translated in [
            behind(0xffff, address),
            behind(0xffff << 16, address),
            behind(0x0064_ff9b << 64, address),
            six_to_four.into(),
            behind(0x2001_0000_0808_0808 << 32, inverted),
        ] {
            prop_assert_eq!(&guard.check(translated), &want, "{}", translated);
        }
    }

    #[test]
    fn an_address_of_no_global_network_is_refused(bits in any::<u128>()) {
        let address = Ipv6Addr::from_bits(bits);
        let is_global = address.segments()[0] & 0xe000 == 0x2000;
        prop_assert!(is_global || guard(&[]).check(address.into()).is_err());
    }
}

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
