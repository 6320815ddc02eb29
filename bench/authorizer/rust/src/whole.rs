//! Everything that a request costs in this build but the Runtime API: event JSON in; answer, id and line out.

use std::hint::black_box;

use authorizer::decide::decide;
use authorizer::decision_id::DecisionIds;
use authorizer::keys::Verified;
use authorizer::log_line::log_line;
use authorizer::outcome::{Freshness, FreshnessState};
use authorizer::respond::{Response, respond};
use authorizer::view::View;
use ring::rand::{SecureRandom as _, SystemRandom};

const FRESH: Freshness = Freshness { state: FreshnessState::Fresh, age: Some(1), read_failed: false };

/// Decides again and again, as a function does that stays.
pub struct Whole {
    now: i64,
    verified: Verified,
    random: SystemRandom,
    ids: DecisionIds,
    event: Vec<u8>,
}

impl Whole {
    /// Remembers no token yet; decides at this second.
    pub fn new(now: i64) -> Self {
        Whole {
            now,
            verified: Verified::default(),
            random: SystemRandom::new(),
            ids: DecisionIds::default(),
            event: Vec::new(),
        }
    }

    /// Decides on an event whose token is the one given, which must be allowed. The line is made and not written.
    pub fn answer(&mut self, view: &View, (before, token, after): (&str, &str, &str)) {
        // The event lies where the Runtime API's client has just put it.
        self.event.clear();
        for text in [before, token, after] {
            self.event.extend_from_slice(text.as_bytes());
        }
        let decision = decide(&self.event, view, FRESH, self.now, &mut self.verified);
        assert!(decision.allowed(), "{:?}", decision.outcome);
        let id = self.ids.next(|bytes| self.random.fill(bytes).expect("randomness"));
        let Response::Body(body) = respond(&decision, &id) else { panic!("no body") };
        black_box((body, log_line(&decision, &id, self.now, 0)));
    }
}
