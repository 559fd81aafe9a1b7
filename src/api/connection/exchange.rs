//! What a connection's stream and the request on it tell each other.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Waker};

use actix_web::HttpRequest;

/// The state of one connection.
#[derive(Default)]
pub struct Exchange {
    phase: Cell<Phase>,
    /// Whether there was a request.
    has_begun: Cell<bool>,
    /// Bytes of a body that were passed on together with its head.
    ahead: Cell<u64>,
    /// Whether the request waits for more of its chunked body.
    needs_body: Cell<bool>,
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
    /// This many more bytes of a body.
    Body(u64),
    /// A chunked body.
    Chunked,
    /// Nothing, as the request is complete and its answer is not.
    Answer,
    /// Only the end of the connection, which also ends the answer.
    Watch,
}

/// Ends the answer to this request when the client closes its connection.
///
/// Other answers are sent even to a client that has closed its half of the connection.
pub fn watch(request: &HttpRequest) {
    if let Some(exchange) = request.conn_data::<Rc<Exchange>>() {
        exchange.phase.set(Phase::Watch);
        exchange.wake();
    }
}

/// Ends the request when the client closes its half of the connection before the answer. The connection may be used
/// again afterwards.
///
/// For long requests only: a client that is gone looks like one that has nothing more to send.
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

    /// Notes how many bytes of a body came with its head.
    pub fn set_ahead(&self, bytes: usize) {
        self.ahead.set(bytes as u64);
    }

    /// A request has come, with this much of a body.
    pub fn begin(&self, body: Phase) {
        self.has_begun.set(true);
        self.phase.set(body);
        self.receive(self.ahead.take());
    }

    /// This many bytes of its body were passed on.
    pub fn receive(&self, bytes: u64) {
        match self.phase.get() {
            Phase::Body(left) if left <= bytes => self.phase.set(Phase::Answer),
            Phase::Body(left) => self.phase.set(Phase::Body(left - bytes)),
            _ => {}
        }
    }

    /// Whether the request waits for more of its chunked body.
    pub fn needs_body(&self) -> bool {
        self.needs_body.get()
    }

    /// Notes whether it does.
    pub fn need_body(&self, needs_body: bool) {
        self.needs_body.set(needs_body);
        if needs_body {
            self.wake();
        }
    }

    /// Its chunked body is complete.
    pub fn complete(&self) {
        if self.phase.get() == Phase::Chunked {
            self.phase.set(Phase::Answer);
        }
    }

    /// The request is answered. A watched connection is closed next.
    pub fn end(&self) {
        self.held.set(0);
        self.needs_body.set(false);
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

    /// Wakes the stream then.
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
