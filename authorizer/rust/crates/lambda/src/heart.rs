//! Beats once an invocation, after its answer: writes the line of metrics, sends the heartbeat, hears what became of it.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use authorizer::heartbeat::{Heartbeat, Pulse, Standing};
use authorizer::log::follow::{Follower, Millis};
use authorizer::outcome::{Deny, FreshnessState};
use authorizer::reasons::RefusalReason;
use kafka::KafkaWriter;

use crate::sender::Sender;

/// Longest time of one attempt to send a heartbeat.
const ATTEMPT: Duration = Duration::from_secs(2);

/// What is noted of a decision: whether it denied, how fresh its policy was, whether its path fits.
pub type Noted = (Option<Deny>, FreshnessState, Option<bool>);

/// One instance's heart.
pub struct Heart {
    pulse: Pulse,
    /// None: its heartbeats stand in the lines of metrics alone.
    sender: Option<Sender>,
    patience: Duration,
}

impl Heart {
    /// One that has noted nothing. It waits at most `patience` for a heartbeat to be sent, and only where one was not.
    pub fn new(pulse: Pulse, to: Option<KafkaWriter>, patience: Millis) -> Self {
        let patience = Duration::from_millis(patience.unsigned_abs());
        let sender = to.map(|mut writer| {
            let write = move |heartbeat: &Heartbeat| {
                let (key, value) = (heartbeat.key.as_bytes(), heartbeat.value.as_bytes());
                writer.write(key, value, heartbeat.timestamp, ATTEMPT).is_ok() // the next one tells of a failure
            };
            Sender::new(Box::new(write), wall_clock)
        });
        Heart { pulse, sender, patience }
    }

    /// Notes a decision.
    pub fn decided(&mut self, (denied, freshness, path_fits): Noted) {
        self.pulse.decided(denied, freshness, path_fits);
    }

    /// Notes a read of the log.
    pub fn read(&mut self, succeeded: bool, refused: &BTreeMap<RefusalReason, u64>) {
        self.pulse.read(succeeded, refused);
    }

    /// Makes the heartbeat that is due, if one is.
    ///
    /// Returns at once, or, after the last one was lost, when this one was sent or `patience` passed: of a process that
    /// is frozen until its next request nothing would ever be heard otherwise.
    pub fn beat(&mut self, follower: &Follower) {
        let now = wall_clock();
        self.hear();
        let was_lost = self.pulse.unsent() > 0;
        let view = follower.view();
        let standing = Standing {
            position: view.position,
            view: view.digest(),
            freshness: follower.freshness(now),
            follows: follower.follows(),
        };
        let Some(heartbeat) = self.pulse.beat(&standing, now) else {
            return;
        };
        write_line(heartbeat.metrics.clone());
        if let Some(sender) = &mut self.sender {
            sender.send(heartbeat);
            if was_lost {
                sender.wait(self.patience);
                self.hear();
            }
        }
    }

    fn hear(&mut self) {
        for sent in self.sender.iter().flat_map(Sender::delivered) {
            self.pulse.delivered(sent);
        }
    }
}

/// UTC.
pub fn wall_clock() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
}

/// Writes a line to standard output. A full log stops no decision.
pub fn write_line(mut line: String) {
    line.push('\n');
    let _ = std::io::stdout().write_all(line.as_bytes());
}
