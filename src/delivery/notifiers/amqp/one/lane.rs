//! A link to one address.

use std::sync::Arc;

use fe2o3_amqp::Sender;
use fe2o3_amqp::session::SessionHandle;
use fe2o3_amqp::types::messaging::{Data, Message, Outcome};
use tokio::sync::{Mutex, oneshot};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::delivery::notifiers::amqp::fault::Fault;

/// A link in a session of its own: RabbitMQ 3 ends the session if it does not accept the address.
#[derive(Debug)]
pub(super) struct Lane {
    /// None once the session has ended.
    sender: Arc<Mutex<Option<Sender>>>,
    /// Ends the session when dropped.
    open: oneshot::Sender<()>,
    session: JoinHandle<()>,
}

impl Lane {
    /// Attaches a link to this address, in a new session.
    pub(super) async fn attach(mut session: SessionHandle<()>, address: &str) -> Result<Self, Fault> {
        // A name of its own, so that it cannot take the place of a link that is being closed.
        let name = Uuid::new_v4().to_string();
        let sender = Sender::attach(&mut session, name, address).await?;
        let sender = Arc::new(Mutex::new(Some(sender)));
        let (open, closed) = oneshot::channel();
        Ok(Self {
            session: tokio::spawn(keep(session, Arc::clone(&sender), closed)),
            sender,
            open,
        })
    }

    /// Sends a message and waits for its outcome; meanwhile, others can be sent.
    pub(super) async fn send(&self, message: Message<Data>) -> Result<(), Fault> {
        let settled = match &mut *self.sender.lock().await {
            Some(sender) => sender.send_batchable(message).await?,
            None => return Err(Fault::new("the session has ended")),
        };
        match settled.await? {
            // RabbitMQ releases a message that no queue is bound for, which is no fault.
            Outcome::Accepted(_) | Outcome::Released(_) => Ok(()),
            Outcome::Rejected(rejected) => Err(rejected
                .error
                .map_or_else(|| Fault::new("the broker rejected the message"), Fault::from)),
            Outcome::Modified(_) => Err(Fault::new("the broker could not take the message (modified)")),
        }
    }

    /// Ends the session, and waits for the broker's answer.
    pub(super) async fn close(self) {
        let Self { open, session, .. } = self;
        drop(open);
        let _ = session.await;
    }
}

/// Keeps a session until it ends or is closed, and then drops its link: only this ends the wait for messages that are not
/// settled.
///
/// The link is not closed by itself, since the end of its session does that. RabbitMQ 3 answers the closing of a link
/// wrongly, with a mere detaching, after which the library reports an illegal state.
async fn keep(
    mut session: SessionHandle<()>,
    sender: Arc<Mutex<Option<Sender>>>,
    closed: oneshot::Receiver<()>,
) {
    tokio::select! {
        _ = session.on_end() => {}
        _ = closed => {
            let _ = session.end().await;
        }
    }
    sender.lock().await.take();
}
