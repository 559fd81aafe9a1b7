//! Lists of messages and of events.

use tidings::event::Priority;
use tidings::message::{Column, Condition, Direction, Query, Scope, StateFilter};
use tidings::store::event::{EventFilter, list as list_events};
use tidings::store::{Error, Read, Store, message};

use super::fill::FIRST;
use super::{id, scopes};
use crate::support::NOW;

fn queries() -> Vec<Query> {
    let text = |column| Condition::Equals(column, "x".to_owned());
    let filters = vec![
        vec![],
        vec![text(Column::EventId)],
        vec![text(Column::ProjectId)],
        vec![text(Column::ResourceUuid), text(Column::RequestId)],
        vec![Condition::Like(Column::Id, "%0%".to_owned())],
        vec![Condition::Like(Column::ResourceType, "V%".to_owned())],
        vec![Condition::Contains(Column::ActionId, "x".to_owned())],
        vec![Condition::In(
            Column::MessageLevel,
            vec!["INFO".to_owned(), "WARN".to_owned()],
        )],
        vec![Condition::Id(id(1))],
        vec![Condition::Ids(vec![id(1), id(2)])],
        vec![
            Condition::Since(Column::CreatedAt, FIRST),
            Condition::Before(Column::CreatedAt, NOW),
        ],
        vec![
            Condition::Time(Column::ExpiresAt, FIRST),
            Condition::Before(Column::ExpiresAt, NOW),
        ],
        vec![Condition::Any(vec![
            vec![text(Column::EventId)],
            vec![text(Column::DetailId)],
        ])],
        vec![Condition::State("u1".to_owned(), StateFilter::Inbox)],
        vec![Condition::State("u1".to_owned(), StateFilter::Unread)],
    ];
    let orders = [
        vec![],
        vec![(Column::CreatedAt, Direction::Ascending)],
        vec![(Column::EventId, Direction::Ascending)],
    ];
    let mut queries = Vec::new();
    for (number, (scope, order)) in scopes()
        .into_iter()
        .flat_map(|scope| orders.clone().map(|order| (scope.clone(), order)))
        .enumerate()
    {
        for conditions in &filters {
            queries.push(Query {
                conditions: conditions.clone(),
                order: Query::total(order.clone()),
                marker: (number % 2 == 0).then(|| id(101)),
                offset: i64::from(number % 3 == 0),
                ..Query::newest(scope.clone(), 10)
            });
        }
    }
    queries
}

/// A list may be refused as too long; its statements are recorded before that.
fn assert_seen(listed: &Result<(), Error>) {
    let is_refused = matches!(listed, Err(Error::Exhausted(_) | Error::NotFound));
    assert!(listed.is_ok() || is_refused, "{listed:?}");
}

pub async fn run(store: &Store) {
    for query in queries() {
        let asked = query.clone();
        let listed = store.list(&query, move |read| message::list(read, &asked, &mut |_| ()));
        assert_seen(&listed.await);
    }
    for scope in scopes() {
        store.count_messages(scope, 1000).await.unwrap();
    }
    let filters = [
        EventFilter::default(),
        EventFilter {
            event_type: Some("type1".to_owned()),
            ..EventFilter::default()
        },
        EventFilter {
            project_id: Some("p1".to_owned()),
            event_type: Some("type1".to_owned()),
            marker: Some(id(101)),
            ..EventFilter::default()
        },
        EventFilter {
            priority: Some(Priority::Error),
            since: Some(FIRST),
            until: Some(NOW),
            ..EventFilter::default()
        },
    ];
    for filter in filters {
        let listed = move |read: &mut Read<'_>| list_events(read, &filter, 10, usize::MAX).map(drop);
        assert_seen(&store.search(&Scope::All, listed).await);
    }
}
