//! Extracts the broker's text from the errors of the library.

use fe2o3_amqp::connection::{ConnectionStopReason, OpenError};
use fe2o3_amqp::link::{LinkStateError, SendError, SenderAttachError, SessionStopReason};
use fe2o3_amqp::session::BeginError;
use fe2o3_amqp::types::definitions::Error;

use crate::delivery::notifiers::amqp::fault::Fault;

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::new(
            error
                .description
                .unwrap_or_else(|| format!("{:?}", error.condition)),
        )
    }
}

impl From<OpenError> for Fault {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::RemoteClosedWithError(error) => error.into(),
            OpenError::SaslError { code, .. } => Self::new(format!("the login failed: {code:?}")),
            OpenError::NotImplemented(Some(what)) => {
                Self::new(format!("the broker has no such login: {what}"))
            }
            error => Self::new(error.to_string()),
        }
    }
}

impl From<BeginError> for Fault {
    fn from(error: BeginError) -> Self {
        match error {
            BeginError::RemoteEndedWithError(error) => error.into(),
            BeginError::ConnectionStopped(reason) => reason.into(),
            error => Self::new(error.to_string()),
        }
    }
}

impl From<SenderAttachError> for Fault {
    fn from(error: SenderAttachError) -> Self {
        match error {
            SenderAttachError::SessionStopped(reason) => reason.into(),
            SenderAttachError::RemoteClosedWithError(error) => error.into(),
            error => Self::new(error.to_string()),
        }
    }
}

impl From<SendError> for Fault {
    fn from(error: SendError) -> Self {
        let state = match error {
            SendError::LinkStateError(state) => state,
            SendError::Detached(error) => error.into(),
            error => return Self::new(error.to_string()),
        };
        match state {
            LinkStateError::SessionStopped(reason) => reason.into(),
            LinkStateError::RemoteClosedWithError(error) | LinkStateError::RemoteDetachedWithError(error) => {
                error.into()
            }
            state => Self::new(state.to_string()),
        }
    }
}

impl From<SessionStopReason> for Fault {
    fn from(reason: SessionStopReason) -> Self {
        match reason {
            SessionStopReason::RemoteEndedWithError(error) => error.into(),
            SessionStopReason::ConnectionStopped(reason) => reason.into(),
            _ => Self::new("the session has ended"),
        }
    }
}

impl From<ConnectionStopReason> for Fault {
    fn from(reason: ConnectionStopReason) -> Self {
        match reason {
            ConnectionStopReason::RemoteClosedWithError(error)
            | ConnectionStopReason::ClosedWithError(error) => error.into(),
            _ => Self::new("the connection to the broker was closed"),
        }
    }
}
