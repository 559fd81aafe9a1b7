//! Lists of the messages of several projects.

use tidings::message::{Column, Condition, Message, Query, Scope};
use tidings::store::Limits;

use super::search::listed;
use crate::support::{TestApp, message};

#[tokio::test]
async fn a_domain_is_searched_in_its_own_projects_however_much_others_have() {
    let app = TestApp::limited(Limits {
        rows: 4000,
        // A busy machine needs longer.
        time: None,
        ..Limits::default()
    });
    // The newest 3000 are another domain's, and the oldest of this one are far back.
    let of =
        |name: &'static str, from: i64, count: i64| (from..from + count).map(move |at| message(name, -at));
    let mut rows: Vec<Message> = of("other", 0, 3000).chain(of("p1", 3000, 400)).collect();
    rows.extend(of("p2", 2900, 400));
    rows.sort_by_key(|row| std::cmp::Reverse((row.created_at, row.id)));
    for part in rows.chunks(500) {
        app.import(part).await;
    }
    let names: Vec<String> = (1..=3).map(|number| format!("p{number}")).collect();
    let scope = Scope::Projects(names.into());
    let error = Condition::Equals(Column::MessageLevel, "ERROR".to_owned());
    let about = Condition::Contains(Column::EventId, "VOLUME".to_owned());
    let of_p1 = Condition::Equals(Column::ProjectId, "p1".to_owned());
    let of_other = Condition::Equals(Column::ProjectId, "other".to_owned());
    let at = rows.iter().position(|row| row.project_id == "p2").unwrap() + 250;
    for conditions in [vec![], vec![error], vec![about], vec![of_p1], vec![of_other]] {
        for (marker, offset, limit) in [(None, 0, 10), (None, 150, 10), (Some(at), 0, 10)] {
            let expected: Vec<usize> = (marker.map_or(0, |at| at + 1)..rows.len())
                .filter(|index| scope.has(&rows[*index].project_id))
                .filter(|index| match conditions.as_slice() {
                    [Condition::Equals(Column::ProjectId, name)] => rows[*index].project_id == *name,
                    _ => true,
                })
                .skip(offset)
                .take(limit)
                .collect();
            let query = Query {
                conditions: conditions.clone(),
                marker: marker.map(|index| rows[index].id),
                offset: i64::try_from(offset).unwrap(),
                ..Query::newest(scope.clone(), i64::try_from(limit).unwrap())
            };
            let shown = format!("{query:?}");
            assert_eq!(listed(&app, &rows, query).await, expected, "{shown}");
        }
    }
    let none = Query {
        conditions: vec![Condition::Equals(Column::RequestId, "none".to_owned())],
        ..Query::newest(scope, 10)
    };
    assert_eq!(
        listed(&app, &rows, none).await,
        [] as [usize; 0],
        "800 messages are within the budget"
    );
}

#[tokio::test]
async fn a_domain_of_many_projects_is_one_page() {
    let app = TestApp::start();
    let mut rows: Vec<Message> = (0..3000_i64)
        .map(|at| Message {
            project_id: format!("p{}", at * at % 1009),
            ..message("", -at)
        })
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse((row.created_at, row.id)));
    for part in rows.chunks(500) {
        app.import(part).await;
    }
    let names: Vec<String> = (0..1000).map(|number| format!("p{number}")).collect();
    let scope = Scope::Projects(names.into());
    for (conditions, offset) in [
        (vec![], 0),
        (vec![], 2000),
        (
            vec![Condition::Equals(Column::MessageLevel, "ERROR".to_owned())],
            100,
        ),
    ] {
        let shown = (0..rows.len()).filter(|index| scope.has(&rows[*index].project_id));
        let expected: Vec<usize> = shown.skip(offset).take(500).collect();
        let query = Query {
            conditions,
            offset: i64::try_from(offset).unwrap(),
            ..Query::newest(scope.clone(), 500)
        };
        assert_eq!(listed(&app, &rows, query).await, expected);
    }
}

#[tokio::test]
async fn a_domain_of_large_messages_is_read_in_pieces_of_bounded_bytes() {
    let app = TestApp::limited(Limits {
        bytes: 20_000,
        // A busy machine needs longer.
        time: None,
        ..Limits::default()
    });
    let mut rows: Vec<Message> = (0..400_i64)
        .map(|at| Message {
            project_id: format!("p{}", at * at % 3),
            parameters: Some(format!("{{\"text\":\"{}\"}}", "x".repeat(1000))),
            ..message("", -at)
        })
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse((row.created_at, row.id)));
    app.import(&rows).await;
    let scope = Scope::Projects(["p0".to_owned(), "p1".to_owned()].into());
    let error = Condition::Equals(Column::MessageLevel, "ERROR".to_owned());
    for conditions in [vec![], vec![error]] {
        let query = Query {
            conditions,
            offset: 100,
            ..Query::newest(scope.clone(), 250)
        };
        let expected: Vec<usize> = (100..350).collect();
        assert_eq!(listed(&app, &rows, query).await, expected);
    }
}
