//! A breakable connection to a server: a TCP relay.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// When to cut a connection.
#[derive(Clone)]
pub struct Cut {
    /// At the client's packet that contains these bytes, ..
    pub marker: Vec<u8>,
    /// .. or this many packets later.
    pub later: usize,
    /// Whether the server still receives the packet, so that only its answer is lost.
    pub is_passed_on: bool,
}

#[derive(Default)]
struct State {
    is_down: bool,
    is_frozen: bool,
    /// Whether a packet was held back since it froze.
    has_held: bool,
    /// Incremented when all connections are abandoned.
    generation: usize,
    cut: Option<Cut>,
    streams: Vec<TcpStream>,
}

/// A relay on its own port.
pub struct Relay {
    port: u16,
    state: Arc<Mutex<State>>,
}

impl Relay {
    /// Creates a relay to the server of a URL.
    pub fn to(url: &str) -> Self {
        let server = authority(url).to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if shared.lock().unwrap().is_down {
                    continue;
                }
                let server = TcpStream::connect(&server).unwrap();
                let mut state = shared.lock().unwrap();
                state.streams.push(client.try_clone().unwrap());
                state.streams.push(server.try_clone().unwrap());
                let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let shared = shared.clone();
                std::thread::spawn(move || pass(from, to, Some(&shared)));
                std::thread::spawn(move || pass(server, client, None));
            }
        });
        Self { port, state }
    }

    /// Returns the same URL through the relay, unencrypted.
    pub fn url(&self, url: &str) -> String {
        let url = url.replace(authority(url), &format!("127.0.0.1:{}", self.port));
        format!("{url}?sslmode=disable")
    }

    /// Returns the port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Cuts one connection.
    pub fn cut(&self, cut: Cut) {
        self.state.lock().unwrap().cut = Some(cut);
    }

    /// Whether the cut has happened.
    pub fn has_cut(&self) -> bool {
        self.state.lock().unwrap().cut.is_none()
    }

    /// Cuts all connections and accepts no new ones.
    pub fn down(&self) {
        let mut state = self.state.lock().unwrap();
        state.is_down = true;
        for stream in state.streams.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Stops passing data to the server, while all connections stay open, like a hung server.
    pub fn freeze(&self, is_frozen: bool) {
        let mut state = self.state.lock().unwrap();
        state.is_frozen = is_frozen;
        state.has_held = false;
    }

    /// Whether something was sent to the server since [`Self::freeze`].
    pub fn has_held(&self) -> bool {
        self.state.lock().unwrap().has_held
    }

    /// Leaves all connections open but silent forever; new ones work.
    pub fn abandon(&self) {
        self.state.lock().unwrap().generation += 1;
    }

    pub fn up(&self) {
        self.state.lock().unwrap().is_down = false;
    }
}

/// Returns the host and port of a URL.
fn authority(url: &str) -> &str {
    let rest = url.split_once('@').unwrap().1;
    rest.split_once('/').unwrap().0
}

fn pass(mut from: TcpStream, mut to: TcpStream, state: Option<&Mutex<State>>) {
    let mut buffer = vec![0; 1 << 20];
    let mut left: Option<usize> = None;
    let generation = state.map(|state| state.lock().unwrap().generation);
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        let packet = &buffer[..read];
        if let Some(state) = state {
            let is_held = || {
                let mut state = state.lock().unwrap();
                let is_held = state.is_frozen || Some(state.generation) != generation;
                state.has_held |= is_held;
                is_held
            };
            while is_held() {
                super::let_pass_here(Duration::from_millis(10));
            }
            let mut state = state.lock().unwrap();
            if let Some(cut) = state.cut.clone() {
                left = match left {
                    Some(count) => Some(count.saturating_sub(1)),
                    None => packet
                        .windows(cut.marker.len())
                        .any(|window| window == cut.marker)
                        .then_some(cut.later),
                };
                if left == Some(0) {
                    state.cut = None;
                    drop(state);
                    if cut.is_passed_on {
                        // First the way back, so that even the fastest answer is lost.
                        let _ = from.shutdown(Shutdown::Both);
                        to.write_all(packet).unwrap();
                        super::let_pass_here(Duration::from_millis(300));
                    }
                    break;
                }
            }
        }
        if to.write_all(packet).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
