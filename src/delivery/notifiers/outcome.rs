//! The input and the result of an attempt to deliver.

use std::time::Duration;

use crate::event::Envelope;
use crate::listener::Listener;

/// One attempt to deliver.
#[derive(Debug, Clone, Copy)]
pub struct Notice<'a> {
    /// The listener.
    pub listener: &'a Listener,
    /// The events: one, except in a digest.
    pub events: &'a [Envelope],
    /// The time of the attempt, in microseconds since 1970.
    pub now: i64,
}

/// The result of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The consequence.
    pub verdict: Verdict,
    /// The status of the answer: of HTTP, SMTP or AMQP.
    pub status: Option<u16>,
    /// The first 16 KiB of the answer, or the reason why there is none. Contains no secrets.
    pub answer: String,
}

/// The consequence of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The receiver has it.
    Delivered,
    /// It is tried again by the schedule, and not before this time from now.
    Failed(Option<Duration>),
    /// It is never tried again: the receiver would refuse it each time.
    Refused,
    /// The receiver wants no more events: the listener is disabled.
    Gone,
}

/// The most bytes of an answer that are kept.
pub const LONGEST_ANSWER: usize = 16 * 1024;
