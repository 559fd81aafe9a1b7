//! Searches: their queueing, their end, and that windows do not change the result.

use std::io::{Read as _, Write};
use std::net::TcpStream;
use std::sync::mpsc;
use std::time::Duration;

use tidings::message::{Column, Condition, Direction, Message, Query, Scope};
use tidings::store::message::list;
use tidings::store::{Error, Limits, Read};
use tokio::task::JoinHandle;

use crate::support::{TestApp, message, once, until};

/// Searches that may wait in one lane.
const QUEUE: usize = 64;

pub fn project(name: &str) -> Scope {
    Scope::Project(name.to_owned())
}

/// Starts a search that reports when it runs, and continues until released.
struct Held {
    runs: tokio::sync::oneshot::Receiver<()>,
    release: mpsc::Sender<()>,
    answer: JoinHandle<Result<(), Error>>,
}

fn hold(app: &TestApp, scope: Scope) -> Held {
    let store = app.store.clone();
    let (say, runs) = once();
    let (release, released) = mpsc::channel();
    let work = move |_: &mut Read<'_>| {
        say(());
        let _ = released.recv();
        Ok(())
    };
    let answer = tokio::spawn(async move { store.search(&scope, work).await });
    Held {
        runs,
        release,
        answer,
    }
}

async fn quick(app: &TestApp, scope: Scope) -> Result<(), Error> {
    app.store.search(&scope, |_| Ok(())).await
}

#[test]
fn the_budget_of_a_search_is_the_documented_one() {
    let Limits { rows, time, .. } = Limits::default();
    assert_eq!((rows, time), (20_000_000, Some(Duration::from_secs(10))));
    for text in ["20 million rows and 10 seconds", "; 64 may wait"] {
        assert!(include_str!("../../../docs/api.md").contains(text), "{text}");
    }
}

#[tokio::test]
async fn a_project_that_searches_without_end_keeps_nobody_else_waiting() {
    // Of three readers, one is kept free of searches and a lane may use one.
    let app = TestApp::limited(Limits::default());
    let mut first = hold(&app, project("p1"));
    (&mut first.runs).await.unwrap();
    let mut waiting: Vec<Held> = (0..QUEUE).map(|_| hold(&app, project("p1"))).collect();
    // They are submitted before another project gets its turn.
    tokio::task::yield_now().await;
    assert_eq!(quick(&app, project("p2")).await, Ok(()));
    assert_eq!(quick(&app, Scope::All).await, Ok(()), "the admins");
    let domain = Scope::Projects(["p1".to_owned(), "p2".to_owned()].into());
    assert_eq!(quick(&app, domain).await, Ok(()), "a domain's admins");
    let busy = quick(&app, project("p1")).await;
    assert!(matches!(busy, Err(Error::Busy(_))), "{busy:?}");
    for held in &mut waiting {
        assert!(held.runs.try_recv().is_err(), "one at a time");
    }
    // Short reads and the healthcheck have a reader even while another lane is busy too.
    let mut other = hold(&app, project("p2"));
    (&mut other.runs).await.unwrap();
    assert_eq!(app.member("p1").list("").await.status, 200);
    assert_eq!(app.anonymous().get("/healthcheck?detailed=1").await.status, 200);
    assert_eq!(app.anonymous().get("/metrics").await.status, 200);
    // One that is given up makes room for another, and the first of the remaining ones is next.
    let given_up = waiting.remove(0);
    given_up.answer.abort();
    assert!(given_up.answer.await.unwrap_err().is_cancelled());
    let mut last = hold(&app, project("p1"));
    first.release.send(()).unwrap();
    assert_eq!(first.answer.await.unwrap(), Ok(()));
    for mut held in waiting {
        (&mut held.runs).await.unwrap();
        held.release.send(()).unwrap();
        assert_eq!(held.answer.await.unwrap(), Ok(()));
    }
    (&mut last.runs).await.unwrap();
    last.release.send(()).unwrap();
    other.release.send(()).unwrap();
    assert_eq!(last.answer.await.unwrap(), Ok(()));
}

#[tokio::test]
async fn a_walk_ends_when_nobody_waits_for_it() {
    let app = TestApp::limited(Limits::default());
    let rows: Vec<Message> = (0..2000).map(|index| message("p1", -index)).collect();
    app.import(&rows).await;
    let (say, runs) = once();
    let (release, released) = mpsc::channel::<()>();
    let (tell, told) = once();
    let store = app.store.clone();
    let search = tokio::spawn(async move {
        let work = move |read: &mut Read<'_>| {
            say(());
            let _ = released.recv();
            let query = Query {
                conditions: vec![Condition::Equals(Column::RequestId, "none".to_owned())],
                ..Query::newest(project("p1"), 10)
            };
            let end = list(read, &query, &mut |_| ());
            tell(end.clone());
            end
        };
        store.search(&project("p1"), work).await
    });
    runs.await.unwrap();
    let before = app.rows_read().await;
    search.abort();
    assert!(search.await.unwrap_err().is_cancelled());
    release.send(()).unwrap();
    let end = told.await.unwrap();
    assert!(matches!(end, Err(Error::Busy(_))), "{end:?}");
    assert_eq!(app.rows_read().await, before);
}

/// Pipelined requests that are read ahead: the client may disconnect in the middle of one.
const AHEAD: [&str; 3] = [
    "",
    "G",
    "GET /v3/p1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET",
];

#[tokio::test]
async fn a_client_that_leaves_gives_its_search_up() {
    for ahead in AHEAD {
        for (with_it, is_reset) in [(true, false), (false, false), (false, true)] {
            leaves(ahead, with_it, is_reset).await;
        }
    }
}

/// Connects a client that sends more, with its search or later, and then closes its connection or breaks it.
async fn leaves(ahead: &str, with_it: bool, is_reset: bool) {
    let app = TestApp::limited(Limits::default());
    let rows: Vec<Message> = (0..500).map(|index| message("p1", -index)).collect();
    app.import(&rows).await;
    let mut held = hold(&app, project("p1"));
    (&mut held.runs).await.unwrap();
    // Not counting the request for the metrics themselves.
    let in_flight = async || app.figures().await["tidings_http_requests_in_flight"] - 1;
    let mut client = TcpStream::connect(app.base.strip_prefix("http://").unwrap()).unwrap();
    let token = "X-Auth-Token: somebody:p1:member";
    write!(
        client,
        "GET /v3/p1/messages?request_id=none HTTP/1.1\r\nHost: 127.0.0.1\r\n{token}\r\n\r\n{}",
        if with_it { ahead } else { "" }
    )
    .unwrap();
    until("the search", async || in_flight().await > 0).await;
    let before = app.rows_read().await;
    if !with_it {
        client.write_all(ahead.as_bytes()).unwrap();
    }
    if is_reset {
        socket2::SockRef::from(&client)
            .set_linger(Some(Duration::ZERO))
            .unwrap();
    }
    drop(client);
    until("its end", async || in_flight().await == 0).await;
    held.release.send(()).unwrap();
    // The next in the lane: if the search were still wanted, it would have examined rows first.
    assert_eq!(quick(&app, project("p1")).await, Ok(()));
    assert_eq!(app.rows_read().await, before);
}

#[tokio::test]
async fn requests_behind_a_search_are_answered_in_turn() {
    let app = TestApp::limited(Limits::default());
    app.import(&[message("p1", 0)]).await;
    let mut held = hold(&app, project("p1"));
    (&mut held.runs).await.unwrap();
    let mut client = TcpStream::connect(app.base.strip_prefix("http://").unwrap()).unwrap();
    let headers = "Host: 127.0.0.1\r\nX-Auth-Token: somebody:p1:member";
    let search = format!("GET /v3/p1/messages?request_id=none HTTP/1.1\r\n{headers}\r\n\r\n");
    // More than is read ahead.
    let all = format!(
        "{}GET /healthcheck HTTP/1.1\r\n{headers}\r\nConnection: close\r\n\r\n",
        search.repeat(300)
    );
    let writer = client.try_clone().unwrap();
    let sent = std::thread::spawn(move || (&writer).write_all(all.as_bytes()));
    held.release.send(()).unwrap();
    let mut answers = String::new();
    client.read_to_string(&mut answers).unwrap();
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 301, "{answers}");
    sent.join().unwrap().unwrap();
}

#[tokio::test]
async fn a_search_that_takes_too_long_is_given_up() {
    let app = TestApp::limited(Limits {
        time: Some(Duration::from_millis(700)),
        ..Limits::default()
    });
    let held = hold(&app, project("p1"));
    let waiting = hold(&app, project("p1"));
    let given_up = Err(Error::Exhausted("it had taken 0.7 seconds".to_owned()));
    assert_eq!(held.answer.await.unwrap(), given_up);
    let busy = Err(Error::Busy("searches of the project are waiting".to_owned()));
    assert_eq!(waiting.answer.await.unwrap(), busy, "it never ran");
    assert_eq!(app.figures().await["tidings_store_searches_exhausted_total"], 1);
    held.release.send(()).unwrap();
    assert_eq!(
        quick(&app, project("p1")).await,
        Ok(()),
        "the reader is free again"
    );
}

/// Returns the results of a list, by message number.
pub async fn listed(app: &TestApp, rows: &[Message], query: Query) -> Vec<usize> {
    let asked = query.clone();
    let read = app.store.list(&asked, move |read| {
        let mut ids = Vec::new();
        list(read, &query, &mut |row| ids.push(row.id))?;
        Ok(ids)
    });
    let ids = read.await.unwrap();
    let number = |id| rows.iter().position(|row| row.id == id).unwrap();
    ids.into_iter().map(number).collect()
}

#[tokio::test]
async fn searches_of_a_domain_and_of_all_projects_do_not_wait_for_each_other() {
    let app = TestApp::limited(Limits::default());
    let domain = |first: &str| Scope::Projects([first.to_owned(), "p9".to_owned()].into());
    let mut held = hold(&app, domain("p1"));
    (&mut held.runs).await.unwrap();
    assert_eq!(quick(&app, Scope::All).await, Ok(()));
    assert_eq!(quick(&app, domain("p2")).await, Ok(()));
    assert_eq!(quick(&app, project("p1")).await, Ok(()));
    let mut second = hold(&app, domain("p1"));
    tokio::task::yield_now().await;
    assert_eq!(quick(&app, project("p2")).await, Ok(()));
    assert!(second.runs.try_recv().is_err(), "one at a time");
    held.release.send(()).unwrap();
    (&mut second.runs).await.unwrap();
    second.release.send(()).unwrap();
    assert_eq!(second.answer.await.unwrap(), Ok(()));
}

#[tokio::test]
async fn messages_named_by_their_ids_are_listed_as_any_others() {
    let app = TestApp::limited(Limits {
        rows: 2000,
        // A busy machine needs longer.
        time: None,
        ..Limits::default()
    });
    let rows: Vec<Message> = (0..3000)
        .map(|index| message(if index % 3 == 0 { "p2" } else { "p1" }, -index))
        .collect();
    app.import(&rows).await;
    // A third of them belong to another project, and some have no resource.
    let named: Vec<usize> = (0..3000).step_by(31).collect();
    let nobodys = [uuid::Uuid::now_v7(), uuid::Uuid::nil()];
    let ids = named.iter().map(|index| rows[*index].id).chain(nobodys).collect();
    let since = Condition::Since(Column::CreatedAt, rows[2500].created_at);
    let some = Scope::Projects(["p2".to_owned(), "p3".to_owned()].into());
    for scope in [project("p1"), some, Scope::All, project("p3")] {
        for (offset, limit) in [(0, 500), (0, 7), (5, 7), (50, 500), (500, 7), (0, 0)] {
            let expected = named
                .iter()
                .copied()
                .filter(|index| *index <= 2500 && scope.has(&rows[*index].project_id));
            let expected: Vec<usize> = expected.skip(offset).take(limit).collect();
            let query = Query {
                conditions: vec![Condition::Ids(Vec::clone(&ids)), since.clone()],
                offset: i64::try_from(offset).unwrap(),
                ..Query::newest(scope.clone(), i64::try_from(limit).unwrap())
            };
            assert!(query.is_direct(), "however many messages there are");
            let shown = format!("{query:?}");
            assert_eq!(listed(&app, &rows, query).await, expected, "{shown}");
        }
    }
}

#[tokio::test]
async fn windows_neither_skip_nor_repeat() {
    let app = TestApp::start();
    // Ten at a time share a time, so that windows end among equals; every seventh has a resource.
    let mut rows: Vec<Message> = (0..2000)
        .map(|index: i64| Message {
            resource_uuid: (index % 7 == 0).then(|| "r".to_owned()),
            ..message(if index % 2 == 0 { "p1" } else { "p2" }, index / 10)
        })
        .collect();
    rows.sort_by_key(|row| (row.created_at, row.id));
    app.import(&rows).await;
    let about = Condition::Equals(Column::ResourceUuid, "r".to_owned());
    // No statement is kept prepared for it.
    let part = Condition::Like(Column::ResourceUuid, "%r%".to_owned());
    let since = Condition::Since(Column::CreatedAt, rows[300].created_at);
    let before = Condition::Before(Column::CreatedAt, rows[1700].created_at);
    let some = Scope::Projects(["p2".to_owned(), "p3".to_owned()].into());
    let both = Scope::Projects(["p1".to_owned(), "p2".to_owned()].into());
    for scope in [project("p1"), some, both, Scope::All] {
        for conditions in [
            vec![],
            vec![since.clone(), before.clone()],
            vec![about.clone()],
            vec![part.clone()],
            vec![about.clone(), since.clone(), before.clone()],
        ] {
            for direction in [Direction::Ascending, Direction::Descending] {
                for (marker, offset, limit) in [
                    (None, 0, 5000),
                    (None, 100, 60),
                    (Some(1000), 0, 5000),
                    (Some(1000), 30, 70),
                    (None, 5000, 10),
                ] {
                    let is_shown = |row: &&Message| scope.has(&row.project_id);
                    let mut expected: Vec<usize> = (0..rows.len())
                        .filter(|index| is_shown(&&rows[*index]))
                        .filter(|index| conditions.iter().all(|one| holds(one, &rows[*index])))
                        .collect();

                    if direction == Direction::Descending {
                        expected.reverse();
                    }
                    // The marker is in the scope; it need not match the filter.
                    let marker = marker.map(|at| (at..rows.len()).find(|at| is_shown(&&rows[*at])).unwrap());
                    expected.retain(|index| match (marker, direction) {
                        (None, _) => true,
                        (Some(marker), Direction::Ascending) => *index > marker,
                        (Some(marker), Direction::Descending) => *index < marker,
                    });
                    let expected: Vec<usize> = expected.into_iter().skip(offset).take(limit).collect();
                    let query = Query {
                        scope: scope.clone(),
                        conditions: conditions.clone(),
                        order: Query::total(vec![(Column::CreatedAt, direction)]),
                        marker: marker.map(|index| rows[index].id),
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

fn holds(condition: &Condition, row: &Message) -> bool {
    match condition {
        Condition::Since(_, at) => row.created_at >= *at,
        Condition::Before(_, at) => row.created_at < *at,
        Condition::Equals(Column::ProjectId, project) => row.project_id == *project,
        _ => row.resource_uuid.is_some(),
    }
}
