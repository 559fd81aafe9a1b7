//! Binds the queue to the exchanges that exist.
//!
//! A service's exchange is never created here. It also carries the service's RPC calls, and a broker rejects a second
//! declaration with other properties: creating it first with the wrong ones would lock the service out of its own
//! exchange.

use std::time::Duration;

use lapin::options::ExchangeDeclareOptions;
use lapin::protocol::{AMQPErrorKind, AMQPSoftError};
use lapin::types::FieldTable;
use lapin::{Connection, ErrorKind, ExchangeKind};

use super::lost::Lost;
use crate::bus::Topology;
use crate::config::Ingest;
use crate::event::Priority;

/// AMQP's reply code for closing a channel or connection normally.
pub(super) const GOODBYE: u16 = 200;

/// How often missing exchanges are looked for.
pub(super) const LOOK: Duration = Duration::from_secs(30);

/// Binds the queue to these exchanges and returns those that do not exist.
pub(super) async fn bind(
    connection: &Connection,
    shared: Topology,
    ingest: &Ingest,
    exchanges: &[String],
) -> Result<Vec<String>, Lost> {
    let mut missing = Vec::new();
    for exchange in exchanges {
        if !bind_one(connection, shared, ingest, exchange).await? {
            missing.push(exchange.clone());
        }
    }
    Ok(missing)
}

/// Binds to one exchange; returns whether it exists.
async fn bind_one(
    connection: &Connection,
    shared: Topology,
    ingest: &Ingest,
    exchange: &str,
) -> Result<bool, Lost> {
    // A channel of its own: the broker closes a channel that refers to a missing exchange.
    let channel = connection.create_channel().await?;
    let look = ExchangeDeclareOptions {
        passive: true,
        ..ExchangeDeclareOptions::default()
    };
    let found = channel
        .exchange_declare(exchange.into(), ExchangeKind::Topic, look, FieldTable::default())
        .await;
    match found {
        Err(error) if is_not_found(&error) => return Ok(false),
        other => other?,
    }
    for topic in &ingest.topics {
        for priority in Priority::ALL {
            let key = format!("{topic}.{}", priority.suffix());
            shared.bind(&channel, &ingest.pool, exchange, &key).await?;
        }
    }
    channel.close(GOODBYE, "done".into()).await?;
    Ok(true)
}

fn is_not_found(error: &lapin::Error) -> bool {
    match error.kind() {
        ErrorKind::ProtocolError(error) => *error.kind() == AMQPErrorKind::Soft(AMQPSoftError::NOTFOUND),
        _ => false,
    }
}
