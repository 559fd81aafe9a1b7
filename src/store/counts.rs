//! Counting many rows in short reads: no statement reads more than one step, so that other reads run in between.

use super::error::Error;
use super::handle::Store;
use super::read::{CountStep, Read};
use super::tables::delivery;
use super::tables::message;
use super::tables::timed::Timed;
use crate::message::{Position, Scope};

impl Store {
    /// Counts the messages of the scope, up to `most`.
    pub async fn count_messages(&self, scope: Scope, most: u64) -> Result<u64, Error> {
        let rows = self.limits().step.min(most);
        let step = move |read: &mut Read<'_>, after| message::count_step(read, &scope, after, rows);
        let counted = self.in_steps(Position::at(i64::MIN), most, step).await?;
        Ok(counted.min(most))
    }

    /// Counts the rows with a time before `before`, in microseconds since 1970.
    pub async fn count_before(&self, timed: Timed, before: i64) -> Result<u64, Error> {
        let rows = self.limits().step;
        let step = move |read: &mut Read<'_>, from| timed.count_step(read, from, before, rows);
        self.in_steps(i64::MIN, u64::MAX, step).await
    }

    /// Counts the events reported before `before`, in microseconds since 1970, that wait for the driver `target`.
    pub async fn count_waiting(&self, target: &str, before: i64) -> Result<u64, Error> {
        self.count_some_waiting(target, before, u64::MAX).await
    }

    /// The same up to `most`.
    pub async fn count_some_waiting(&self, target: &str, before: i64, most: u64) -> Result<u64, Error> {
        let (target, rows) = (target.to_owned(), self.limits().step.min(most));
        let step = move |read: &mut Read<'_>, after: Vec<u8>| {
            delivery::count_step(read, &target, &after, before, rows)
        };
        Ok(self.in_steps(Vec::new(), most, step).await?.min(most))
    }

    /// Counts the events reported before `before`, in microseconds since 1970, that wait for any driver.
    pub async fn count_undelivered(&self, before: i64) -> Result<u64, Error> {
        let (mut rows, mut last) = (0, String::new());
        while let Some(target) = self.read(move |read| delivery::next_target(read, &last)).await? {
            rows += self.count_waiting(&target, before).await?;
            last = target;
        }
        Ok(rows)
    }

    /// Counts after `first` in steps, each a read of its own, until nothing is left or `most` are counted.
    async fn in_steps<P, F>(&self, first: P, most: u64, step: F) -> Result<u64, Error>
    where
        P: Clone + Send + 'static,
        F: Fn(&mut Read<'_>, P) -> Result<CountStep<P>, Error> + Clone + Send + 'static,
    {
        let (mut rows, mut next) = (0_u64, Some(first));
        while let Some(after) = next.take().filter(|_| rows < most) {
            let step = step.clone();
            let counted = self.read(move |read| {
                let counted = step(read, after.clone())?;
                read.note(counted.rows);
                Ok(counted)
            });
            let counted = counted.await?;
            rows = rows.saturating_add(counted.rows);
            next = counted.next;
        }
        Ok(rows)
    }
}
