//! Stops reading from a socket, so that a broker sends no faster than its messages are processed.
//!
//! AMQP limits prefetching only by the number of messages. A gate limits their bytes: while it is closed, the socket is
//! not read, and TCP makes the broker wait.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// The bytes that a closed gate still reads per [`PERIOD`]. Otherwise the connection would count as dead, since the
/// broker's heartbeats would not come through.
const TRICKLE: usize = 4096;

/// See [`TRICKLE`].
const PERIOD: Duration = Duration::from_secs(5);

/// A handle to a gate, initially open; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Gate(Arc<State>);

#[derive(Debug, Default)]
struct State {
    is_closed: AtomicBool,
    reader: AtomicWaker,
}

impl Gate {
    /// Stops reading.
    pub fn close(&self) {
        self.0.is_closed.store(true, Ordering::SeqCst);
    }

    /// Resumes reading.
    pub fn open(&self) {
        if self.0.is_closed.swap(false, Ordering::SeqCst) {
            self.0.reader.wake();
        }
    }

    /// Whether the gate is closed.
    pub fn is_closed(&self) -> bool {
        self.0.is_closed.load(Ordering::SeqCst)
    }

    /// Whether the gate is closed; if so, the task is woken when it opens.
    fn holds_up(&self, context: &Context<'_>) -> bool {
        if !self.is_closed() {
            return false;
        }
        self.0.reader.register(context.waker());
        // It may have been opened in between.
        self.is_closed()
    }
}

/// A stream behind a gate.
#[derive(Debug)]
pub(super) struct Gated<S> {
    stream: S,
    gate: Gate,
    period: Duration,
    trickle: Pin<Box<Sleep>>,
}

impl<S> Gated<S> {
    pub(super) fn new(stream: S, gate: Gate) -> Self {
        Self::with(stream, gate, PERIOD)
    }

    fn with(stream: S, gate: Gate, period: Duration) -> Self {
        Self {
            stream,
            gate,
            period,
            trickle: Box::pin(sleep(period)),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Gated<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.gate.holds_up(context) {
            return Pin::new(&mut this.stream).poll_read(context, buffer);
        }
        if this.trickle.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        let mut little = [0; TRICKLE];
        let room = buffer.remaining().min(TRICKLE);
        let mut little = ReadBuf::new(&mut little[..room]);
        let read = Pin::new(&mut this.stream).poll_read(context, &mut little);
        if read.is_ready() {
            this.trickle.as_mut().reset(Instant::now() + this.period);
            buffer.put_slice(little.filled());
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Gated<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::poll;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test]
    async fn a_closed_gate_leaves_the_socket_unread_until_it_opens() {
        let (mut broker, stream) = duplex(64);
        let gate = Gate::default();
        let mut gated = Gated::with(stream, gate.clone(), Duration::from_secs(3600));
        broker.write_all(b"abc").await.unwrap();
        let mut buffer = [0; 2];
        assert_eq!(gated.read(&mut buffer).await.unwrap(), 2);
        gate.close();
        let mut reading = std::pin::pin!(gated.read(&mut buffer));
        assert!(poll!(&mut reading).is_pending());
        gate.open();
        assert_eq!(reading.await.unwrap(), 1);
        assert_eq!(&buffer, b"cb");
    }

    #[tokio::test]
    async fn a_little_comes_through_a_closed_gate_from_time_to_time() {
        let (mut broker, stream) = duplex(4 * TRICKLE);
        let gate = Gate::default();
        let mut gated = Gated::with(stream, gate.clone(), Duration::from_millis(1));
        gate.close();
        broker.write_all(&[1; 3 * TRICKLE]).await.unwrap();
        let mut buffer = vec![0; 4 * TRICKLE];
        for _ in 0..3 {
            assert_eq!(gated.read(&mut buffer).await.unwrap(), TRICKLE);
            assert!(buffer.drain(..TRICKLE).all(|byte| byte == 1));
            buffer.resize(4 * TRICKLE, 0);
        }
    }
}
