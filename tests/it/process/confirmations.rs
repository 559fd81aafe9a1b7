//! A member's e-mail listener from the command line to the mailbox, with a server that is killed while it asks.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::Mutex;

use serde_json::Value;

use super::{Connection, Place, Server, wait_for};
use crate::support::MAIL;
use crate::support::http::SmallServer;

/// What a mail server heard, and whether it says nothing to recipients.
#[derive(Default)]
struct Mailbox {
    lines: Vec<String>,
    is_silent: bool,
}

fn talk(mut stream: &TcpStream, mailbox: &Mutex<Mailbox>) -> Option<()> {
    stream.write_all(b"220 test\r\n").ok()?;
    let mut is_data = false;
    for line in BufReader::new(stream).lines() {
        let line = line.ok()?;
        mailbox.lock().unwrap().lines.push(line.clone());
        let is_muted = mailbox.lock().unwrap().is_silent && line.starts_with("RCPT");
        if is_muted || (is_data && line != ".") {
            continue;
        }
        is_data = line == "DATA";
        let reply = if is_data { "354 go on\r\n" } else { "250 ok\r\n" };
        stream.write_all(reply.as_bytes()).ok()?;
    }
    None
}

fn heard(mailbox: &SmallServer<Mailbox>, start: &str) -> Vec<String> {
    // Long lines are encoded as quoted-printable.
    let text = mailbox
        .state()
        .lines
        .join("\n")
        .replace("=\n", "")
        .replace("=3D", "=");
    let lines = text.lines().filter(|line| line.starts_with(start));
    lines.map(str::to_owned).collect()
}

/// Sends a form, as a browser does.
fn submit(server: &Server, path: &str, form: &str) -> u16 {
    let mut connection = Connection::open(server.address).unwrap();
    let length = form.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}"
    );
    connection.send(format!("{head}\r\n\r\n{form}")).unwrap();
    connection.answer().unwrap().status
}

#[test]
fn a_server_that_is_killed_while_it_asks_is_taken_over_and_an_event_arrives() {
    let mailbox = SmallServer::start(Mailbox::default(), talk);
    let port = mailbox.url().rsplit_once(':').unwrap().1.to_owned();
    let place = Place::with(&format!(
        "[api]\npublic_endpoint = https://cloud.example.org\n[email]\nenabled = true\nhost = 127.0.0.1\nport = {port}\n\
         from = no-reply@cloud.example.org\n"
    ));
    place.succeed(&["db", "migrate"]);
    mailbox.state().is_silent = true;
    let mut server = Server::start(&place);
    // The command writes to the database, and has no part in the mail.
    let created = place.succeed(&MAIL);
    assert_eq!(created, "Event listener successfully created\n\n");
    wait_for("the first try", || heard(&mailbox, "RCPT").pop());
    server.kill();
    mailbox.state().is_silent = false;
    // A minute later the claim is over.
    place.database().execute("UPDATE confirmations SET due = 1");
    let mut server = Server::start(&place);
    let link = wait_for("the link", || heard(&mailbox, "https://cloud.example.org").pop());
    let path = link.strip_prefix("https://cloud.example.org").unwrap();
    let (path, token) = path.split_once("?language=en&token=").unwrap();
    let page = server.connect().get(&format!("{path}?token={token}")).unwrap();
    assert_eq!(page.status, 200);

    let url = format!("http://{}", server.address);
    let listed = place.succeed(&["event", "listener", "list", "--output", "json"]);
    let id = serde_json::from_str::<Value>(&listed).unwrap()[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let show = ["event", "listener", "show", "--listener-id", &id];
    let shown = || {
        let database = place.succeed(&show);
        let answered = place.succeed(&[&show[..], &["--endpoint", &url]].concat());
        let confirmations = |text: &str| {
            let shown = text.lines().find(|row| row.starts_with("Confirmations:"));
            shown.unwrap().to_owned()
        };
        assert_eq!(confirmations(&database), confirmations(&answered));
        confirmations(&database)
    };
    assert!(shown().ends_with(" a@example.org (asked)"), "{}", shown());
    let form = format!("token={token}&decision=confirm");
    assert_eq!(submit(&server, path, &form), 200);
    assert!(shown().ends_with(" a@example.org (confirmed)"), "{}", shown());
    let message = r#"{"message": {"event_id": "VOLUME_000002"}}"#;
    assert_eq!(server.connect().post("p1", message).unwrap().status, 201);
    wait_for("the event", || heard(&mailbox, "Subject: Messages").pop());
    server.stop();
}

#[test]
fn a_members_listener_needs_an_address_for_its_links() {
    let place = Place::new();
    let mut server = Server::start(&place);
    let url = format!("http://{}", server.address);
    for place_of in [&["--local"][..], &["--endpoint", &url]] {
        let refused = place.run(&[&MAIL[..], place_of].concat());
        assert_eq!(refused.code, Some(65), "{}", refused.err);
        assert!(refused.err.contains("[api] public_endpoint"), "{}", refused.err);
    }
    server.stop();
}
