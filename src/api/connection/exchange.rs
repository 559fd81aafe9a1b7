//! What a connection's stream and the request on that connection tell each other.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Waker};

use actix_web::HttpRequest;

/// The state of one connection.
#[derive(Default)]
pub struct Exchange {
    phase: Cell<Phase>,
    /// Whether there was a request yet.
    has_begun: Cell<bool>,
    /// Bytes of a body that were handed over together with its head.
    ahead: Cell<u64>,
    /// Bytes of the answer that wait for the client.
    held: Cell<usize>,
    /// Whether the answer is of no use to a client that has closed its half of the connection.
    ends_with_client: Cell<bool>,
    /// Wakes the stream where it held bytes back.
    waker: RefCell<Option<Waker>>,
}

/// What may be read.
#[derive(Clone, Copy, Default, Debug, PartialEq)]
pub enum Phase {
    /// The head of the next request.
    #[default]
    Head,
    /// So many more bytes of a body.
    Body(u64),
    /// A body that says itself where it ends.
    Chunked,
    /// Nothing: the request is complete and its answer is not.
    Answer,
    /// Nothing but the end of the connection, which ends the answer, too.
    Watch,
}

/// Lets the end of the client's connection end the answer to this request, too.
///
/// Other answers are sent even to a client that has closed its half of the connection.
pub fn watch(request: &HttpRequest) {
    if let Some(exchange) = request.conn_data::<Rc<Exchange>>() {
        exchange.phase.set(Phase::Watch);
        exchange.wake();
    }
}

/// Lets a client that closes its half of the connection end its request, as [`watch`] does, as long as it waits for the
/// answer. The connection may be used again afterwards.
///
/// For requests that may take long: whether a client is gone or only has nothing more to send cannot be told apart.
pub fn end_with_client(request: &HttpRequest) {
    if let Some(exchange) = request.conn_data::<Rc<Exchange>>() {
        exchange.ends_with_client.set(true);
        exchange.wake();
    }
}

impl Exchange {
    /// What may be read now.
    pub fn phase(&self) -> Phase {
        self.phase.get()
    }

    /// Whether the connection has had a request.
    pub fn has_begun(&self) -> bool {
        self.has_begun.get()
    }

    /// Notes that so many bytes of a body came with its head.
    pub fn set_ahead(&self, bytes: usize) {
        self.ahead.set(bytes as u64);
    }

    /// A request has come, with this much of a body.
    pub fn begin(&self, body: Phase) {
        self.has_begun.set(true);
        self.phase.set(body);
        self.receive(self.ahead.take());
    }

    /// So many bytes of its body were handed over.
    pub fn receive(&self, bytes: u64) {
        match self.phase.get() {
            Phase::Body(left) if left <= bytes => self.phase.set(Phase::Answer),
            Phase::Body(left) => self.phase.set(Phase::Body(left - bytes)),
            _ => {}
        }
    }

    /// Its chunked body is complete.
    pub fn complete(&self) {
        if self.phase.get() == Phase::Chunked {
            self.phase.set(Phase::Answer);
        }
    }

    /// It is answered. A connection that was watched is closed next.
    pub fn end(&self) {
        self.held.set(0);
        self.ends_with_client.set(false);
        if self.phase.get() != Phase::Watch {
            self.phase.set(Phase::Head);
            self.wake();
        }
    }

    /// Whether the request ends when its client closes its half of the connection.
    pub fn ends_with_client(&self) -> bool {
        self.ends_with_client.get()
    }

    /// How many bytes of the answer wait for the client, besides those in the write buffer.
    pub fn held(&self) -> usize {
        self.held.get()
    }

    /// Notes that number.
    pub fn hold(&self, bytes: usize) {
        self.held.set(bytes);
    }

    /// Whether the stream is to be woken when more may be read.
    pub fn is_awaited(&self) -> bool {
        self.waker.borrow().is_some()
    }

    /// Has it woken then.
    pub fn wait(&self, context: &Context<'_>) {
        *self.waker.borrow_mut() = Some(context.waker().clone());
    }

    /// Wakes it.
    pub fn wake(&self) {
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }
}
