//! SIGTERM while the database of a followed service hangs: nobody waits for its connections and statements.

use std::cell::Cell;
use std::net::TcpListener;
use std::time::Duration;

use super::followers::write_row;
use super::{Following, Place, Server, wait_for};
use crate::support::{Fresh, Relay, ServiceDatabase};

/// Shorter than the limits of a connection and of a statement, which would have to pass first.
const PROMPT: Duration = Duration::from_secs(5);

/// The schemes of the database servers that this build can follow.
const SCHEMES: &[&str] = &[
    #[cfg(feature = "mysql")]
    "mysql+pymysql",
    #[cfg(feature = "postgres")]
    "postgresql",
];

/// Stops both commands that follow `service` once it hangs. `begin` prepares each of them after its start, `hangs` says
/// when it waits for an answer.
fn stop_both(place: &Place, service: &str, begin: impl Fn(), mut hangs: impl FnMut() -> Option<()>) {
    place.succeed(&["db", "migrate"]);
    let mut following = Following::start(place, place.url(), service);
    begin();
    wait_for("a question of `tidings follow`", &mut hangs);
    assert_prompt("tidings follow", following.stop());

    let mut server = Server::start_in(place, &[("OS_FOLLOW__CINDER", service)]);
    begin();
    wait_for("a question of `tidings serve`", &mut hangs);
    server.signal("TERM");
    assert_prompt("tidings serve", server.wait());
}

fn assert_prompt(command: &str, (code, took): (Option<i32>, Duration)) {
    assert_eq!(code, Some(0), "{command}");
    assert!(took < PROMPT, "`{command}` took {took:?}");
}

#[test]
fn a_database_that_never_answers_delays_no_stop() {
    for scheme in SCHEMES {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        silent.set_nonblocking(true).unwrap();
        let service = format!("{scheme}://reader:secret@{}/cinder", silent.local_addr().unwrap());
        let mut callers = Vec::new();
        stop_both(
            &Place::new(),
            &service,
            || {},
            || {
                let (caller, _) = silent.accept().ok()?;
                callers.push(caller);
                Some(())
            },
        );
    }
}

#[test]
fn a_database_that_hangs_in_a_query_delays_no_stop() {
    if !Fresh::is_remote() {
        return;
    }
    let (place, service) = (Place::new(), ServiceDatabase::cinder());
    let relay = Relay::to(&service.url());
    let rows = Cell::new(0);
    let begin = || {
        relay.freeze(false);
        rows.set(rows.get() + 1);
        write_row(&service, rows.get());
        let is_recorded = || {
            let messages = place.database().count("messages");
            (messages == usize::try_from(rows.get()).unwrap()).then_some(())
        };
        wait_for("a message", is_recorded);
        // It is connected, and looks for rows again.
        relay.freeze(true);
    };
    stop_both(&place, &relay.url(&service.url()), begin, || {
        relay.has_held().then_some(())
    });
}
