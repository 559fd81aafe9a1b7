//! Notifies a client when states of its user's messages change.

use std::time::Duration;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

use super::hub::Changed;

/// The shortest pause between two notices. A client asks for the states after each.
const APART: Duration = Duration::from_secs(1);

/// The changes that concern one user.
pub(super) struct Changes {
    receiver: Receiver<Changed>,
    user: String,
    /// Whether a change has happened since the last notice.
    is_due: bool,
    /// The earliest time of the next notice.
    next: Instant,
}

impl Changes {
    /// Those of a project's changes that concern this user, from now on.
    pub(super) fn of(changes: &Receiver<Changed>, user: &str) -> Self {
        Self {
            receiver: changes.resubscribe(),
            user: user.to_owned(),
            is_due: false,
            next: Instant::now(),
        }
    }

    /// Waits for a change. Several at about the same time are one. Cancelling it loses nothing.
    pub(super) async fn next(&mut self) {
        while !self.is_due {
            self.is_due = match self.receiver.recv().await {
                Ok(changed) => changed.is_none_or(|user| user == self.user),
                Err(RecvError::Lagged(_)) => true,
                // The stream ends by its messages.
                Err(RecvError::Closed) => std::future::pending().await,
            };
        }
        tokio::time::sleep_until(self.next).await;
        // The client will see what has changed until now.
        self.receiver = self.receiver.resubscribe();
        self.is_due = false;
        self.next = Instant::now() + APART;
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::broadcast;
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn those_of_others_are_not_told_and_several_of_ones_own_are_one() {
        let (sender, receiver) = broadcast::channel(4);
        let mut changes = Changes::of(&receiver, "alice");
        let user = |name: &str| Some(name.to_owned());
        sender.send(user("bob")).unwrap();
        assert!(timeout(Duration::ZERO, changes.next()).await.is_err());
        for changed in [user("alice"), user("bob"), user("alice"), None] {
            sender.send(changed).unwrap();
        }
        let begun = Instant::now();
        changes.next().await;
        assert!(timeout(Duration::ZERO, changes.next()).await.is_err());
        // The next one comes later. A wait that is given up loses nothing.
        sender.send(user("alice")).unwrap();
        assert!(timeout(Duration::ZERO, changes.next()).await.is_err());
        changes.next().await;
        assert!(begun.elapsed() >= APART);
    }
}
