//! The stream under the HTTP service.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::web::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

use super::exchange::{Exchange, Phase};
use super::head::Head;
use super::patience::{Backlog, Share};
use super::refusal;

/// The next request's beginning is unknown until a chunked body is parsed, so it is passed on in small pieces.
const CHUNKED_PIECE: usize = 256;

/// A chunked body that is empty.
const EMPTY_BODY: &[u8] = b"0\r\n\r\n";

/// Bytes of further requests that are held back while looking for the end of the connection.
const MOST_AHEAD: usize = 16 << 10;

/// How often to check whether a client has read from its answer.
const LOOK: Duration = Duration::from_secs(1);

/// How long a client may take.
#[derive(Clone)]
pub struct ConnectionLimits {
    /// For the head of a request after the first.
    pub head: Duration,
    /// For an answer, while it takes nothing.
    pub write: Duration,
    /// The answers that wait for their clients.
    pub backlog: Backlog,
}

/// An accepted connection.
pub struct Stream {
    socket: TcpStream,
    exchange: Rc<Exchange>,
    limits: ConnectionLimits,
    head: Head,
    /// Read, but not the current request's.
    surplus: BytesMut,
    /// Whether a request was passed on that must be parsed before more is.
    is_turn_over: bool,
    head_deadline: Option<Pin<Box<Sleep>>>,
    blocked: Option<Blocked>,
}

/// An answer that waits for its client.
struct Blocked {
    since: Instant,
    taken: usize,
    /// How much it had read at the last check, and since when.
    seen: (usize, Instant),
    look: Pin<Box<Sleep>>,
    share: Share,
}

impl Stream {
    /// Nothing was read yet.
    pub fn new(socket: TcpStream, limits: ConnectionLimits) -> Self {
        Self {
            socket,
            exchange: Rc::default(),
            limits,
            head: Head::default(),
            surplus: BytesMut::new(),
            is_turn_over: false,
            head_deadline: None,
            blocked: None,
        }
    }

    /// The exchange with the requests on this connection.
    pub fn exchange(&self) -> &Rc<Exchange> {
        &self.exchange
    }

    /// Reads the head of a request, what came of its body, and no more.
    fn read_head(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if std::mem::take(&mut self.is_turn_over) {
            return self.end_turn(context);
        }
        let start = buffer.filled().len();
        if self.fill(context, buffer)?.is_pending() {
            return self.wait_for_head(context);
        }
        if let Some(end) = self.head.read(&buffer.filled()[start..]) {
            self.exchange.set_ahead(end.body);
            self.keep_from(start + end.head + end.body, buffer);
            self.head_deadline = None;
            self.is_turn_over = true;
        }
        Poll::Ready(Ok(()))
    }

    /// Reads at most this many bytes of a body.
    fn read_body(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
        most: u64,
    ) -> Poll<io::Result<()>> {
        if std::mem::take(&mut self.is_turn_over) {
            return self.end_turn(context);
        }
        let start = buffer.filled().len();
        ready!(self.fill(context, buffer))?;
        let came = buffer.filled().len() - start;
        self.keep_from(
            start.saturating_add(usize::try_from(most).unwrap_or(usize::MAX)),
            buffer,
        );
        self.exchange.receive(came as u64);
        self.is_turn_over = self.exchange.phase() == Phase::Chunked;
        Poll::Ready(Ok(()))
    }

    /// Reads a chunked body while the request waits for it: the framework drops the answer to a request whose body is
    /// malformed, unless the request fails for it at once. An empty body is read in any case, as the connection can be
    /// used again only behind it.
    fn read_chunks(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.is_turn_over || self.exchange.needs_body() || self.has_empty_body(context)? {
            self.read_body(context, buffer, CHUNKED_PIECE as u64)
        } else {
            self.leave(context)
        }
    }

    /// Whether an empty chunked body has come. Reads no more than that.
    fn has_empty_body(&mut self, context: &mut Context<'_>) -> io::Result<bool> {
        while let Some(missing) = EMPTY_BODY
            .strip_prefix(&self.surplus[..])
            .filter(|rest| !rest.is_empty())
        {
            let mut sent = [0; EMPTY_BODY.len()];
            let mut buffer = ReadBuf::new(&mut sent[..missing.len()]);
            let polled = Pin::new(&mut self.socket).poll_read(context, &mut buffer)?;
            if polled.is_pending() || buffer.filled().is_empty() {
                break;
            }
            self.surplus.extend_from_slice(buffer.filled());
        }
        Ok(self.surplus.starts_with(EMPTY_BODY))
    }

    /// Reads only to see the client leave.
    fn watch(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut sent = [0; 256];
        loop {
            let mut buffer = ReadBuf::new(&mut sent);
            ready!(Pin::new(&mut self.socket).poll_read(context, &mut buffer))?;
            if buffer.filled().is_empty() {
                return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
            }
        }
    }

    /// Reads nothing until more may be read, but notices a broken connection, and a closed one where that ends the
    /// request.
    fn leave(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.exchange.ends_with_client() {
            self.read_ahead(context)?;
        } else if self.exchange.is_awaited() {
            return Poll::Pending;
        } else if self.surplus.is_empty() {
            ready!(self.socket.poll_peek(context, &mut ReadBuf::new(&mut [0])))?;
        }
        self.exchange.wait(context);
        Poll::Pending
    }

    /// Holds back what the client has sent, as far as there is room, to see whether it has closed the connection.
    fn read_ahead(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        let mut sent = [0; 1024];
        while self.surplus.len() < MOST_AHEAD {
            let mut buffer = ReadBuf::new(&mut sent);
            let Poll::Ready(()) = Pin::new(&mut self.socket).poll_read(context, &mut buffer)? else {
                break;
            };
            if buffer.filled().is_empty() {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            self.surplus.extend_from_slice(buffer.filled());
        }
        Ok(())
    }

    /// Sends the last answer of the connection in place of one of `length` bytes.
    fn refuse(
        &mut self,
        context: &mut Context<'_>,
        refusal: &[u8],
        length: usize,
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.socket).poll_write(context, refusal)? {
            Poll::Ready(written) if written == refusal.len() => Poll::Ready(Ok(length)),
            // No room even for this: the client reads nothing.
            Poll::Ready(_) => Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            Poll::Pending => self.wait_for_client(context, length),
        }
    }

    /// Lets the request be parsed, and continues if there is more.
    fn end_turn(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.surplus.is_empty() || self.socket.poll_read_ready(context)?.is_ready() {
            context.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// The framework itself bounds the first head, and idle connections.
    fn wait_for_head(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.exchange.has_begun() || !self.head.has_come() {
            return Poll::Pending;
        }
        let patience = self.limits.head;
        let deadline = self
            .head_deadline
            .get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(deadline.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// Reads the surplus, or from the socket.
    fn fill(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.surplus.is_empty() {
            return Pin::new(&mut self.socket).poll_read(context, buffer);
        }
        let length = self.surplus.len().min(buffer.remaining());
        buffer.put_slice(&self.surplus[..length]);
        self.surplus.advance(length);
        if self.surplus.is_empty() {
            self.surplus = BytesMut::new();
        }
        Poll::Ready(Ok(()))
    }

    /// Holds back the buffer from there on.
    fn keep_from(&mut self, end: usize, buffer: &mut ReadBuf<'_>) {
        let Some(rest) = buffer.filled().get(end..).filter(|rest| !rest.is_empty()) else {
            return;
        };
        let mut surplus = BytesMut::with_capacity(rest.len() + self.surplus.len());
        surplus.extend_from_slice(rest);
        surplus.extend_from_slice(&self.surplus);
        self.surplus = surplus;
        buffer.set_filled(end);
    }

    /// Waits for the client to take some of its answer.
    fn wait_for_client(&mut self, context: &mut Context<'_>, waiting: usize) -> Poll<io::Result<usize>> {
        let patience = self.limits.write;
        let blocked = self.blocked.get_or_insert_with(|| {
            let share = self.limits.backlog.join(waiting + self.exchange.held());
            Blocked::new(share)
        });
        loop {
            ready!(blocked.look.as_mut().poll(context));
            let now = Instant::now();
            if blocked.is_too_slow(now, patience) {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            blocked.look.as_mut().reset(now + LOOK.min(patience));
        }
    }
}

impl Blocked {
    fn new(share: Share) -> Self {
        let now = Instant::now();
        Self {
            since: now,
            taken: 0,
            seen: (0, now),
            // At once, as patience may have ended.
            look: Box::pin(sleep(Duration::ZERO)),
            share,
        }
    }

    fn is_too_slow(&mut self, now: Instant, patience: Duration) -> bool {
        if self.seen.0 < self.taken {
            self.seen = (self.taken, now);
        }
        let (waited, idle) = (now - self.since, now - self.seen.1);
        self.share.is_too_slow(patience, waited, self.taken, idle)
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.exchange.phase() {
            Phase::Watch => self.watch(context),
            Phase::Answer => self.leave(context),
            _ if self.blocked.is_some() => self.leave(context),
            Phase::Head => self.read_head(context, buffer),
            Phase::Body(left) => self.read_body(context, buffer, left),
            Phase::Chunked => self.read_chunks(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.exchange.phase() == Phase::Head
            && let Some(refusal) = refusal::worded(bytes)
        {
            return self.refuse(context, &refusal, bytes.len());
        }
        let Poll::Ready(written) = Pin::new(&mut self.socket).poll_write(context, bytes)? else {
            return self.wait_for_client(context, bytes.len());
        };
        if let Some(blocked) = &mut self.blocked {
            blocked.taken += written;
        }
        Poll::Ready(Ok(written))
    }

    /// Called when everything is written.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.blocked.take().is_some() {
            self.exchange.wake();
        }
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}
