//! The transition table, walked at random.

use std::fmt::Write;

use proptest::prelude::*;
use tidings::failure::{Action, Status};

fn actions() -> impl Strategy<Value = Vec<Action>> {
    prop::collection::vec(prop::sample::select(Action::ALL.to_vec()), 0..40)
}

/// The statuses that a new notification passes; actions that are not allowed change nothing.
fn walk(actions: &[Action]) -> Vec<(Status, Action, Status)> {
    let mut status = Status::New;
    let mut passed = Vec::new();
    for action in actions {
        if let Some(next) = status.after(*action) {
            passed.push((status, *action, next));
            status = next;
        }
    }
    passed
}

proptest! {
    #[test]
    fn only_a_claim_leads_to_running_and_only_a_retry_leaves_a_final_status(actions in actions()) {
        for (from, action, to) in walk(&actions) {
            prop_assert_eq!(to == Status::Running, action == Action::Claim);
            prop_assert!(!from.is_final() || (from == Status::Failed && action == Action::Retry));
        }
    }

    #[test]
    fn an_error_follows_a_claim_and_nothing_else(actions in actions()) {
        for (from, _, to) in walk(&actions) {
            prop_assert!(to != Status::Error || from == Status::Running);
            prop_assert!(to != Status::New || matches!(from, Status::Error | Status::Failed));
        }
    }

    #[test]
    fn whatever_happened_it_can_be_ended(actions in actions()) {
        let status = walk(&actions).last().map_or(Status::New, |(.., to)| *to);
        for end in [Action::Finish, Action::Ignore, Action::GiveUp] {
            let ended = status.after(end);
            prop_assert_eq!(ended.is_none(), status.is_final());
            prop_assert!(ended.is_none_or(Status::is_final));
        }
    }
}

#[test]
fn the_table_is_this_one() {
    let mut table = String::new();
    for status in Status::ALL {
        for action in Action::ALL {
            if let Some(next) = status.after(action) {
                writeln!(table, "{} {action:?} {}", status.name(), next.name()).unwrap();
            }
        }
    }
    insta::assert_snapshot!(table, @r"
    new Claim running
    new Finish finished
    new Ignore ignored
    new GiveUp failed
    running Claim running
    running Finish finished
    running Ignore ignored
    running Break error
    running GiveUp failed
    error Claim running
    error Finish finished
    error Ignore ignored
    error GiveUp failed
    error Retry new
    failed Retry new
    ");
}

#[test]
fn names_are_read_back() {
    for status in Status::ALL {
        assert_eq!(Status::from_name(status.name()), Some(status));
    }
    assert_eq!(Status::from_name("NEW"), None);
}
