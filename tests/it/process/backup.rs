//! `tidings db backup` of a store that is being written to.

use std::thread;

use super::place::as_text;
use super::{Load, Place, Server, wait_for};
use crate::support::{Database, Fresh};

#[test]
fn a_backup_of_a_busy_store_is_one_moment_of_it() {
    if Fresh::is_remote() {
        return;
    }
    let place = Place::new();
    let mut server = Server::start(&place);
    let work = Load::default();
    let copy = place.path("copy.db");
    let (before, after) = thread::scope(|scope| {
        let clients = scope.spawn(|| work.run(server.address, "p1", 16));
        wait_for("some messages", || (work.answered() > 200).then_some(()));
        let before = place.database().count("messages");
        place.succeed(&["db", "backup", as_text(&copy)]);
        let after = place.database().count("messages");
        work.stop();
        assert!(
            clients.join().unwrap().refused.is_empty(),
            "writing goes on during a backup"
        );
        (before, after)
    });
    let mut database = Database::open(&format!("sqlite:///{}", copy.display()));
    database.assert_whole();
    let copied = database.count("messages");
    assert!(
        before <= copied && copied <= after,
        "{before} <= {copied} <= {after}"
    );
    let torn = "(SELECT request_id FROM messages GROUP BY request_id HAVING count(*) NOT IN (1, 5))";
    assert_eq!(database.count(torn), 0, "no batch is copied in part");
    drop(database);

    let again = place.run(&["db", "backup", as_text(&copy)]);
    assert_eq!(
        again.code,
        Some(65),
        "a backup never takes another's place: {again:?}"
    );
    server.stop();
    let mut restored = Place::new();
    restored.move_database(&copy);
    Server::start(&restored).stop();
}
