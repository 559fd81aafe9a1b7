//! `[listeners]`.

use std::time::Duration;

use ipnet::IpNet;

use super::events::Days;
use super::reader::OptionReader;
use super::value::Value;

/// `[listeners]`: subscriptions to events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listeners {
    /// How many days delivered events are kept.
    pub keep: Days,
    /// How many days dead letters are kept.
    pub keep_dead: Days,
    /// The most deliveries that may wait for one listener; further ones become dead letters.
    pub max_pending: u64,
    /// The most listeners of a project.
    pub quota: u64,
    /// The most e-mail addresses of a project whose owners have not confirmed.
    pub unconfirmed: u64,
    /// The time limit of an attempt.
    pub timeout: Duration,
    /// Attempts in flight at a time.
    pub concurrency: usize,
    /// Attempts in flight at a time for one listener.
    pub concurrency_per_listener: usize,
    /// A listener is disabled once every delivery has failed for this long.
    pub disable_after: Duration,
    /// Networks that listeners of the whole cloud may call, in addition to the internet.
    pub allowed_networks: Vec<IpNet>,
    /// Networks that listeners of projects may call, in addition to the internet.
    pub member_networks: Vec<IpNet>,
}

impl Default for Listeners {
    fn default() -> Self {
        Self {
            keep: Days(7),
            keep_dead: Days(30),
            max_pending: 100_000,
            quota: 20,
            unconfirmed: 100,
            timeout: Duration::from_secs(15),
            concurrency: 256,
            concurrency_per_listener: 32,
            disable_after: Duration::from_secs(432_000),
            allowed_networks: Vec::new(),
            member_networks: Vec::new(),
        }
    }
}

impl Listeners {
    pub(super) fn read(reader: &mut OptionReader) -> Self {
        let default = Self::default();
        let mut section = reader.section("listeners");
        let (second, half_a_minute) = (Duration::from_secs(1), Duration::from_secs(30));
        let (hour, year) = (Duration::from_secs(3600), Duration::from_secs(31_557_600));
        Self {
            keep: Days(section.within("keep", default.keep.0, &(0..=36_525))),
            keep_dead: Days(section.within("keep_dead", default.keep_dead.0, &(0..=36_525))),
            max_pending: section.within("max_pending", default.max_pending, &(1..=100_000_000)),
            quota: section.within("quota", default.quota, &(0..=100_000)),
            unconfirmed: section.within("unconfirmed", default.unconfirmed, &(0..=100_000)),
            timeout: section.within("timeout", default.timeout, &(second..=half_a_minute)),
            concurrency: section.within("concurrency", default.concurrency, &(1..=10_000)),
            concurrency_per_listener: section.within(
                "concurrency_per_listener",
                default.concurrency_per_listener,
                &(1..=1000),
            ),
            disable_after: section.within("disable_after", default.disable_after, &(hour..=year)),
            allowed_networks: section.get("allowed_networks", default.allowed_networks),
            member_networks: section.get("member_networks", default.member_networks),
        }
    }
}

impl Value for IpNet {
    fn parse(text: &str) -> Result<Self, String> {
        let net = text
            .parse()
            .or_else(|_| text.parse::<std::net::IpAddr>().map(Self::from));
        net.map_err(|_| format!("{text:?} must be an address or block, such as 10.0.0.1 or 10.0.0.0/8"))
    }
}
