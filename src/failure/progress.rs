//! Steps of the work on a notification: `recovery_workflow_details`.

use crate::named::named;

named! {
    /// The state of a step, with taskflow's names.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum StepState {
        /// It has not begun.
        Pending = "PENDING",
        /// It is being done.
        Running = "RUNNING",
        /// It is done.
        Success = "SUCCESS",
        /// It failed.
        Failure = "FAILURE",
        /// It was undone, or turned out to be unnecessary.
        Reverted = "REVERTED",
    }
}

/// One line about a step. Lines of the same step follow one another; the last one tells its state.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// When it was reported, in microseconds since 1970.
    pub at: i64,
    /// The name of the step, such as `EvacuateInstancesTask`.
    pub step: String,
    /// Its state.
    pub state: StepState,
    /// How much of it is done, from 0 to 1.
    pub progress: f64,
    /// What was done, for operators.
    pub message: String,
}
