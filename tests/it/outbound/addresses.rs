//! Which addresses may be called.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::{Strategy, any};
use proptest::{prop_assert, prop_assert_eq, proptest};
use reqwest::Url;
use tidings::outbound::Guard;

use super::guard;

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
