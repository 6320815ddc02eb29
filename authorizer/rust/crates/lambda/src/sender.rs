//! Sends heartbeats in a thread of its own, so that no decision waits for Kafka (docs/reference/heartbeat.md, "Sending").
//!
//! One is under way, and one may wait; a newer one takes its place. The process may be frozen at any point: what has
//! been under way for too long by the wall clock is given up.

use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use authorizer::heartbeat::Heartbeat;
use authorizer::log::follow::Millis;

const LONGEST: Millis = 3_000;

/// Writes a heartbeat somewhere; whether it arrived.
pub type Write = Box<dyn FnMut(&Heartbeat) -> bool + Send>;

/// Where heartbeats are left to be sent.
pub struct Sender {
    desk: Arc<Desk>,
    clock: fn() -> Millis,
    /// The thread begins with the first heartbeat.
    idle: Option<Write>,
}

#[derive(Default)]
struct Desk {
    papers: Mutex<Papers>,
    changed: Condvar,
}

#[derive(Default)]
struct Papers {
    waiting: Option<Heartbeat>,
    /// Since when. None: nothing is, or what is was given up.
    under_way: Option<Millis>,
    /// What became of others, in order; not heard yet.
    delivered: Vec<bool>,
}

impl Sender {
    /// Nothing runs yet.
    pub fn new(write: Write, clock: fn() -> Millis) -> Self {
        Sender { desk: Arc::default(), clock, idle: Some(write) }
    }

    /// Leaves a heartbeat to be sent; returns at once.
    pub fn send(&mut self, heartbeat: Heartbeat) {
        let mut papers = self.desk.lock();
        if papers.waiting.replace(heartbeat).is_some() {
            papers.delivered.push(false);
        }
        drop(papers);
        self.desk.changed.notify_all();
        if let Some(write) = self.idle.take() {
            let (desk, clock) = (self.desk.clone(), self.clock);
            // Without a thread nothing is sent: what waits is replaced by the next, and so counted.
            let _ = thread::Builder::new().name("heartbeat".into()).spawn(move || desk.work(write, clock));
        }
    }

    /// What became of heartbeats since this was asked last, in order.
    pub fn delivered(&self) -> Vec<bool> {
        let mut papers = self.desk.lock();
        let now = (self.clock)();
        if papers.under_way.is_some_and(|since| !(0..LONGEST).contains(&now.saturating_sub(since))) {
            papers.under_way = None;
            papers.delivered.push(false);
        }
        mem::take(&mut papers.delivered)
    }

    /// Waits until nothing is left to be sent, at most so long.
    pub fn wait(&self, patience: Duration) {
        let busy = |papers: &mut Papers| papers.waiting.is_some() || papers.under_way.is_some();
        drop(self.desk.changed.wait_timeout_while(self.desk.lock(), patience, busy));
    }
}

impl Desk {
    fn work(&self, mut write: Write, clock: fn() -> Millis) {
        loop {
            let waits = self.changed.wait_while(self.lock(), |papers| papers.waiting.is_none());
            let mut papers = waits.unwrap_or_else(PoisonError::into_inner);
            let Some(heartbeat) = papers.waiting.take() else {
                continue;
            };
            papers.under_way = Some(clock());
            drop(papers);
            let sent = write(&heartbeat);
            let mut papers = self.lock();
            if papers.under_way.take().is_some() {
                papers.delivered.push(sent);
            }
            drop(papers);
            self.changed.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Papers> {
        self.papers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    /// Whoever writes tells which one, and waits to be told whether it arrived.
    fn a_sender(clock: fn() -> Millis) -> (Sender, Receiver<Millis>, SyncSender<bool>) {
        let ((told, begun), (answer, answered)) = (sync_channel(9), sync_channel(9));
        let write = move |heartbeat: &Heartbeat| {
            told.send(heartbeat.timestamp).unwrap();
            answered.recv().unwrap()
        };
        (Sender::new(Box::new(write), clock), begun, answer)
    }

    fn a_heartbeat(timestamp: Millis) -> Heartbeat {
        let text = String::new;
        Heartbeat { topic: text(), key: text(), timestamp, value: text(), metrics: text() }
    }

    #[test]
    fn one_is_under_way_and_a_newer_one_replaces_what_waits() {
        let (mut sender, begun, answer) = a_sender(|| 0);
        sender.send(a_heartbeat(1));
        assert_eq!(begun.recv_timeout(LONG), Ok(1));
        sender.send(a_heartbeat(2));
        sender.send(a_heartbeat(3));
        assert_eq!(sender.delivered(), [false]);
        answer.send(true).unwrap();
        assert_eq!(begun.recv_timeout(LONG), Ok(3));
        answer.send(false).unwrap();
        sender.wait(LONG);
        assert_eq!(sender.delivered(), [true, false]);
        assert_eq!(sender.delivered(), []);
    }

    #[test]
    fn what_is_under_way_for_too_long_by_the_wall_clock_is_given_up_once() {
        static CLOCK: AtomicI64 = AtomicI64::new(10_000);
        for later in [LONGEST, -1] {
            let (mut sender, begun, answer) = a_sender(|| CLOCK.load(Ordering::SeqCst));
            sender.send(a_heartbeat(1));
            assert_eq!(begun.recv_timeout(LONG), Ok(1));
            CLOCK.fetch_add(later.min(LONGEST - 1), Ordering::SeqCst);
            assert_eq!(sender.delivered(), if later < 0 { vec![false] } else { vec![] });
            CLOCK.fetch_add(1, Ordering::SeqCst);
            assert_eq!(sender.delivered(), if later < 0 { vec![] } else { vec![false] });
            sender.send(a_heartbeat(2));
            answer.send(true).unwrap();
            assert_eq!(begun.recv_timeout(LONG), Ok(2));
            answer.send(true).unwrap();
            sender.wait(LONG);
            assert_eq!(sender.delivered(), [true]);
        }
    }

    #[test]
    fn nobody_waits_longer_than_told() {
        let (mut sender, begun, _answer) = a_sender(|| 0);
        sender.send(a_heartbeat(1));
        sender.wait(Duration::ZERO);
        assert_eq!(begun.recv_timeout(LONG), Ok(1));
        assert_eq!(sender.delivered(), []);
    }
}
