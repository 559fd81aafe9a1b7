//! Steps of the work on a notification: `recovery_workflow_details`.

/// The state of a step, with taskflow's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StepState {
    /// It has not begun.
    Pending,
    /// It is being done.
    Running,
    /// It is done.
    Success,
    /// It failed.
    Failure,
    /// It was undone, or turned out to be unnecessary.
    Reverted,
}

impl StepState {
    /// Every state.
    pub const ALL: [Self; 5] = [
        Self::Pending,
        Self::Running,
        Self::Success,
        Self::Failure,
        Self::Reverted,
    ];

    /// Returns the name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Running => "RUNNING",
            Self::Success => "SUCCESS",
            Self::Failure => "FAILURE",
            Self::Reverted => "REVERTED",
        }
    }

    /// Parses a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
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
