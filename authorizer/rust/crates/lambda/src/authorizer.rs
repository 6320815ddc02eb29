//! One gateway's authorizer between two worlds: an event of API Gateway in, its answer out, one line written.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use authorizer::decide::decide;
use authorizer::entities::WhenStale;
use authorizer::json_text::JsonObject;
use authorizer::keys::Verified;
use authorizer::log::follow::{Follower, Millis};
use authorizer::log::transport::RevisionSource;
use authorizer::log_line::log_line;
use authorizer::outcome::{Decision, FreshnessState};
use authorizer::respond::{Response, respond};
use ring::rand::{SecureRandom, SystemRandom};

use crate::configuration::Configuration;

/// Decides for one gateway.
pub struct Authorizer {
    follower: Follower,
    source: Option<Box<dyn RevisionSource>>,
    read_deadline: Millis,
    verified: Verified,
    random: SystemRandom,
}

impl Authorizer {
    /// Stands on the floor, and reads the log once within the budget of init.
    pub fn start(configuration: Configuration) -> Self {
        let Configuration { trust, floor, source, init_budget, read_deadline } = configuration;
        let mut authorizer = Authorizer {
            follower: Follower::new(&floor, trust, source.is_some()),
            source,
            read_deadline,
            verified: Verified::default(),
            random: SystemRandom::new(),
        };
        authorizer.read(init_budget);
        if let Some(failure) = &authorizer.follower.failure {
            let mut line = JsonObject::new();
            line.text("gateway", &floor.gateway).text("read_failed", failure);
            eprintln!("{}", line.finish());
        }
        authorizer
    }

    /// Answers one event, after at most one bounded read of the log, and hands the answer to `send`.
    ///
    /// A view that was followed and is not fresh is read first. On the floor what is allowed under `serve`, or to
    /// anyone, is answered at once and the log is read afterwards; everything else waits for the read, since a newer
    /// policy may say otherwise.
    pub fn answer<E>(&mut self, event: &[u8], send: impl FnOnce(Response) -> Result<(), E>) -> Result<(), E> {
        let started = Instant::now();
        let now = wall_clock();
        let due = self.follower.read_due(now);
        let on_floor = self.follower.freshness(now).state == FreshnessState::Floor;
        if due && !on_floor {
            self.read(self.read_deadline);
        }
        let mut read_afterwards = false;
        if due && on_floor {
            read_afterwards = self.with_decision(event, may_go_ahead);
            if !read_afterwards {
                self.read(self.read_deadline);
            }
        }
        let id = self.decision_id();
        let response = self.with_decision(event, |decision| {
            let latency_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            let mut line = log_line(decision, &id, wall_clock().div_euclid(1000), latency_ms);
            line.push('\n');
            let _ = std::io::stdout().write_all(line.as_bytes()); // a full log stops no decision
            respond(decision, &id)
        });
        send(response)?;
        if read_afterwards {
            self.read(self.read_deadline);
        }
        Ok(())
    }

    fn with_decision<T>(&mut self, event: &[u8], then: impl FnOnce(&Decision<'_>) -> T) -> T {
        let now = wall_clock();
        let (view, freshness) = (self.follower.view().clone(), self.follower.freshness(now));
        then(&decide(event, &view, freshness, now.div_euclid(1000), &mut self.verified))
    }

    fn read(&mut self, timeout: Millis) {
        let [random] = self.random_bytes::<1>();
        let jitter = 500 + Millis::from(random) * 500 / 255;
        if let Some(source) = &mut self.source {
            self.follower.read(source.as_mut(), &wall_clock, timeout, jitter);
        }
    }

    fn decision_id(&self) -> String {
        self.random_bytes::<16>().iter().fold(String::with_capacity(32), |mut id, byte| {
            let _ = write!(id, "{byte:02x}");
            id
        })
    }

    /// Without randomness an id is zeros: it names a decision in logs and decides nothing.
    fn random_bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        let _ = self.random.fill(&mut bytes);
        bytes
    }
}

fn may_go_ahead(decision: &Decision<'_>) -> bool {
    decision.allowed() && matches!(decision.when_stale, None | Some(WhenStale::Serve))
}

fn wall_clock() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
}
