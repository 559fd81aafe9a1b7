//! Consecutive pages of a list while messages are deleted.

use tidings::message::{Column, Direction, Query, Scope};
use tidings::store::message::{MessageRow, delete, list, list_after};
use uuid::Uuid;

use crate::support::{TestApp, message, reporter};

/// Reads a page and returns its ids and its last row.
async fn page(app: &TestApp, query: &Query, last: Option<MessageRow>) -> (Vec<Uuid>, Option<MessageRow>) {
    let query = query.clone();
    let read = app.store.read(move |conn| {
        let (mut ids, mut end) = (Vec::new(), None);
        list_after(conn, &query, last.as_ref(), &mut |row| {
            ids.push(row.id);
            end = Some(row.clone());
        })?;
        Ok((ids, end))
    });
    read.await.unwrap()
}

#[tokio::test]
async fn a_page_follows_the_last_message_of_the_one_before_even_if_that_was_deleted() {
    let app = TestApp::start();
    for (column, direction) in [
        (Column::CreatedAt, Direction::Descending),
        (Column::CreatedAt, Direction::Ascending),
        (Column::MessageLevel, Direction::Ascending),
        (Column::ResourceUuid, Direction::Descending),
    ] {
        let rows: Vec<_> = (0..6).map(|second| message("p1", second)).collect();
        app.import(&rows).await;
        let query = Query {
            order: Query::total(vec![(column, direction)]),
            ..Query::newest(Scope::Project("p1".to_owned()), 3)
        };
        let (first, last) = page(&app, &query, None).await;
        let gone = last.as_ref().unwrap().id;
        let scope = query.scope.clone();
        let deleted = app
            .store
            .write(move |tx| delete(tx, &scope, gone, &reporter(), None, 0));
        deleted.await.unwrap();
        let (second, last) = page(&app, &query, last).await;
        let (third, _) = page(&app, &query, last).await;
        let mut seen = [first, second, third].concat();
        seen.sort_unstable();
        let mut made: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        made.sort_unstable();
        assert_eq!(seen, made, "{column:?}");

        let named = Query {
            marker: Some(gone),
            ..query
        };
        let refused = app.store.read(move |conn| list(conn, &named, &mut |_| ()));
        assert!(
            matches!(refused.await, Err(tidings::store::Error::NotFound)),
            "a marker that a client names must exist"
        );
        app.database.execute("DELETE FROM messages");
    }
}
