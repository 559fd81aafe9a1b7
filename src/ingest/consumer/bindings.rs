//! What the queue gets: the notifications of the exchanges that are there.
//!
//! An exchange of a service is never made here. It carries the service's own calls, too, and a broker refuses to have one in
//! two forms: made first in another one, it would keep the service from its own exchange.

use std::time::Duration;

use lapin::options::ExchangeDeclareOptions;
use lapin::protocol::{AMQPErrorKind, AMQPSoftError};
use lapin::types::FieldTable;
use lapin::{Connection, ErrorKind, ExchangeKind};

use super::lost::Lost;
use crate::bus::Topology;
use crate::config::Ingest;
use crate::event::Priority;

/// The code of AMQP for a channel or connection that is closed without a fault.
pub(super) const GOODBYE: u16 = 200;

/// How often those that were not there are looked for.
pub(super) const LOOK: Duration = Duration::from_secs(30);

/// Has the queue get what services send through these exchanges, and gives those that are not there.
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

/// Whether the exchange is there, and bound.
async fn bind_one(
    connection: &Connection,
    shared: Topology,
    ingest: &Ingest,
    exchange: &str,
) -> Result<bool, Lost> {
    // One of its own: the broker closes a channel that asks for what is not there.
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
