//! Stopping the threads while their queue is full.

use std::thread;

use crossbeam_channel::bounded;

use super::*;

/// A job that waits for permission, and whose caller waits for its end.
struct Gated {
    permission: Receiver<()>,
    _reply: Sender<()>,
}

impl Queued for Gated {}

struct Porter;

impl Worker<Gated> for Porter {
    fn work(&mut self, first: Gated, _: &Receiver<Order<Gated>>) -> bool {
        let _ = first.permission.recv();
        false
    }

    fn keep(&mut self) {}
}

#[test]
fn callers_get_an_answer_when_the_store_stops_with_a_full_queue() {
    for _ in 0..100 {
        let (permit, permission) = bounded::<()>(0);
        let mut replies = Vec::new();
        let mut job = || {
            let (reply, ended) = bounded(0);
            replies.push(ended);
            Gated {
                permission: permission.clone(),
                _reply: reply,
            }
        };
        let threads =
            Threads::start("test", 1, 1, None, || Ok(Box::new(Porter) as Box<dyn Worker<_>>)).unwrap();
        let threads = Arc::new(threads);
        threads.submit_waiting(job()).unwrap();
        let late: Vec<_> = (0..3)
            .map(|_| {
                let (threads, job) = (Arc::clone(&threads), job());
                thread::spawn(move || threads.submit_waiting(job))
            })
            .collect();
        let stopping = {
            let threads = Arc::clone(&threads);
            thread::spawn(move || threads.stop())
        };
        drop(permit);
        stopping.join().unwrap();
        for late in late {
            // Taken or refused, but not blocked for ever.
            let _ = late.join().unwrap();
        }
        for ended in replies {
            let answer = ended.recv_timeout(Duration::from_secs(5));
            assert_eq!(answer, Err(RecvTimeoutError::Disconnected));
        }
    }
}
