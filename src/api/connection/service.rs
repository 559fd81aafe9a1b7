//! Tells a connection's stream about the requests on it.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_http::Request;
use actix_service::{Service, ServiceFactory, apply_fn_factory};
use actix_web::HttpMessage;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{AppConfig, Payload, Response, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::web::Bytes;
use futures_util::Stream;

use super::exchange::{Exchange, Phase};

/// Most bytes of an answer that the framework, which copies them, gets at a time.
const PIECE: usize = 64 << 10;

/// Wraps the application and announces each request to its stream.
pub fn paced<S>(
    application: S,
) -> impl ServiceFactory<
    Request,
    Config = AppConfig,
    Response = Response<Answer>,
    Error = actix_web::Error,
    InitError = S::InitError,
>
where
    S: ServiceFactory<
            Request,
            Config = AppConfig,
            Response = ServiceResponse<BoxBody>,
            Error = actix_web::Error,
        >,
{
    apply_fn_factory(application, |mut request: Request, service: &S::Service| {
        let exchange = begin(&mut request);
        let answering = service.call(request);
        async move {
            let response: Response<BoxBody> = answering.await?.into();
            Ok(response.map_body(|_, body| Answer {
                body,
                rest: Bytes::new(),
                exchange,
            }))
        }
    })
}

/// A request that is being answered, until this is dropped.
struct Answering(Option<Rc<Exchange>>);

impl Drop for Answering {
    fn drop(&mut self) {
        if let Some(exchange) = &self.0 {
            exchange.end();
        }
    }
}

fn begin(request: &mut Request) -> Answering {
    let Some(exchange) = request.conn_data::<Rc<Exchange>>().cloned() else {
        return Answering(None);
    };
    let headers = request.headers();
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse().ok());
    let body = if headers.contains_key(header::TRANSFER_ENCODING) {
        Phase::Chunked
    } else {
        match length {
            Some(0) | None => Phase::Answer,
            Some(length) => Phase::Body(length),
        }
    };
    exchange.begin(body);
    if body == Phase::Chunked {
        let payload = request.take_payload();
        *request.payload() = Payload::Stream {
            payload: Box::pin(Chunked {
                payload,
                exchange: exchange.clone(),
            }),
        };
    }
    Answering(Some(exchange))
}

/// A chunked body, whose end is known only when it is read.
struct Chunked {
    payload: Payload,
    exchange: Rc<Exchange>,
}

impl Stream for Chunked {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let chunk = Pin::new(&mut self.payload).poll_next(context);
        self.exchange.need_body(chunk.is_pending());
        let chunk = ready!(chunk);
        if chunk.is_none() {
            self.exchange.complete();
        }
        Poll::Ready(chunk)
    }
}

/// The body of an answer, in pieces.
pub struct Answer {
    body: BoxBody,
    /// The rest of the last chunk.
    rest: Bytes,
    exchange: Answering,
}

impl MessageBody for Answer {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_next(context)) {
                Some(Ok(chunk)) if chunk.len() > PIECE => self.rest = chunk,
                other => return Poll::Ready(other),
            }
        }
        let length = self.rest.len().min(PIECE);
        let piece = self.rest.split_to(length);
        if let Some(exchange) = &self.exchange.0 {
            exchange.hold(self.rest.len());
        }
        Poll::Ready(Some(Ok(piece)))
    }
}
