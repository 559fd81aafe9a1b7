//! A corrupt SQLite file.

use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};

use tidings::message::Message;

use crate::support::{Fresh, TestApp, message};

const SAID: &str = "503 serviceUnavailable: The database of the message store is damaged. It has to be restored from a backup.";

#[tokio::test]
async fn a_damaged_file_is_a_503_that_says_so() {
    if Fresh::is_remote() {
        return;
    }
    let app = TestApp::start();
    let rows: Vec<Message> = (0..3000).map(|index| message("p1", -index)).collect();
    app.import(&rows).await;
    app.database.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    let path = app
        .database
        .url()
        .split_once("sqlite:")
        .map_or(app.database.url(), |(_, path)| path);
    let path = format!("/{}", path.trim_start_matches('/'));
    let mut file = OpenOptions::new().write(true).open(path).unwrap();
    let length = file.metadata().unwrap().len();
    // All but the first page, which every connection has already read.
    file.seek(SeekFrom::Start(4096)).unwrap();
    file.write_all(&vec![0xa5; usize::try_from(length - 4096).unwrap()])
        .unwrap();
    let member = app.member("p1");
    for query in ["request_id=none", "sort=request_id", "offset=2000"] {
        let answer = member.list(query).await;
        assert_eq!(answer.header("retry-after"), "", "another try does not help");
        assert_eq!(answer.fault(), SAID, "{query}");
    }
}
