//! `tidings follow` as a process.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use tidings::clock::Clock;
use tidings::message::time;

use super::{Place, place, wait_for};
use crate::support::ServiceDatabase;

/// A process that follows Cinder's table. Killed when dropped.
pub struct Following(Child);

impl Following {
    /// Starts it with the URL of the service's database. It uses its own database at `store`, which must be migrated.
    pub fn start(place: &Place, store: &str, service: &str) -> Self {
        let mut command = place.command(&["follow"]);
        command
            .env("OS_DATABASE__CONNECTION", store)
            .env("OS_FOLLOW__CINDER", service)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }

    /// Sends SIGTERM; returns the exit code and the time that the end took.
    #[track_caller]
    pub fn stop(&mut self) -> (Option<i32>, Duration) {
        place::signal(&self.0, "TERM");
        let started = Instant::now();
        let status = wait_for("the end of the process", || self.0.try_wait().unwrap());
        (status.code(), started.elapsed())
    }

    /// Sends SIGKILL and waits for the end of the process.
    pub fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Writes a row as Cinder does now, with an id that ends in `number`.
pub fn write_row(service: &ServiceDatabase, number: u32) {
    let now = Clock::system().now() / time::SECOND * time::SECOND;
    let text = |at: i64| time::format(at).replace('T', " ");
    let (created, expires) = (text(now), text(now + 30 * 86_400 * time::SECOND));
    service.execute(&format!(
        "INSERT INTO messages (id, project_id, request_id, resource_type, resource_uuid, event_id, message_level, \
         created_at, deleted, expires_at, detail_id, action_id) VALUES ('00000000-0000-4000-8000-0000{number:08}', \
         '83beacc4745b4328a3a8fd59a8d0c38b', 'req-11111111-0000-4000-8000-0000{number:08}', 'VOLUME_SNAPSHOT', \
         '22222222-0000-4000-8000-0000{number:08}', 'VOLUME_VOLUME_SNAPSHOT_009_006', 'ERROR', '{created}', false, \
         '{expires}', '006', '009')"
    ));
}
