//! The operations of confirmations.

use tidings::listener::ConfirmationState;
use tidings::store::confirmation::{
    Asked, Claim, Decision, Mailed, Most, ask, by_token, claim, decide, forget, next_due, of_addresses,
    settle,
};
use tidings::store::{Error, Read, Store, Tx};

use super::fill::FIRST;
use crate::support::NOW;
use crate::support::listeners::MOST;

const FOUR_DAYS: i64 = 4 * 86_400_000_000;

/// The digest of a generated row.
fn digest(number: u64) -> [u8; 32] {
    format!("{number:032}").into_bytes().try_into().unwrap()
}

/// Runs each.
pub async fn run(store: &Store) {
    store.read(reads).await.unwrap();
    store.write(ask_and_mail).await.unwrap();
    store.write(forget_and_decide).await.unwrap();
}

fn reads(read: &mut Read<'_>) -> Result<(), Error> {
    let addresses = ["a1@example.org".to_owned(), "b@example.org".to_owned()];
    of_addresses(read, "p1", &addresses)?;
    assert!(by_token(read, &digest(7000))?.is_some());
    // None is due, and none has been put off by a wrong clock.
    assert_eq!(next_due(read, FIRST - 1_000_000)?, None);
    Ok(())
}

fn ask_and_mail(tx: &mut Tx<'_>) -> Result<(), Error> {
    let new = ["new@example.org".to_owned()];
    assert_eq!(ask(tx, "p1", &new, MOST, FIRST - 1)?, Asked::Yes);
    let due = next_due(tx.conn(), FIRST)?.unwrap();
    assert_eq!(due.address, new[0]);
    assert_eq!(claim(tx, &due, &[7; 32], FIRST, NOW)?, Claim::Held);
    settle(tx, &[7; 32], Mailed::Sent)?;
    // Long afterwards, it is asked again.
    assert_eq!(ask(tx, "p1", &new, MOST, NOW + FOUR_DAYS)?, Asked::Yes);
    let asked = of_addresses(tx.conn(), "p1", &new)?;
    assert_eq!(asked[0].state, ConfirmationState::Waiting);
    Ok(())
}

fn forget_and_decide(tx: &mut Tx<'_>) -> Result<(), Error> {
    ask(tx, "p1", &["gone@example.org".to_owned()], MOST, FIRST - 1)?;
    for _ in ["never asked", "asked before"] {
        let due = next_due(tx.conn(), NOW)?.unwrap();
        forget(tx, &due)?;
    }
    decide(tx, &digest(7000), Decision::Refuse, NOW)?;
    let none = Most { confirmed: 0, ..MOST };
    ask(tx, "p1", &["last@example.org".to_owned()], none, NOW).map(drop)
}
