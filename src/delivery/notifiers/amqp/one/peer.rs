//! Recognizes a broker by the properties with which it opens a connection. The library does not expose them, so they are read from
//! the stream.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use fe2o3_amqp::types::performatives::Open;
use parking_lot::Mutex;
use serde_amqp::Value;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::config::Address;

/// The most bytes that are kept: far more than a login and the opening take.
const LONGEST: usize = 16 * 1024;

/// The start of the headers between the parts of a connection, and their length.
const HEADER: &[u8] = b"AMQP";
const HEADER_LENGTH: usize = 8;

/// The type of frames outside a login.
const AMQP_FRAME: u8 = 0;

/// A stream whose first bytes are kept.
#[derive(Debug)]
pub(super) struct Overheard<S> {
    stream: S,
    heard: Arc<Mutex<Vec<u8>>>,
}

/// The kept bytes.
#[derive(Debug)]
pub(super) struct Heard(Arc<Mutex<Vec<u8>>>);

/// Keeps the first bytes that are read from a stream.
pub(super) fn overhear<S>(stream: S) -> (Overheard<S>, Heard) {
    let heard = Arc::default();
    let overheard = Overheard {
        stream,
        heard: Arc::clone(&heard),
    };
    (overheard, Heard(heard))
}

impl Heard {
    /// Returns the form of addresses of exchanges at this broker.
    pub(super) fn address(self) -> Address {
        match major_of_rabbitmq(&self.0.lock()) {
            Some(4..) => Address::RABBITMQ_4,
            Some(_) => Address::RABBITMQ_3,
            None => Address::NAME,
        }
    }
}

/// Returns the first number of RabbitMQ's version, if the broker is one.
fn major_of_rabbitmq(heard: &[u8]) -> Option<u32> {
    let properties = open_of(heard)?.properties?;
    let text = |name: &str| match properties.get(name) {
        Some(Value::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let version = text("version").filter(|_| text("product") == Some("RabbitMQ"))?;
    version.split('.').next()?.parse().ok()
}

/// Returns the frame that opens the connection, which follows the headers and the frames of the login.
fn open_of(mut heard: &[u8]) -> Option<Open> {
    loop {
        if heard.starts_with(HEADER) {
            heard = heard.get(HEADER_LENGTH..)?;
            continue;
        }
        let (length, _) = heard.split_first_chunk()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (frame, rest) = heard.split_at_checked(length)?;
        if *frame.get(5)? == AMQP_FRAME {
            // The fifth byte counts the words before the body.
            let body = frame.get(usize::from(frame[4]) * 4..)?;
            return serde_amqp::from_slice(body).ok();
        }
        heard = rest;
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Overheard<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        // Without the other half, the bytes are no longer needed.
        if Arc::strong_count(&self.heard) > 1 {
            let mut heard = self.heard.lock();
            let room = LONGEST.saturating_sub(heard.len());
            let read = &buf.filled()[before..];
            heard.extend_from_slice(&read[..read.len().min(room)]);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Overheard<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
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
    use fe2o3_amqp::types::definitions::Fields;
    use fe2o3_amqp::types::performatives::{ChannelMax, MaxFrameSize};
    use tokio::io::AsyncReadExt;

    use super::*;

    fn frame(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 8).unwrap();
        [&length.to_be_bytes()[..], &[2, kind, 0, 0], body].concat()
    }

    /// Returns the first bytes of a broker with these properties, with a login.
    fn said(properties: &[(&str, &str)]) -> Vec<u8> {
        let mut fields = Fields::new();
        for (name, value) in properties {
            fields.insert((*name).into(), Value::String((*value).to_owned()));
        }
        let open = Open {
            container_id: "rabbit@host1".to_owned(),
            hostname: None,
            max_frame_size: MaxFrameSize::default(),
            channel_max: ChannelMax::default(),
            idle_time_out: None,
            outgoing_locales: None,
            incoming_locales: None,
            offered_capabilities: None,
            desired_capabilities: None,
            properties: Some(fields),
        };
        let open = frame(AMQP_FRAME, &serde_amqp::to_vec(&open).unwrap());
        let login = [
            b"AMQP\x03\x01\x00\x00".to_vec(),
            frame(1, b"login"),
            frame(1, b"ok"),
        ]
        .concat();
        [login, b"AMQP\x00\x01\x00\x00".to_vec(), open].concat()
    }

    async fn address_of(said: &[u8]) -> Address {
        let (mut stream, heard) = overhear(said);
        let mut read = Vec::new();
        stream.read_to_end(&mut read).await.unwrap();
        assert_eq!(read, said);
        heard.address()
    }

    #[tokio::test]
    async fn the_address_is_that_of_the_brokers_kind() {
        for (product, version, address) in [
            ("RabbitMQ", "3.10.8", Address::RABBITMQ_3),
            ("RabbitMQ", "4.0.0", Address::RABBITMQ_4),
            ("RabbitMQ", "4.2.1+dirty", Address::RABBITMQ_4),
            ("RabbitMQ", "10.1", Address::RABBITMQ_4),
            ("RabbitMQ", "unknown", Address::NAME),
            ("qpid-cpp", "4.0.0", Address::NAME),
        ] {
            let said = said(&[("version", version), ("product", product)]);
            assert_eq!(address_of(&said).await, address, "{product} {version}");
        }
        assert_eq!(address_of(&said(&[])).await, Address::NAME);
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_of_no_kind() {
        let whole = said(&[("product", "RabbitMQ"), ("version", "4.0.0")]);
        for length in 0..whole.len() {
            assert_eq!(address_of(&whole[..length]).await, Address::NAME, "{length}");
        }
        for said in [
            &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
            &[0; 100],
            &[0, 0, 0, 6, 255, 0],
            &[255; 100],
        ] {
            assert_eq!(address_of(said).await, Address::NAME, "{said:?}");
        }
    }

    #[tokio::test]
    async fn only_the_beginning_is_kept() {
        let said = vec![7; LONGEST + 1];
        let (mut stream, heard) = overhear(said.as_slice());
        let mut read = Vec::new();
        stream.read_to_end(&mut read).await.unwrap();
        assert_eq!(heard.0.lock().len(), LONGEST);
    }
}
