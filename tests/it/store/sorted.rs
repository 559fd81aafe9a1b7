//! Pages in an order other than that of time.

use tidings::message::{Column, Condition, Direction, Message, Query, Scope};
use tidings::store::Limits;

use super::search::{listed, project};
use crate::support::{TestApp, message};

#[tokio::test]
async fn pages_in_any_order_neither_skip_nor_repeat() {
    let app = TestApp::start();
    let rows: Vec<Message> = (0..2500_i64)
        .map(|index| Message {
            resource_uuid: (index % 5 != 0).then(|| format!("{}", index % 13)),
            request_id: format!("req-{}", index * 7919 % 101),
            ..message(
                ["p1", "p2", "p3"][usize::try_from(index % 3).unwrap()],
                -index / 10,
            )
        })
        .collect();
    for part in rows.chunks(500) {
        app.import(part).await;
    }
    let text = |column, row: &Message| match column {
        Column::ResourceUuid => row.resource_uuid.clone().unwrap_or_default(),
        _ => row.request_id.clone(),
    };
    let some = Scope::Projects(["p2".to_owned(), "p3".to_owned()].into());
    for scope in [project("p1"), some, Scope::All] {
        for conditions in [
            vec![],
            vec![Condition::Like(Column::ResourceUuid, "%1%".to_owned())],
        ] {
            for (column, direction) in [
                (Column::RequestId, Direction::Ascending),
                (Column::ResourceUuid, Direction::Descending),
            ] {
                let mut all: Vec<&Message> = rows.iter().filter(|row| scope.has(&row.project_id)).collect();
                all.sort_by_key(|row| (text(column, row), row.created_at, row.id));
                if direction == Direction::Descending {
                    all.reverse();
                }
                for (marker, offset, limit) in [
                    (None, 0, 5),
                    (None, 700, 90),
                    (Some(300), 0, 80),
                    (Some(3), 9, 5000),
                ] {
                    // The marker is in the scope; it need not match the filter.
                    let behind = marker.map_or(0, |at| at + 1);
                    let expected: Vec<usize> = all[behind.min(all.len())..]
                        .iter()
                        .filter(|row| {
                            conditions.is_empty()
                                || row.resource_uuid.as_ref().is_some_and(|id| id.contains('1'))
                        })
                        .skip(offset)
                        .take(limit)
                        .map(|row| rows.iter().position(|one| one.id == row.id).unwrap())
                        .collect();
                    let query = Query {
                        scope: scope.clone(),
                        conditions: conditions.clone(),
                        order: Query::total(vec![(column, direction)]),
                        marker: marker.map(|at| all[at].id),
                        marker_at: None,
                        limit: i64::try_from(limit).unwrap(),
                        offset: i64::try_from(offset).unwrap(),
                    };
                    let shown = format!("{query:?}");
                    assert_eq!(listed(&app, &rows, query).await, expected, "{shown}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_page_takes_a_bounded_number_of_bytes() {
    let app = TestApp::limited(Limits {
        bytes: 100_000,
        // A busy machine needs longer.
        time: None,
        ..Limits::default()
    });
    let long = |index: i64| Message {
        parameters: Some(format!("{{\"text\":\"{}\"}}", "x".repeat(1000))),
        ..message("p1", -index)
    };
    app.import(&(0..200).map(long).collect::<Vec<_>>()).await;
    let member = app.member("p1");
    let page = member.list("sort=request_id&limit=20&offset=10").await;
    assert_eq!(page.json()["messages"].as_array().unwrap().len(), 20);
    for (query, cause) in [
        (
            "sort=request_id&limit=20&offset=150",
            "the offset 150 is too large",
        ),
        (
            "sort=request_id&limit=200",
            "too many messages would have to be sorted",
        ),
    ] {
        let fault = member.list(query).await.fault();
        assert!(
            fault.starts_with("503 serviceUnavailable") && fault.contains(cause),
            "{query}: {fault}"
        );
    }
}
