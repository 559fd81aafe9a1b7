//! What the owners of addresses decide.

use std::sync::Arc;

use super::wanting::wanting;
use crate::clock::Clock;
use crate::listener::{Confirmation, ConfirmationState, ConfirmationToken, Listener, ListenerSeal};
use crate::store::confirmation::{Decision, by_token, decide, of_addresses};
use crate::store::delivery::{Again, Redelivery, State, deliver_again};
use crate::store::{Error, Store};

/// Finds confirmations by the tokens in links, and notes decisions.
pub struct Confirmations {
    store: Store,
    clock: Clock,
    seal: Arc<ListenerSeal>,
}

impl Confirmations {
    /// Of the addresses in a store.
    pub fn new(store: Store, clock: Clock, seal: Arc<ListenerSeal>) -> Self {
        Self { store, clock, seal }
    }

    /// Returns what a link is about; none if no request has it, or a later request replaced it.
    ///
    /// # Errors
    /// Any error of the database.
    pub async fn find(&self, token: &ConfirmationToken) -> Result<Option<Confirmation>, Error> {
        let digest = token.digest();
        self.store.read(move |read| by_token(read, &digest)).await
    }

    /// Notes what the owner decides, and returns the confirmation as it is then. What waited for the owner to confirm is delivered at
    /// once.
    ///
    /// # Errors
    /// Any error of the database.
    pub async fn decide(
        &self,
        token: &ConfirmationToken,
        decision: Decision,
    ) -> Result<Option<Confirmation>, Error> {
        // Most guesses end here, without a turn of the writer.
        let Some(before) = self.find(token).await? else {
            return Ok(None);
        };
        let (digest, now) = (token.digest(), self.clock.now());
        let decided = self.store.write(move |tx| decide(tx, &digest, decision, now));
        let decided = decided.await?;
        let is_new = |confirmed: &&Confirmation| {
            confirmed.state == ConfirmationState::Confirmed
                && confirmed.decided_at == Some(now)
                && before.decided_at.is_none()
        };
        if let Some(confirmed) = decided.as_ref().filter(is_new) {
            for listener in wanting(&self.store, &self.seal, confirmed).await? {
                if self.is_first(&listener).await? {
                    self.deliver_waiting(&listener, now).await?;
                }
            }
        }
        Ok(decided)
    }

    /// Whether a listener had no recipient before.
    async fn is_first(&self, listener: &Listener) -> Result<bool, Error> {
        let Some((project, addresses)) = listener.to_confirm() else {
            return Ok(false);
        };
        let known = self
            .store
            .read(move |read| of_addresses(read, &project, &addresses));
        let is_confirmed = |known: &Confirmation| known.state == ConfirmationState::Confirmed;
        Ok(known.await?.iter().filter(|known| is_confirmed(known)).count() <= 1)
    }

    async fn deliver_waiting(&self, listener: &Listener, now: i64) -> Result<(), Error> {
        let again = Again {
            listener: listener.id,
            since: listener.created_at,
            until: now.saturating_add(1),
            state: State::Waiting,
            // Only what waits already.
            types: Vec::new(),
            project: listener.reach.project().map(str::to_owned),
        };
        let terms = Redelivery {
            now,
            is_ordered: listener.settings.is_ordered,
            max_pending: i64::MAX,
        };
        let mut after = None;
        loop {
            let again = again.clone();
            let step = self
                .store
                .write(move |tx| deliver_again(tx, &again, after, terms));
            (_, after) = step.await?;
            if after.is_none() {
                return Ok(());
            }
        }
    }
}
