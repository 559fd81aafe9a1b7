//! The processes that hold leases, as their rows name them.
//!
//! A row names host and process, and where and since when the process runs: another process of the same host can see that it
//! has ended and need not wait for the lease to expire. Servers of earlier releases only compare the whole text.

use std::fs;

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use uuid::Uuid;

use crate::config::host_name;

/// Between the parts of a holder's name.
const COMMA: &str = ", ";

/// Returns the name under which this process takes a lease. A random part distinguishes two holders of one process.
pub fn new() -> String {
    let random = Uuid::new_v4().simple();
    match Process::this() {
        Some(process) => format!("{}, {random}", process.name()),
        None => format!("{}, process {}, {random}", host_name(), std::process::id()),
    }
}

/// Returns what an operator needs to know about a holder: its host and process.
pub(super) fn shown(holder: &str) -> String {
    match Process::parse(holder) {
        Some(process) => format!("{}, process {}", process.system.host, process.id),
        None => holder.to_owned(),
    }
}

/// Returns whether the holder's process ran here and has ended; false if that is unknown.
pub(super) fn is_gone(holder: &str) -> bool {
    let Some(other) = Process::parse(holder) else {
        return false;
    };
    Process::this().is_some_and(|this| this.system == other.system) && other.has_ended()
}

/// Where process ids and start times mean the same.
#[derive(Debug, PartialEq, Eq)]
struct System {
    host: String,
    boot: String,
    /// As the kernel writes them: `pid:[4026531836]` and `time:[4026531834]`.
    namespaces: [String; 2],
}

#[derive(Debug, PartialEq, Eq)]
struct Process {
    id: u32,
    /// In clock ticks since boot.
    started: u64,
    system: System,
}

impl Process {
    /// This process; none if the system reveals too little about it.
    fn this() -> Option<Self> {
        let id = std::process::id();
        let stat = Stat::read("self")?;
        let system = System {
            host: host_name(),
            boot: fs::read_to_string("/proc/sys/kernel/random/boot_id")
                .ok()?
                .trim()
                .to_owned(),
            namespaces: [namespace("pid")?, namespace("time")?],
        };
        // Otherwise /proc belongs to another namespace, where this process has another id.
        (stat.id == id).then_some(Self {
            id,
            started: stat.started,
            system,
        })
    }

    fn name(&self) -> String {
        let System {
            host,
            boot,
            namespaces: [pid, time],
        } = &self.system;
        let (id, started) = (self.id, self.started);
        format!("{host}, process {id}, started {started}, boot {boot}, {pid}, {time}")
    }

    fn parse(holder: &str) -> Option<Self> {
        let parts: Vec<&str> = holder.split(COMMA).collect();
        let [host, id, started, boot, pid, time, _random] = parts.as_slice() else {
            return None;
        };
        Some(Self {
            id: id.strip_prefix("process ")?.parse().ok()?,
            started: started.strip_prefix("started ")?.parse().ok()?,
            system: System {
                host: (*host).to_owned(),
                boot: boot.strip_prefix("boot ")?.to_owned(),
                namespaces: [(*pid).to_owned(), (*time).to_owned()],
            },
        })
    }

    /// Whether it has ended; call this only where it ran. Another process may have its id now.
    fn has_ended(&self) -> bool {
        let Some(id) = i32::try_from(self.id).ok().and_then(Pid::from_raw) else {
            return false;
        };
        // Other users' processes may be hidden in /proc, but not from a signal.
        if test_kill_process(id) == Err(Errno::SRCH) {
            return true;
        }
        Stat::read(&self.id.to_string()).is_some_and(|stat| stat.has_ended || stat.started != self.started)
    }
}

/// What the kernel shows of a process.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    id: u32,
    started: u64,
    /// Whether it is a zombie.
    has_ended: bool,
}

impl Stat {
    fn read(process: &str) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
    }

    /// Reads `1234 (name) S 1 ..`; the name may hold anything.
    fn parse(text: &str) -> Option<Self> {
        let (id, _) = text.split_once(' ')?;
        let (_, rest) = text.rsplit_once(") ")?;
        let mut fields = rest.split(' ');
        let state = fields.next()?;
        Some(Self {
            id: id.parse().ok()?,
            has_ended: matches!(state, "Z" | "X"),
            started: fields.nth(18)?.parse().ok()?,
        })
    }
}

fn namespace(kind: &str) -> Option<String> {
    let link = fs::read_link(format!("/proc/self/ns/{kind}")).ok()?;
    Some(link.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command};

    use super::*;

    fn holder_of(process: &Process) -> String {
        format!("{}, 0", process.name())
    }

    /// Another process of this system, as a lease would name it.
    fn process_of(child: &Child) -> Process {
        let stat = Stat::read(&child.id().to_string()).unwrap();
        Process {
            id: child.id(),
            started: stat.started,
            ..Process::this().unwrap()
        }
    }

    fn sleeper() -> Child {
        Command::new("sleep").arg("60").spawn().unwrap()
    }

    #[test]
    fn a_holder_names_its_process_and_fits_the_narrowest_column() {
        let holder = new();
        let process = Process::parse(&holder).unwrap();
        assert_eq!(Some(&process), Process::this().as_ref());
        assert_ne!(holder, new());
        assert!(holder.len() - process.system.host.len() + 64 <= 512, "{holder}");
        assert_eq!(
            shown(&holder),
            format!("{}, process {}", host_name(), std::process::id())
        );
        assert!(!is_gone(&holder));
    }

    #[test]
    fn a_killed_process_is_gone_before_and_after_its_parent_has_asked() {
        let mut child = sleeper();
        let holder = holder_of(&process_of(&child));
        assert!(!is_gone(&holder));
        child.kill().unwrap();
        let zombie = || Stat::read(&child.id().to_string()).unwrap().has_ended;
        while !zombie() {
            std::thread::yield_now();
        }
        assert!(is_gone(&holder));
        child.wait().unwrap();
        assert!(is_gone(&holder));
    }

    #[test]
    fn a_process_with_the_same_id_and_another_start_is_another() {
        let mut child = sleeper();
        let mut process = process_of(&child);
        process.started -= 1;
        assert!(is_gone(&holder_of(&process)));
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn a_process_that_cannot_be_checked_from_here_is_not_gone() {
        let ended = || {
            let mut process = Process::this().unwrap();
            // No system gives such an id.
            process.id = i32::MAX.unsigned_abs();
            process
        };
        assert!(is_gone(&holder_of(&ended())));
        let [mut host, mut boot, mut pid, mut time] = [(); 4].map(|()| ended());
        host.system.host.push('1');
        boot.system.boot.push('1');
        pid.system.namespaces[0].push('1');
        time.system.namespaces[1].push('1');
        for other in [host, boot, pid, time] {
            assert!(!is_gone(&holder_of(&other)), "{other:?}");
        }
        let earlier_release = format!(
            "{}, process {}, {}",
            host_name(),
            i32::MAX,
            Uuid::new_v4().simple()
        );
        for text in [earlier_release.as_str(), "another host", ""] {
            assert!(!is_gone(text));
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn a_program_may_have_any_name() {
        let stat = "17 (a) S (b) Z 1 17 17 0 -1 4194304 98 0 0 0 0 0 0 0 20 0 1 0 153408 3133440 380";
        let read = Stat {
            id: 17,
            started: 153_408,
            has_ended: true,
        };
        assert_eq!(Stat::parse(stat), Some(read));
        assert_eq!(Stat::parse("17 (a) S 1"), None);
    }
}
