//! `tidings db migrate`, repeated and in parallel.

use super::Place;
use super::place::finish;

#[test]
fn migrating_again_changes_nothing() {
    let place = Place::new();
    assert!(place.succeed(&["db", "migrate"]).starts_with("applied "));
    assert_eq!(place.succeed(&["db", "migrate"]), "The schema is up to date.\n");
    assert!(place.succeed(&["db", "status"]).contains("applied"));
}

#[test]
fn several_processes_may_migrate_at_once() {
    for _ in 0..4 {
        let place = Place::new();
        let processes: Vec<_> = (0..4).map(|_| place.start(&["db", "migrate"])).collect();
        for process in processes {
            let finished = finish(process);
            assert_eq!(finished.code, Some(0), "{finished:?}");
        }
        place.succeed(&["db", "status"]);
        place.database().assert_whole();
    }
}
