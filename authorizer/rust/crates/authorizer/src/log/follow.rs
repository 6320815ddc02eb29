//! Follows a log into one gateway's view, from its floor on: what an authorizer does between decisions.
//!
//! Thaw-aware: nothing here runs by itself, and nothing trusts that time passed while it ran. The caller asks at every
//! invocation whether a read is due by the wall clock, and makes at most one, bounded, before it decides.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::digests::Position;
use crate::log::chain::{ChainState, Verdict, adopt_base, judge};
use crate::log::opening::Body;
use crate::log::parts::{Parts, Taken};
use crate::log::payloads::{Change, Floor};
use crate::log::transport::{LogUnavailable, Record, RevisionSource};
use crate::log::trust::Trust;
use crate::outcome::{Freshness, FreshnessState};
use crate::reasons::RefusalReason;
use crate::view::{Entities, Holdings, View};

/// Milliseconds: UTC on the wall clock, or a duration.
pub type Millis = i64;

/// The longest pause between attempts to read a log that cannot be read.
pub const LONGEST_PAUSE: Millis = 30_000;

/// What a follower stands on: replaced whole, so a decision never sees half of a revision.
#[derive(Clone, Debug)]
struct Held {
    view: Arc<View>,
    holdings: Arc<Holdings>,
    chain: ChainState,
}

/// The policy of one gateway, from the floor on.
#[derive(Debug)]
pub struct Follower {
    held: Held,
    trust: Trust,
    follows: bool,
    offset: u64,
    parts: Parts,
    on_log: bool,
    last_success: Option<Millis>,
    failures: u32,
    not_before: Millis,
    /// How many records were refused, by reason.
    pub refusals: BTreeMap<RefusalReason, u64>,
}

impl Follower {
    /// Stands on a floor; `follows`: there is a log to follow, else the floor alone serves.
    pub fn new(floor: &Floor, trust: Trust, follows: bool) -> Self {
        let holdings = Holdings::build(&floor.gateway, &floor.entities);
        let view = View::new(&holdings, floor.position);
        Follower {
            held: Held { view: Arc::new(view), holdings: Arc::new(holdings), chain: ChainState::at(floor.position) },
            trust,
            follows,
            offset: 0,
            parts: Parts::default(),
            on_log: false,
            last_success: None,
            failures: 0,
            not_before: Millis::MIN,
            refusals: BTreeMap::new(),
        }
    }

    /// The newest accepted policy.
    pub fn view(&self) -> &Arc<View> {
        &self.held.view
    }

    /// How current the view is at `now`.
    pub fn freshness(&self, now: Millis) -> Freshness {
        let read_failed = !self.follows || self.failures > 0;
        let Some(last_success) = self.last_success else {
            return Freshness { state: FreshnessState::Floor, age: None, read_failed };
        };
        let elapsed = now.saturating_sub(last_success);
        if elapsed < 0 {
            // The clock was set back: nobody knows how long ago the last read was.
            return Freshness { state: FreshnessState::Stale, age: None, read_failed };
        }
        let age = elapsed / 1000 + i64::from(elapsed % 1000 > 0);
        let within = self.view().gateway.as_ref().is_some_and(|gateway| age <= gateway.max_staleness);
        let fresh = within && self.held.chain.refused_through.is_none();
        let state = if fresh { FreshnessState::Fresh } else { FreshnessState::Stale };
        Freshness { state, age: Some(age), read_failed }
    }

    /// Whether the pause after a failed read is running.
    pub fn pausing(&self, now: Millis) -> bool {
        // A pause that is longer than any we set was set before the clock went back.
        now < self.not_before && self.not_before <= now.saturating_add(LONGEST_PAUSE)
    }

    /// Whether to read before deciding: the view is not fresh, and no pause after a failed read is running.
    pub fn read_due(&self, now: Millis) -> bool {
        self.follows && self.freshness(now).state != FreshnessState::Fresh && !self.pausing(now)
    }

    /// Reads the log to its end, at most `timeout`; whether that succeeded.
    ///
    /// It succeeds when the end was reached, this follower's position was seen on this log, and no validly signed
    /// refusal stands (docs/reference/log.md). Whatever was accepted until then counts either way. `jitter`, from 500 to
    /// 1000, is how many thousandths of the pause after a failure count, so that a fleet does not come back at once.
    pub fn read(
        &mut self,
        source: &mut dyn RevisionSource,
        clock: &dyn Fn() -> Millis,
        timeout: Millis,
        jitter: u16,
    ) -> bool {
        let started = clock();
        let read = self.read_to_end(source, clock, started.saturating_add(timeout));
        let succeeded = read.is_ok() && self.on_log && self.held.chain.refused_through.is_none();
        if succeeded {
            (self.last_success, self.failures, self.not_before) = (Some(started), 0, Millis::MIN);
        } else {
            let pause = LONGEST_PAUSE.min(1000 << self.failures);
            self.failures = (self.failures + 1).min(10);
            self.not_before = clock().saturating_add(pause * Millis::from(jitter) / 1000);
        }
        succeeded
    }

    fn read_to_end(
        &mut self,
        source: &mut dyn RevisionSource,
        clock: &dyn Fn() -> Millis,
        deadline: Millis,
    ) -> Result<(), LogUnavailable> {
        loop {
            let batch = source.read(self.offset, left(clock, deadline))?;
            if batch.rewound {
                // Truncated or recreated: it must show our position before it counts again.
                (self.parts, self.on_log) = (Parts::default(), false);
            }
            for record in &batch.records {
                self.offset = record.offset; // one that cannot be applied in time is read again
                let before = self.parts.clone();
                if let Err(unavailable) = self.take(source, record, clock, deadline) {
                    self.parts = before;
                    return Err(unavailable);
                }
            }
            self.offset = batch.next_offset;
            if batch.at_end {
                return Ok(());
            }
            if clock() > deadline {
                return Err(LogUnavailable("the end of the log was not reached in time".into()));
            }
        }
    }

    fn take(
        &mut self,
        source: &mut dyn RevisionSource,
        record: &Record,
        clock: &dyn Fn() -> Millis,
        deadline: Millis,
    ) -> Result<(), LogUnavailable> {
        let envelope = match self.parts.take(record) {
            Taken::Whole(envelope) => envelope,
            Taken::Pending => return Ok(()),
            Taken::Refused(refused) => {
                *self.refusals.entry(refused.reason).or_default() += 1;
                return Ok(());
            }
        };
        let verdict = judge(self.held.chain.position, &envelope, &self.trust);
        let chain = self.held.chain.after(&verdict);
        match verdict {
            Verdict::Accepted(position, Body::Revision(revision)) => {
                let changes = revision.changes.iter().map(|change| (&change.key, change.stated.as_ref()));
                let holdings = match self.held.holdings.apply(changes) {
                    Ok(holdings) => holdings,
                    Err(_) => self.rebuild(source, position, clock, deadline)?,
                };
                let view = Arc::new(View::new(&holdings, position));
                self.held = Held { view, holdings: Arc::new(holdings), chain };
                self.on_log = true;
            }
            Verdict::Accepted(..) => {
                self.held.chain = chain;
                self.on_log = true;
            }
            Verdict::Ignored(digest) => self.on_log |= digest == self.held.view.position.digest,
            Verdict::Refused(refused) => {
                *self.refusals.entry(refused.reason).or_default() += 1;
                self.held.chain = chain;
            }
        }
        Ok(())
    }

    /// Holdings at `target` from the log's beginning, or from a snapshot where it does not begin at genesis.
    ///
    /// A revision made the view need entities that a floor never had. INVARIANT: the chain that leads there ends in the
    /// very payload that was accepted, so this adds entities and never another history.
    fn rebuild(
        &self,
        source: &mut dyn RevisionSource,
        target: Position,
        clock: &dyn Fn() -> Millis,
        deadline: Millis,
    ) -> Result<Holdings, LogUnavailable> {
        let (mut parts, mut chain, mut state, mut offset) =
            (Parts::default(), ChainState::default(), Entities::new(), 0);
        loop {
            let batch = source.read(offset, left(clock, deadline))?;
            if batch.rewound && offset > 0 {
                return Err(LogUnavailable("the log was recreated while the view was rebuilt".into()));
            }
            for record in &batch.records {
                let Taken::Whole(envelope) = parts.take(record) else {
                    continue;
                };
                let mut verdict = judge(chain.position, &envelope, &self.trust);
                if chain.position.is_none() && matches!(verdict, Verdict::Refused(_)) {
                    verdict = adopt_base(None, &envelope, &self.trust);
                }
                let after = chain.after(&verdict);
                let position = match verdict {
                    Verdict::Accepted(position, Body::Revision(revision)) => {
                        apply(&mut state, &revision.changes);
                        position
                    }
                    Verdict::Accepted(position, Body::Snapshot(snapshot)) => {
                        if chain.position.is_none() {
                            state = snapshot.entities;
                        }
                        position
                    }
                    _ => continue,
                };
                chain = after;
                if position == target {
                    return Ok(Holdings::build(&self.held.view.gateway_id, &state));
                }
            }
            offset = batch.next_offset;
            if batch.at_end || clock() > deadline {
                return Err(LogUnavailable("the log does not lead to the revision that the view needs".into()));
            }
        }
    }
}

fn apply(state: &mut Entities, changes: &[Change]) {
    for change in changes {
        match &change.stated {
            Some(stated) => drop(state.insert(change.key.clone(), stated.clone())),
            None => drop(state.remove(&change.key)),
        }
    }
}

fn left(clock: &dyn Fn() -> Millis, deadline: Millis) -> u64 {
    u64::try_from(deadline.saturating_sub(clock())).unwrap_or(0)
}
