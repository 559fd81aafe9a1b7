//! The rows of browser sessions.

use tidings::store::browser_session::{self, BrowserSession};

use crate::support::{NOW, TestApp};

fn row(id: u8, expires_at: i64) -> BrowserSession {
    BrowserSession {
        id: vec![id; 32],
        token: vec![1, 2, 3],
        expires_at,
        ends_at: NOW + 1000,
    }
}

async fn put(app: &TestApp, row: BrowserSession, before: Option<Vec<u8>>) {
    let put = app
        .store
        .write(move |tx| browser_session::put(tx, &row, before.as_deref()));
    put.await.unwrap();
}

async fn find(app: &TestApp, id: u8, now: i64) -> Option<BrowserSession> {
    let find = app
        .store
        .read(move |conn| browser_session::find(conn, &[id; 32], now));
    find.await.unwrap()
}

#[tokio::test]
async fn a_row_is_found_until_it_expires() {
    let app = TestApp::start();
    put(&app, row(1, NOW + 10), None).await;
    assert_eq!(find(&app, 1, NOW + 9).await, Some(row(1, NOW + 10)));
    assert_eq!(find(&app, 1, NOW + 10).await, None);
    assert_eq!(find(&app, 2, NOW).await, None);
}

#[tokio::test]
async fn a_new_row_takes_the_place_of_the_one_before() {
    let app = TestApp::start();
    put(&app, row(1, NOW + 10), None).await;
    put(&app, row(2, NOW + 10), Some(vec![1; 32])).await;
    assert_eq!(find(&app, 1, NOW).await, None);
    assert!(find(&app, 2, NOW).await.is_some());
}

#[tokio::test]
async fn use_makes_it_last_but_never_beyond_its_end_nor_from_the_dead() {
    let app = TestApp::start();
    put(&app, row(1, NOW + 10), None).await;
    for expires_at in [NOW + 500, NOW + 1001] {
        let extend = app
            .store
            .write(move |tx| browser_session::extend(tx, &[1; 32], expires_at));
        extend.await.unwrap();
    }
    assert_eq!(find(&app, 1, NOW).await.unwrap().expires_at, NOW + 500);
    let delete = app.store.write(|tx| {
        browser_session::delete(tx, &[1; 32])?;
        browser_session::extend(tx, &[1; 32], NOW + 900)
    });
    delete.await.unwrap();
    assert_eq!(find(&app, 1, NOW).await, None);
}
