//! Distinguishes addresses of the internet from those of this host, its network or its cloud.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// Networks that are not globally reachable, from IANA's registry of special-purpose addresses.
const SPECIAL_V4: [(Ipv4Net, &str); 16] = [
    (v4([0, 0, 0, 0], 8), "unspecified"),
    (v4([10, 0, 0, 0], 8), "private"),
    (v4([100, 64, 0, 0], 10), "shared"),
    (v4([127, 0, 0, 0], 8), "loopback"),
    // Includes the metadata services of clouds.
    (v4([169, 254, 0, 0], 16), "link-local"),
    // Azure's metadata service, in a public network.
    (v4([168, 63, 129, 16], 32), "metadata"),
    (v4([172, 16, 0, 0], 12), "private"),
    (v4([192, 0, 0, 0], 24), "reserved"),
    (v4([192, 0, 2, 0], 24), "documentation"),
    // 6to4 relays.
    (v4([192, 88, 99, 0], 24), "reserved"),
    (v4([192, 168, 0, 0], 16), "private"),
    (v4([198, 18, 0, 0], 15), "benchmarking"),
    (v4([198, 51, 100, 0], 24), "documentation"),
    (v4([203, 0, 113, 0], 24), "documentation"),
    (v4([224, 0, 0, 0], 4), "multicast"),
    (v4([240, 0, 0, 0], 4), "reserved"),
];

/// The same for IPv6; addresses outside of [`GLOBAL_V6`] are not globally reachable, either.
const SPECIAL_V6: [(Ipv6Net, &str); 10] = [
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 128), "unspecified"),
    (v6([0, 0, 0, 0, 0, 0, 0, 1], 128), "loopback"),
    (v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), "documentation"),
    (v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), "documentation"),
    // Protocols, benchmarks, and hashes that only look like addresses.
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), "reserved"),
    (v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), "private"),
    (v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10), "link-local"),
    (v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10), "private"),
    (v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), "multicast"),
    // A local translator, which may place IPv4 addresses anywhere in the rest.
    (v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48), "translated"),
];

const GLOBAL_V6: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// Networks whose addresses end with an IPv4 address: that of sockets, and those of two translators.
const ENDING_V4: [Ipv6Net; 3] = [
    v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96),
    v6([0, 0, 0, 0, 0xffff, 0, 0, 0], 96),
    v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96),
];
const SIX_TO_FOUR: Ipv6Net = v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16);
const TEREDO: Ipv6Net = v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32);

/// The ISATAP mark before an IPv4 address, in any network.
const ISATAP: u16 = 0x5efe;

/// Returns the kind of an address that is not globally reachable, or `None`. See [`carried`] for addresses that stand for
/// others.
pub(super) fn special(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => special_v4(address),
        IpAddr::V6(address) => special_v6(address),
    }
}

fn special_v4(address: Ipv4Addr) -> Option<&'static str> {
    let mut nets = SPECIAL_V4.iter();
    nets.find_map(|(net, kind)| net.contains(&address).then_some(*kind))
}

fn special_v6(address: Ipv6Addr) -> Option<&'static str> {
    let mut nets = SPECIAL_V6.iter();
    nets.find_map(|(net, kind)| net.contains(&address).then_some(*kind))
        .or_else(|| (!GLOBAL_V6.contains(&address)).then_some("reserved"))
        .or_else(|| match address.segments() {
            [.., 0 | 0x0200, ISATAP, y, z] => special_v4(joined(y, z)),
            _ => None,
        })
}

/// Returns the IPv4 addresses that an address stands for, by any translation of its packets.
pub(super) fn carried(address: Ipv6Addr) -> Vec<Ipv4Addr> {
    let parts = address.segments();
    if ENDING_V4.iter().any(|net| net.contains(&address)) {
        vec![joined(parts[6], parts[7])]
    } else if SIX_TO_FOUR.contains(&address) {
        vec![joined(parts[1], parts[2])]
    } else if TEREDO.contains(&address) {
        // The server, and the client with all bits inverted.
        vec![joined(parts[2], parts[3]), joined(!parts[6], !parts[7])]
    } else {
        Vec::new()
    }
}

fn joined(upper: u16, lower: u16) -> Ipv4Addr {
    Ipv4Addr::from_bits(u32::from(upper) << 16 | u32::from(lower))
}

const fn v4(parts: [u8; 4], length: u8) -> Ipv4Net {
    let address = Ipv4Addr::new(parts[0], parts[1], parts[2], parts[3]);
    Ipv4Net::new_assert(address, length)
}

const fn v6(parts: [u16; 8], length: u8) -> Ipv6Net {
    let address = Ipv6Addr::new(
        parts[0], parts[1], parts[2], parts[3], parts[4], parts[5], parts[6], parts[7],
    );
    Ipv6Net::new_assert(address, length)
}
