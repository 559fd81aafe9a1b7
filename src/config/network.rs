//! Sets of IP addresses.

use std::net::IpAddr;

use super::value::Value;

/// An address or a CIDR block, such as `10.0.0.0/8` or `fd00::1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: u128,
    /// The number of leading bits that count, of the 128 of [`bits`].
    prefix: u32,
}

impl Network {
    /// Whether it contains `address`. An IPv4 address mapped into IPv6 counts as the IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        masked(bits(address), self.prefix) == self.address
    }
}

/// Returns an address of either family as one number: IPv4 as the mapped block `::ffff:0:0/96`.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

fn masked(address: u128, prefix: u32) -> u128 {
    u128::MAX
        .checked_shl(128 - prefix)
        .map_or(0, |mask| address & mask)
}

impl Value for Network {
    fn parse(text: &str) -> Result<Self, String> {
        network(text)
            .ok_or_else(|| format!("{text:?} must be an address or block, such as 10.0.0.1 or 10.0.0.0/8"))
    }
}

fn network(text: &str) -> Option<Network> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length.parse::<u32>().ok()?)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let width = if address.is_ipv4() { 32 } else { 128 };
    let length = length.unwrap_or(width);
    (length <= width).then(|| {
        let prefix = 128 - width + length;
        Network {
            address: masked(bits(address), prefix),
            prefix,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(network: &str, address: &str) -> bool {
        Network::parse(network)
            .unwrap()
            .contains(address.parse().unwrap())
    }

    #[test]
    fn holds_what_its_prefix_says() {
        assert!(contains("10.0.0.1", "10.0.0.1"));
        assert!(contains("10.9.8.7/8", "10.0.0.1"));
        assert!(contains("10.0.0.0/8", "::ffff:10.1.1.1"));
        assert!(contains("0.0.0.0/0", "1.2.3.4"));
        assert!(contains("::/0", "1.2.3.4"));
        assert!(contains("fd00::/8", "fd12::1"));
        assert!(!contains("10.0.0.0/8", "11.0.0.1"));
        assert!(!contains("0.0.0.0/0", "fd12::1"));
        assert!(!contains("10.0.0.1", "10.0.0.2"));
    }

    #[test]
    fn refuses_what_is_no_network() {
        for text in [
            "",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/",
            "10.0.0.0/-1",
            "host",
            "10.0.0/8",
        ] {
            assert!(Network::parse(text).is_err(), "{text}");
        }
    }
}
