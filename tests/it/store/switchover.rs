//! A MariaDB that stops writing. Only with `TEST_SWITCHOVER`, which `tests/steps/44-switchover` sets: these tests change
//! the whole server, so it has to be their own.

use super::retries::stop_writing_for_a_while;
use super::server::remote;
use crate::support::Fresh;

/// A database on the server, where it is ours to change.
fn own() -> Option<Fresh> {
    std::env::var_os("TEST_SWITCHOVER").and_then(|_| remote())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_only_reads_is_unavailable_to_writers_until_it_writes_again() {
    let Some(database) = own() else { return };
    // The user of the other tests may write even then.
    database
        .execute("CREATE USER IF NOT EXISTS writer IDENTIFIED BY 'writer'; GRANT ALL ON `t\\_%`.* TO writer");
    let url = database.url().replace("tidings:tidings@", "writer:writer@");
    let set = |database: &Fresh, is_writable: bool| {
        database.execute(&format!("SET GLOBAL read_only = {}", u8::from(!is_writable)));
    };
    stop_writing_for_a_while(database, &url, set).await;
}
