//! Hands an e-mail to the mail server.

use lettre::Message;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{Extension, MailBodyParameter, MailParameter};

use super::reply::{Fate, Reply};

/// Sends a message to its recipient. Afterwards the connection is ready for the next one, unless the reply is
/// [`Fate::Down`]. lettre's own method does not distinguish faults of the recipient from those of the server, and closes
/// the connection after each message.
pub async fn transfer(connection: &mut AsyncSmtpConnection, message: &Message) -> Reply {
    let reply = match start(connection, message).await {
        Ok(()) => hand_over(connection, message).await,
        Err(reply) => return reply,
    };
    if matches!(reply.fate, Fate::Postponed | Fate::Refused)
        && let Err(error) = connection.command(Rset).await
    {
        return Reply::of_server(&reply.text, &error);
    }
    reply
}

/// Names the sender. The server's reply to it concerns every e-mail.
async fn start(connection: &mut AsyncSmtpConnection, message: &Message) -> Result<(), Reply> {
    let envelope = message.envelope();
    let mut parameters = Vec::new();
    if envelope.to().iter().any(|to| !to.to_string().is_ascii()) {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            let text = "the mail server does not take addresses that are not ASCII (SMTPUTF8)";
            return Err(Reply::refused(text));
        }
        // Then the headers are not ASCII either.
        parameters.push(MailParameter::SmtpUtfEight);
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let command = Mail::new(envelope.from().cloned(), parameters);
    match connection.command(command).await {
        Ok(_) => Ok(()),
        Err(error) => Err(Reply::of_server("the sender was refused", &error)),
    }
}

async fn hand_over(connection: &mut AsyncSmtpConnection, message: &Message) -> Reply {
    for address in message.envelope().to() {
        if let Err(error) = connection.command(Rcpt::new(address.clone(), Vec::new())).await {
            return Reply::of_recipient(&error);
        }
    }
    if let Err(error) = connection.command(Data).await {
        return Reply::of_recipient(&error);
    }
    match connection.message(&message.formatted()).await {
        Ok(response) => {
            let lines: Vec<&str> = response.message().collect();
            Reply::accepted(Some(response.code().into()), &lines.join(" "))
        }
        Err(error) => Reply::of_recipient(&error),
    }
}
