//! Tests of the spool alone: order, bound, restart, damage, lock and modes.

use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;

use super::*;

fn batch(project: &str) -> Batch {
    Batch::new(project.into(), vec![r#"{"event_id":"A"}"#.into()])
}

fn open(dir: &TempDir) -> (Spool, Vec<Entry>) {
    Spool::open(dir.path(), 64 * BLOCK).unwrap()
}

#[test]
fn what_was_stored_is_found_again_oldest_first() {
    let dir = TempDir::new().unwrap();
    let (mut spool, none) = open(&dir);
    assert!(none.is_empty());
    let batches = ["a", "b", "c"].map(batch);
    let entries = batches
        .each_ref()
        .map(|batch| spool.store(batch, Instant::now()).unwrap());
    spool.remove(&entries[1]);
    drop(spool);

    let (mut spool, found) = open(&dir);
    let loaded: Vec<_> = found.iter().map(|entry| spool.load(entry).unwrap()).collect();
    assert_eq!(loaded, [batches[0].clone(), batches[2].clone()]);
    let next = spool.store(&batches[1], Instant::now()).unwrap();
    assert_eq!(next.number, 3, "numbers go on");
}

#[test]
fn the_bound_is_counted_in_blocks_and_room_comes_back() {
    let dir = TempDir::new().unwrap();
    let (mut spool, _) = Spool::open(dir.path(), 3 * BLOCK).unwrap();
    let now = Instant::now();
    let entries: Vec<_> = (0..5).filter_map(|_| spool.store(&batch("a"), now)).collect();
    assert_eq!(entries.len(), 3);
    spool.remove(&entries[0]);
    assert!(spool.store(&batch("a"), now).is_some());
    assert!(spool.store(&batch("a"), now).is_none());
}

#[test]
fn damaged_and_foreign_files_are_set_aside_once() {
    let dir = TempDir::new().unwrap();
    let (mut spool, _) = open(&dir);
    let entry = spool.store(&batch("a"), Instant::now()).unwrap();
    let path = spool.path(entry.number);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 4]).unwrap();
    fs::write(dir.path().join("00000000000000000007.batch"), "not ours").unwrap();
    fs::write(dir.path().join("00000000000000000008.tmp"), "half").unwrap();
    fs::write(dir.path().join("README"), "an operator's").unwrap();
    drop(spool);

    let (mut spool, found) = open(&dir);
    assert_eq!(found.len(), 1, "its first line is whole");
    assert!(spool.load(&found[0]).is_none());
    drop(spool);
    let (_spool, found) = open(&dir);
    assert!(found.is_empty());
    let mut names: Vec<_> = fs::read_dir(dir.path())
        .unwrap()
        .map(|item| item.unwrap().file_name())
        .collect();
    names.sort();
    let expected = [
        "00000000000000000000.batch.corrupt",
        "00000000000000000007.batch.corrupt",
        "README",
        "lock",
    ];
    assert_eq!(names, expected);
}

#[test]
fn a_directory_belongs_to_one_recorder() {
    let dir = TempDir::new().unwrap();
    let first = open(&dir);
    assert!(matches!(Spool::open(dir.path(), BLOCK), Err(Error::SpoolBusy(_))));
    drop(first);
    assert!(Spool::open(dir.path(), BLOCK).is_ok());
}

#[test]
fn nobody_else_may_read_it() {
    let dir = TempDir::new().unwrap();
    let inner = dir.path().join("a/b");
    let (mut spool, _) = Spool::open(&inner, 64 * BLOCK).unwrap();
    let entry = spool.store(&batch("a"), Instant::now()).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&inner), 0o700);
    assert_eq!(mode(&spool.path(entry.number)), 0o600);
}

#[test]
fn halves_take_the_place_of_the_whole_even_in_a_full_spool() {
    let dir = TempDir::new().unwrap();
    let (mut spool, _) = Spool::open(dir.path(), BLOCK).unwrap();
    let whole = Batch::new("a".into(), vec!["{}".into(), "{}".into(), "{}".into()]);
    let entry = spool.store(&whole, Instant::now()).unwrap();
    let halves = whole.halves().unwrap();
    let entries = spool.replace(&entry, &halves, Instant::now()).unwrap();
    assert_eq!(entries.each_ref().map(|entry| entry.count), [1, 2]);
    assert!(spool.load(&entry).is_none());
    assert_eq!(spool.load(&entries[1]).as_ref(), Some(&halves[1]));
}
