//! The sockets of lapin's connections, opened here so that they use this crate's TLS.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use async_compat::{Compat, CompatExt};
use async_rs::Tokio;
use async_rs::traits::Reactor;
use futures_core::Stream;
use futures_io::{AsyncRead, AsyncWrite};

/// A plain or encrypted socket.
pub(super) type Socket = Compat<Box<dyn Duplex>>;

/// A bidirectional stream.
pub trait Duplex: tokio::io::AsyncRead + tokio::io::AsyncWrite + fmt::Debug + Send + Unpin {}

impl<T: tokio::io::AsyncRead + tokio::io::AsyncWrite + fmt::Debug + Send + Unpin> Duplex for T {}

/// A tokio network with type-erased sockets.
#[derive(Clone)]
pub(super) struct Network(pub(super) Tokio);

pub(super) fn socket(stream: impl Duplex + 'static) -> Socket {
    let stream: Box<dyn Duplex> = Box::new(stream);
    stream.compat()
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Network")
    }
}

impl Reactor for Network {
    type TcpStream = Socket;
    type Sleep = <Tokio as Reactor>::Sleep;

    fn register<H: Read + Write + Send + 'static>(
        &self,
        _: H,
    ) -> io::Result<impl AsyncRead + AsyncWrite + Send + Unpin + 'static> {
        Err::<Socket, _>(io::ErrorKind::Unsupported.into())
    }

    fn sleep(&self, duration: Duration) -> Self::Sleep {
        self.0.sleep(duration)
    }

    fn interval(&self, duration: Duration) -> impl Stream<Item = Instant> + Send + 'static {
        self.0.interval(duration)
    }

    fn tcp_connect_addr(
        &self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<Self::TcpStream>> + Send + 'static {
        let connecting = self.0.tcp_connect_addr(address);
        async move { Ok(socket(connecting.await?.into_inner())) }
    }
}
