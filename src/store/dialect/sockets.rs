//! TCP options of connections that libmariadb makes.
//!
//! diesel does not pass on the library's timeouts for reading and writing, and the URL cannot set them; by default the library
//! only sets a keepalive of two hours. Its sockets are those of the process whose peer has the server's port. Setting an option
//! twice, or on a socket that another thread has just made, does no harm.

use std::fs::{DirEntry, read_dir, read_link};
use std::io;
use std::sync::Once;
use std::time::Duration;

use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
use socket2::{Socket, TcpKeepalive};

/// As for PostgreSQL: a silent server is noticed within half a minute.
const IDLE: Duration = Duration::from_secs(10);
const INTERVAL: Duration = Duration::from_secs(5);
const RETRIES: u32 = 3;
const UNACKNOWLEDGED: Duration = Duration::from_secs(20);

/// Sets the options on all connections to a port.
pub(super) fn set_timeouts(port: u16) {
    static LOGGED: Once = Once::new();
    if let Err(error) = try_set(port) {
        LOGGED.call_once(|| {
            tracing::info!(
                %error,
                "cannot set TCP timeouts on MariaDB connections; the kernel's defaults apply"
            );
        });
    }
}

fn try_set(port: u16) -> io::Result<()> {
    let this = pidfd_open(getpid(), PidfdFlags::empty())?;
    let keepalive = TcpKeepalive::new()
        .with_time(IDLE)
        .with_interval(INTERVAL)
        .with_retries(RETRIES);
    for entry in read_dir("/proc/self/fd")? {
        let entry = entry?;
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.parse().ok());
        // Sockets only: closing a duplicate of a file would release the locks that SQLite holds on it.
        let Some(number) = number.filter(|_| is_socket(&entry)) else {
            continue;
        };
        // Another thread may have closed it meanwhile.
        let socket = match pidfd_getfd(&this, number, PidfdGetfdFlags::empty()) {
            Err(rustix::io::Errno::BADF) => continue,
            found => Socket::from(found?),
        };
        let peer = socket.peer_addr().ok().and_then(|peer| peer.as_socket());
        if peer.is_some_and(|peer| peer.port() == port) {
            socket.set_tcp_keepalive(&keepalive)?;
            socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED))?;
        }
    }
    Ok(())
}

fn is_socket(entry: &DirEntry) -> bool {
    let target = read_link(entry.path());
    target.is_ok_and(|target| target.to_string_lossy().starts_with("socket:"))
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn the_systemd_unit_allows_the_system_call() {
        let unit = include_str!("../../../docs/tidings.service");
        let filter = unit
            .lines()
            .find_map(|line| line.strip_prefix("SystemCallFilter="));
        assert!(filter.unwrap().split(' ').any(|call| call == "pidfd_getfd"));
        assert!(
            unit.contains("\nSystemCallErrorNumber=EPERM\n"),
            "no call may kill"
        );
    }

    #[test]
    fn connections_to_the_port_get_time_outs_and_no_others() {
        let connect = || {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            (
                Socket::from(TcpStream::connect(address).unwrap()),
                listener,
                address.port(),
            )
        };
        let ((ours, _to, port), (other, _away, _)) = (connect(), connect());
        try_set(port).unwrap();
        assert_eq!(ours.tcp_user_timeout().unwrap(), Some(UNACKNOWLEDGED));
        assert!(ours.keepalive().unwrap());
        assert_eq!(ours.tcp_keepalive_time().unwrap(), IDLE);
        assert_eq!(other.tcp_user_timeout().unwrap(), None);
        assert!(!other.keepalive().unwrap());
    }
}
