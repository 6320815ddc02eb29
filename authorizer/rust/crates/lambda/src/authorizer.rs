//! One gateway's authorizer between two worlds: an event of API Gateway in, its answer out, one line written.

use std::mem;
use std::time::Instant;

use authorizer::decide::decide;
use authorizer::decision_id::DecisionIds;
use authorizer::entities::WhenStale;
use authorizer::heartbeat::{Identity, Pulse};
use authorizer::json_text::JsonObject;
use authorizer::keys::Verified;
use authorizer::log::follow::{Follower, Millis};
use authorizer::log::transport::RevisionSource;
use authorizer::log_line::log_line;
use authorizer::outcome::{Decision, FreshnessState};
use authorizer::respond::{Response, respond};
use ring::rand::{SecureRandom, SystemRandom};

use crate::configuration::Configuration;
use crate::heart::{Heart, wall_clock, write_line};

/// Decides for one gateway.
pub struct Authorizer {
    follower: Follower,
    heart: Heart,
    source: Option<Box<dyn RevisionSource>>,
    read_deadline: Millis,
    verified: Verified,
    random: SystemRandom,
    ids: DecisionIds,
}

impl Authorizer {
    /// Stands on the floor, and reads the log once within the budget of init.
    pub fn start(configuration: Configuration) -> Self {
        let Configuration { trust, floor, source, heartbeats, init_budget, read_deadline } = configuration;
        let (random, mut ids) = (SystemRandom::new(), DecisionIds::default());
        let identity = Identity {
            environment: floor.environment.to_string(),
            gateway: floor.gateway.to_string(),
            instance: ids.next(|bytes| fill(&random, bytes)),
            variant: "rust".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            floor: (floor.position.epoch, floor.position.revision),
            floor_issued_at: floor.issued_at,
        };
        let mut authorizer = Authorizer {
            follower: Follower::new(&floor, trust, source.is_some()),
            heart: Heart::new(Pulse::new(identity, wall_clock()), heartbeats, read_deadline),
            source,
            read_deadline,
            verified: Verified::default(),
            random,
            ids,
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
        let id = self.ids.next(|bytes| fill(&self.random, bytes));
        let (response, noted) = self.with_decision(event, |decision| {
            let latency_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            write_line(log_line(decision, &id, wall_clock().div_euclid(1000), latency_ms));
            let denied = decision.outcome.as_ref().err().copied();
            (respond(decision, &id), (denied, decision.freshness.state, decision.path_fits))
        });
        self.heart.decided(noted);
        send(response)?;
        if read_afterwards {
            self.read(self.read_deadline);
        }
        self.heart.beat(&self.follower);
        Ok(())
    }

    fn with_decision<T>(&mut self, event: &[u8], then: impl FnOnce(&Decision<'_>) -> T) -> T {
        let now = wall_clock();
        let (view, freshness) = (self.follower.view().clone(), self.follower.freshness(now));
        then(&decide(event, &view, freshness, now.div_euclid(1000), &mut self.verified))
    }

    fn read(&mut self, timeout: Millis) {
        let mut random = [0];
        fill(&self.random, &mut random);
        let jitter = 500 + Millis::from(random[0]) * 500 / 255;
        if let Some(source) = &mut self.source {
            let succeeded = self.follower.read(source.as_mut(), &wall_clock, timeout, jitter);
            self.heart.read(succeeded, &mem::take(&mut self.follower.refusals));
        }
    }
}

/// Without randomness the bytes stay as they are: zeros, which name something in logs and decide nothing.
fn fill(random: &SystemRandom, bytes: &mut [u8]) {
    let _ = random.fill(bytes);
}

fn may_go_ahead(decision: &Decision<'_>) -> bool {
    decision.allowed() && matches!(decision.when_stale, None | Some(WhenStale::Serve))
}
