//! What is new in a project.

use std::collections::BTreeSet;

use tidings::message::{Message, Position};
use tidings::store::message::{NEWS_PAGE, News, news, positions};

use crate::support::{NOW, TestApp, message};

async fn look(app: &TestApp, since: i64, known: &BTreeSet<Position>) -> News {
    let known = known.clone();
    let read = app.store.read(move |conn| news(conn, "p1", since, &known));
    read.await.unwrap()
}

#[tokio::test]
async fn only_what_is_not_known_is_read() {
    let app = TestApp::start();
    let rows: Vec<Message> = (0..4).map(|second| message("p1", second)).collect();
    // Written in another order than that of their times.
    let mut written = rows.clone();
    written.reverse();
    written.push(message("p2", 2));
    app.import(&written).await;
    let known = BTreeSet::from([Position::of(&rows[2])]);
    let found = look(&app, rows[1].created_at, &known).await;
    assert_eq!(found.messages, [rows[1].clone(), rows[3].clone()]);
    assert_eq!(found.until, None);
    let since = rows[2].created_at;
    let all = app.store.read(move |conn| positions(conn, "p1", since)).await;
    assert_eq!(all.unwrap(), rows[2..].iter().map(Position::of).collect());
}

#[tokio::test]
async fn a_page_is_full_of_new_ones_whatever_is_known() {
    let app = TestApp::start();
    let mut rows: Vec<Message> = (0..NEWS_PAGE * 5 / 2).map(|_| message("p1", 0)).collect();
    rows.sort_by_key(Position::of);
    app.import(&rows).await;
    let mut known = BTreeSet::new();
    for page in rows.chunks(NEWS_PAGE) {
        let found = look(&app, NOW, &known).await;
        assert_eq!(found.messages, page);
        let last = page.last().map(Position::of);
        assert_eq!(found.until, last.filter(|_| page.len() == NEWS_PAGE));
        known.extend(page.iter().map(Position::of));
    }
    assert_eq!(look(&app, NOW, &known).await.messages, []);
}
