//! `tidings purge` among other processes: one at a time, killed, interrupted, next to a busy server and inside it.

use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use super::place::{Finished, finish, signal};
use super::{Load, Place, Server, wait_for};
use crate::support::{AT_ONCE, let_pass_here};

/// Starts a purge that pauses this many seconds after each message, and waits until it runs.
fn start_resting(place: &Place, pause: &str) -> Child {
    let child = place.start(&["purge", "--batch-size", "1", "--pause", pause]);
    wait_for("the lease", || {
        (place.database().count("leases") == 1).then_some(())
    });
    child
}

/// Starts a slow purge and waits until it runs.
fn start_slowly(place: &Place) -> Child {
    start_resting(place, "0.1")
}

#[track_caller]
fn assert_held(finished: &Finished, holder: &Child) {
    assert_eq!(finished.code, Some(75), "{finished:?}");
    let end = format!(", process {}\n", holder.id());
    assert!(
        finished.err.contains("a purge is already running") && finished.err.ends_with(&end),
        "{finished:?}"
    );
}

#[test]
fn a_second_purge_yields_to_a_live_one_and_takes_over_from_a_killed_one_at_once() {
    let place = Place::new();
    place.import_expired(0, 500);
    let mut first = start_slowly(&place);
    assert_held(&place.run(&["purge"]), &first);
    assert!(
        place
            .succeed(&["purge", "--dry-run"])
            .contains("would be deleted"),
        "looking is free"
    );

    first.kill().unwrap();
    first.wait().unwrap();
    let mut database = place.database();
    database.wait_for_others();
    database.assert_whole();
    let left = database.count("messages");
    assert!(0 < left && left < 500, "{left}");
    assert_eq!(database.count("leases"), 1, "it was not given back");

    let said = place.succeed(&["purge"]);
    assert!(
        said.starts_with(&format!("deleted {left} messages")) && said.contains("0 expired"),
        "{said}"
    );
    assert_eq!((database.count("messages"), database.count("leases")), (0, 0));
}

#[test]
fn a_purge_killed_elsewhere_keeps_others_away_for_a_minute_at_most() {
    for (here, elsewhere) in [("boot ", "boot 0"), ("pid:[", "pid:[1")] {
        let place = Place::new();
        place.import_expired(0, 10);
        let mut first = start_resting(&place, "30");
        first.kill().unwrap();
        first.wait().unwrap();
        let mut database = place.database();
        database.wait_for_others();
        database.execute(&format!(
            "UPDATE leases SET holder = replace(holder, '{here}', '{elsewhere}')"
        ));
        assert_held(&place.run(&["purge"]), &first);
        let longest = tidings::clock::Clock::system().now() + 60_000_000;
        assert_eq!(database.count(&format!("leases WHERE expires_at > {longest}")), 0);
        database.execute("UPDATE leases SET expires_at = 0");
        place.succeed(&["purge"]);
        assert_eq!((database.count("messages"), database.count("leases")), (0, 0));
    }
}

#[test]
fn a_process_that_has_the_killed_ones_id_by_chance_is_not_taken_for_it() {
    let place = Place::new();
    place.import_expired(0, 10);
    let mut first = start_resting(&place, "30");
    assert_held(&place.run(&["purge"]), &first);
    // As if another purge with the same process id had started and ended long before.
    place
        .database()
        .execute("UPDATE leases SET holder = replace(holder, 'started ', 'started 9')");
    place.succeed(&["purge"]);
    assert_eq!(place.database().count("messages"), 0);
    first.kill().unwrap();
    first.wait().unwrap();
}

#[test]
fn an_interrupted_purge_ends_after_its_batch_and_says_so() {
    let place = Place::new();
    place.import_expired(0, 100);
    for (name, left) in [("INT", 90), ("TERM", 80)] {
        let child = place.start(&["purge", "--batch-size", "10", "--pause", "30"]);
        let mut database = place.database();
        wait_for("the first batch", || {
            (database.count("messages") == left).then_some(())
        });
        signal(&child, name);
        let finished = finish(child);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        let said = format!("{left} expired messages left (interrupted)");
        assert!(finished.out.contains(&said), "{finished:?}");
        assert_eq!((database.count("messages"), database.count("leases")), (left, 0));
    }
}

#[test]
fn a_second_signal_does_not_wait_for_the_batch() {
    let place = Place::new();
    place.import_expired(0, 20);
    let child = start_slowly(&place);
    let mut database = place.database();
    // Its next batch waits for this lock.
    database.lock();
    signal(&child, "INT");
    let_pass_here(Duration::from_millis(500));
    let started = Instant::now();
    signal(&child, "INT");
    let finished = finish(child);
    assert_eq!(finished.code, Some(130), "{finished:?}");
    assert!(started.elapsed() < AT_ONCE, "{:?}", started.elapsed());
    database.unlock();
    database.assert_whole();
}

#[test]
fn a_purge_keeps_to_its_limits() {
    let place = Place::new();
    place.import_expired(0, 30);
    let mut database = place.database();
    assert!(
        place
            .succeed(&["purge", "--dry-run", "--max-rows", "7"])
            .starts_with("7 messages")
    );
    assert_eq!(database.count("messages"), 30);
    assert!(
        place
            .succeed(&["purge", "--max-rows", "7", "--batch-size", "5"])
            .contains("23 expired messages left")
    );
    assert!(
        place
            .succeed(&["purge", "--expired-before", "2020-01-31T00:00:00"])
            .starts_with("deleted 0 ")
    );
    assert_eq!(database.count("messages"), 23);
    for (wrong, code) in [("2999-01-01T00:00:00", 65), ("yesterday", 2)] {
        let finished = place.run(&["purge", "--expired-before", wrong]);
        assert_eq!(finished.code, Some(code), "{finished:?}");
        assert!(finished.err.contains("--expired-before"), "{finished:?}");
    }
    for wrong in ["31", "-1", "NaN", "soon"] {
        assert_eq!(
            place.run(&["purge", "--pause", wrong]).code,
            Some(2),
            "longer than the lease bears: {wrong}"
        );
    }
    assert_eq!(database.count("messages"), 23);
}

#[test]
fn a_purge_beside_a_busy_server_takes_only_what_expired() {
    let place = Place::new();
    place.import_expired(0, 3000);
    let mut server = Server::start(&place);
    let work = Load::default();
    let ledger = thread::scope(|scope| {
        let clients = scope.spawn(|| work.run(server.address, "p1", 8));
        wait_for("answers", || (work.answered() > 20).then_some(()));
        let said = place.succeed(&["purge", "--batch-size", "200"]);
        assert!(said.starts_with("deleted 3000 messages"), "{said}");
        work.stop();
        clients.join().unwrap()
    });
    assert!(ledger.refused.is_empty(), "{:?}", ledger.refused);
    ledger.assert_kept(server.address, "p1");
    server.stop();
}

#[test]
fn a_server_purges_by_itself_and_gives_the_lease_back_when_it_stops() {
    let place = Place::with("[purge]\ninterval = 0.2\n");
    let mut server = Server::start(&place);
    place.import_expired(0, 100);
    let mut database = place.database();
    wait_for("an empty database", || {
        (database.count("messages") == 0).then_some(())
    });
    let runs = wait_for("the metrics", || {
        let metrics = server.connect().get("/metrics").unwrap().body;
        let all = metrics.contains("\ntidings_messages_purged_total 100\n");
        all.then_some(metrics)
    });
    assert!(
        !runs.contains("\ntidings_purge_last_timestamp_seconds 0"),
        "{runs}"
    );
    server.stop();

    place.configure("[purge]\ninterval = 0.2\nbatch_size = 1\npause = 30\n");
    place.import_expired(100, 100);
    let mut server = Server::start(&place);
    wait_for("the first batch", || {
        (database.count("messages") == 99).then_some(())
    });
    assert_eq!(place.run(&["purge"]).code, Some(75));
    server.stop();
    assert_eq!(database.count("leases"), 0);
    place.succeed(&["purge", "--batch-size", "1000"]);
}
