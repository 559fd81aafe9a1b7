//! What failed.

use crate::named::named;

named! {
    /// The type of a notification.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum NotificationType {
        /// A whole host.
        ComputeHost = "COMPUTE_HOST",
        /// A virtual machine.
        Vm = "VM",
        /// A process of a host.
        Process = "PROCESS",
    }
}
