//! The stream below an SMTP conversation.

use std::fmt::Debug;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The most bytes of one answer. An extended greeting has a few hundred.
const LONGEST: usize = 64 * 1024;

/// A stream, plain or encrypted, that tolerates any answer of the server.
#[derive(Debug)]
pub struct Wire<S> {
    stream: S,
    address: SocketAddr,
    /// Bytes that are read before the stream.
    greeting: &'static [u8],
    /// The bytes read since the last command.
    received: usize,
}

impl<S> Wire<S> {
    /// Wraps the stream of a server that greets first.
    pub fn new(stream: S, address: SocketAddr) -> Self {
        Self {
            stream,
            address,
            greeting: b"",
            received: 0,
        }
    }

    /// Wraps a stream after STARTTLS, where the server does not greet again although lettre expects it.
    pub fn greeted(stream: S, address: SocketAddr) -> Self {
        Self {
            greeting: b"220 greeted before\r\n",
            ..Self::new(stream, address)
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Debug + Send + Sync + Unpin> AsyncTokioStream for Wire<S> {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.greeting.is_empty() {
            let (now, later) = self
                .greeting
                .split_at(buffer.remaining().min(self.greeting.len()));
            buffer.put_slice(now);
            self.greeting = later;
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        let read = &mut buffer.filled_mut()[before..];
        // Some servers answer in an encoding of their own, which lettre would take for a broken connection.
        for byte in read.iter_mut().filter(|byte| !byte.is_ascii()) {
            *byte = b'?';
        }
        self.received += read.len();
        if self.received > LONGEST {
            let fault = io::Error::new(ErrorKind::InvalidData, "the mail server's answer does not end");
            return Poll::Ready(Err(fault));
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.received = 0;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    #[tokio::test]
    async fn an_answer_in_any_encoding_can_be_read_after_the_greeting() {
        let answer = b"550 \xd3\xca\xcf\xe4\r\n".as_slice();
        let mut text = String::new();
        let mut wire = Wire::greeted(answer, ([127, 0, 0, 1], 25).into());
        wire.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "220 greeted before\r\n550 ????\r\n");
    }
}
