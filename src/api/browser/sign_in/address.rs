//! The address of a client.

use std::net::{IpAddr, Ipv6Addr};

use actix_web::HttpRequest;

use crate::api::app::App;

/// The address of the client: the peer's or, behind trusted proxies, the last one in `X-Forwarded-For` that is not
/// theirs.
///
/// For IPv6 it is the /64 network, in which a client can choose addresses freely.
pub fn of_client(request: &HttpRequest, app: &App) -> IpAddr {
    let peer = request
        .peer_addr()
        .map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |peer| peer.ip().to_canonical());
    let trusted = &app.config.api.trusted_proxies;
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(*address));
    let mut nearest = peer;
    let forwarded = request.headers().get_all("x-forwarded-for");
    let forwarded: Vec<&str> = forwarded.filter_map(|value| value.to_str().ok()).collect();
    let elements = forwarded.iter().flat_map(|value| value.split(','));
    let mut elements: Vec<&str> = elements.map(str::trim).collect();
    while is_trusted(&nearest) {
        // A trusted proxy writes valid addresses.
        let Some(Ok(next)) = elements.pop().map(str::parse::<IpAddr>) else {
            break;
        };
        nearest = next.to_canonical();
    }
    match nearest {
        IpAddr::V4(_) => nearest,
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
    }
}
