//! Closes connections whose chunked body was not read to its end.
//!
//! After the answer the web framework reads the rest of a dropped chunked body for as long as the client sends. If the
//! body is held until the answer is sent, it closes the connection instead, as for a body of known length.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::HttpMessage;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::web::Bytes;
use futures_util::Stream;

/// The body of a request, shared by its reader and the answer.
#[derive(Clone)]
pub struct Shared(Rc<RefCell<Payload>>);

/// An answer that keeps the request's body until it is sent.
struct Holding {
    answer: BoxBody,
    _body: Shared,
}

/// Shares the body of a request, if it is chunked.
pub fn share(request: &mut ServiceRequest) -> Option<Shared> {
    if !request.headers().contains_key(header::TRANSFER_ENCODING) {
        return None;
    }
    let shared = Shared(Rc::new(RefCell::new(request.take_payload())));
    request.set_payload(Payload::Stream {
        payload: Box::pin(shared.clone()),
    });
    Some(shared)
}

/// Holds a shared body until the answer is sent.
pub fn hold(response: ServiceResponse<BoxBody>, body: Option<Shared>) -> ServiceResponse<BoxBody> {
    match body {
        Some(body) => response.map_body(|_, answer| BoxBody::new(Holding { answer, _body: body })),
        None => response,
    }
}

impl Stream for Shared {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut *self.0.borrow_mut()).poll_next(context)
    }
}

impl MessageBody for Holding {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.answer.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.answer).poll_next(context)
    }
}
