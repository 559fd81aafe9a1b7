//! What failed.

/// The type of a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotificationType {
    /// A whole host.
    ComputeHost,
    /// A virtual machine.
    Vm,
    /// A process of a host.
    Process,
}

impl NotificationType {
    /// Every type.
    pub const ALL: [Self; 3] = [Self::ComputeHost, Self::Vm, Self::Process];

    /// Returns the name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::ComputeHost => "COMPUTE_HOST",
            Self::Vm => "VM",
            Self::Process => "PROCESS",
        }
    }

    /// Parses a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
