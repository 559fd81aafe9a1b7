//! How long connections to a server live, and how the system monitors them. Only with `TEST_DATABASE_URL`.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::BigInt;
use tidings::store::{Settings, Store};
use tidings::telemetry::Metrics;

use super::server::{is_postgres, open, remote, settings};
use crate::support::{Relay, until};

/// Returns this process's connections to a port, as the system knows them. See proc(5), tcp.
fn connections_to(port: u16) -> Vec<Vec<String>> {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let lines = table.lines().skip(1);
    let fields = lines.map(|line| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
    let peer = format!(":{port:04X}");
    // State 1 means established.
    fields
        .filter(|fields| fields[2].ends_with(&peer) && fields[3] == "01")
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_connection_is_asked_within_seconds_whether_it_still_stands() {
    let Some(database) = remote() else { return };
    let relay = Relay::to(database.url());
    let url = relay.url(database.url());
    let store = open(&url);
    until("keepalive on every connection", async || {
        let open = connections_to(relay.port());
        // Timer 2 is the keepalive timer; its expiry is in hundredths of a second.
        let is_kept = |fields: &Vec<String>| {
            let (timer, expires) = fields[5].split_once(':').unwrap();
            timer == "02" && u32::from_str_radix(expires, 16).unwrap() <= 1000
        };
        open.len() >= 7 && open.iter().all(is_kept)
    })
    .await;
    store.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_lives_no_longer_than_it_may() {
    let Some(database) = remote() else { return };
    open(database.url()).close();
    let settings = Settings {
        readers: 1,
        connection_life: Duration::from_millis(100),
        ..settings(database.url(), &[])
    };
    let store = Store::open(&settings, &Metrics::new("test")).unwrap();
    let session = if is_postgres(&database) {
        "SELECT CAST(pg_backend_pid() AS bigint) AS id"
    } else {
        "SELECT CONNECTION_ID() AS id"
    };
    let id = || store.read(move |read| Ok(sql_query(session).get_result::<SessionId>(&mut **read)?.id));
    let first = id().await.unwrap();
    until("another connection", async || id().await.unwrap() != first).await;
    store.close();
}

#[derive(QueryableByName)]
struct SessionId {
    #[diesel(sql_type = BigInt)]
    id: i64,
}
