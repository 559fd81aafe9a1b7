//! Sockets that clients connect to.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, TcpKeepalive, Type};

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 1024;

/// How long a connection may be silent before the system asks whether the client is still there.
const KEEPALIVE_AFTER: Duration = Duration::from_secs(30);

/// How often it asks.
const KEEPALIVE_EVERY: Duration = Duration::from_secs(10);

/// How many questions may stay unanswered.
const KEEPALIVE_RETRIES: u32 = 3;

/// How long sent data may stay unacknowledged. An event stream sends every 15 s, so a vanished client is dropped after
/// 75 s.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(60);

/// How many bytes the system buffers before sending. By default it buffers megabytes for a client that does not read.
#[cfg(target_os = "linux")]
const UNSENT: u32 = 128 << 10;

/// Binds an address. The connections that are accepted there inherit the options of its socket.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_tcp_keepalive(
        &TcpKeepalive::new()
            .with_time(KEEPALIVE_AFTER)
            .with_interval(KEEPALIVE_EVERY)
            .with_retries(KEEPALIVE_RETRIES),
    )?;
    #[cfg(target_os = "linux")]
    {
        socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED))?;
        socket.set_tcp_notsent_lowat(UNSENT)?;
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
