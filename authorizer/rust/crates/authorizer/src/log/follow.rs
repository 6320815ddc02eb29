//! Follows a log into one gateway's view, from its floor on: what an authorizer does between decisions.
//!
//! Thaw-aware: nothing here runs by itself, and nothing trusts that time passed while it ran. The caller asks at every
//! invocation whether a read is due by the wall clock, and makes at most one, bounded, before it decides.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::digests::Position;
use crate::log::chain::{ChainState, Verdict, judge};
use crate::log::opening::Body;
use crate::log::parts::{Parts, Taken};
use crate::log::payloads::Floor;
use crate::log::rebuild::Rebuild;
use crate::log::transport::{LogUnavailable, Record, RevisionSource};
use crate::log::trust::Trust;
use crate::outcome::{Freshness, FreshnessState};
use crate::reasons::RefusalReason;
use crate::view::{NeedsSnapshot, View};

/// Milliseconds: UTC on the wall clock, or a duration.
pub type Millis = i64;

/// The longest pause between attempts to read a log that cannot be read.
pub const LONGEST_PAUSE: Millis = 30_000;

/// What a follower stands on: replaced whole, so a decision never sees half of a revision.
#[derive(Clone, Debug)]
struct Held {
    view: Arc<View>,
    chain: ChainState,
}

/// The policy of one gateway, from the floor on.
#[derive(Debug)]
pub struct Follower {
    held: Held,
    trust: Trust,
    follows: bool,
    offset: u64,
    /// Reading began at the floor's offset, not at the beginning of the log.
    hinted: bool,
    parts: Parts,
    rebuild: Option<Rebuild>,
    on_log: bool,
    last_success: Option<Millis>,
    failures: u32,
    not_before: Millis,
    /// Why the latest read failed, for people.
    pub failure: Option<String>,
    /// How many records were refused, by reason.
    pub refusals: BTreeMap<RefusalReason, u64>,
}

impl Follower {
    /// Stands on a floor; `follows`: there is a log to follow, else the floor alone serves.
    pub fn new(floor: &Floor, trust: Trust, follows: bool) -> Self {
        let view = View::build(&floor.gateway, &floor.entities, floor.position);
        Follower {
            held: Held { view: Arc::new(view), chain: ChainState::at(floor.position) },
            trust,
            follows,
            offset: floor.offset.unwrap_or(0),
            hinted: floor.offset.is_some_and(|offset| offset > 0),
            parts: Parts::default(),
            rebuild: None,
            on_log: false,
            last_success: None,
            failures: 0,
            not_before: Millis::MIN,
            failure: None,
            refusals: BTreeMap::new(),
        }
    }

    /// The newest accepted policy.
    pub fn view(&self) -> &Arc<View> {
        &self.held.view
    }

    /// Whether there is a log to follow.
    pub fn follows(&self) -> bool {
        self.follows
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
        jitter: Millis,
    ) -> bool {
        let started = clock();
        let read = self.read_to_end(source, clock, started.saturating_add(timeout));
        self.failure = match read {
            Err(LogUnavailable(why)) => Some(why),
            Ok(()) if !self.on_log => Some("the position that is held is not on this log".into()),
            Ok(()) => {
                self.held.chain.refused_through.map(|(epoch, revision)| format!("refused up to {epoch}/{revision}"))
            }
        };
        let succeeded = self.failure.is_none();
        if succeeded {
            (self.last_success, self.failures, self.not_before) = (Some(started), 0, Millis::MIN);
        } else {
            let pause = LONGEST_PAUSE.min(1000 << self.failures);
            self.failures = (self.failures + 1).min(10);
            self.not_before = clock().saturating_add(pause * jitter / 1000);
        }
        succeeded
    }

    fn read_to_end(
        &mut self,
        source: &mut dyn RevisionSource,
        clock: &dyn Fn() -> Millis,
        deadline: Millis,
    ) -> Result<(), LogUnavailable> {
        if !self.follow_to_end(source, clock, deadline)? {
            self.offset = 0;
            self.begin_anew();
            self.follow_to_end(source, clock, deadline)?; // without a hint nothing misleads
        }
        Ok(())
    }

    /// Takes records up to the end of the log; false where the floor's offset misled.
    fn follow_to_end(
        &mut self,
        source: &mut dyn RevisionSource,
        clock: &dyn Fn() -> Millis,
        deadline: Millis,
    ) -> Result<bool, LogUnavailable> {
        loop {
            let batch = source.read(self.offset, left(clock, deadline))?;
            if batch.rewound {
                // Truncated or recreated: it must show our position before it counts again.
                self.begin_anew();
            }
            for record in &batch.records {
                self.offset = record.offset; // one that cannot be applied in time is read again
                let before = self.parts.clone();
                match self.take(source, record, clock, deadline) {
                    Ok(true) => {}
                    Ok(false) => return Ok(false),
                    Err(unavailable) => {
                        self.parts = before;
                        return Err(unavailable);
                    }
                }
            }
            self.offset = batch.next_offset;
            if batch.at_end {
                return Ok(self.on_log || !self.hinted);
            }
            if clock() > deadline {
                return Err(LogUnavailable("the end of the log was not reached in time".into()));
            }
        }
    }

    /// Forgets what was seen of this log: it is read from its beginning.
    fn begin_anew(&mut self) {
        (self.hinted, self.parts, self.on_log, self.rebuild) = (false, Parts::default(), false, None);
    }

    /// Whether the floor's offset led elsewhere than to its revision, or past something.
    fn misled(&self, verdict: &Verdict) -> bool {
        match verdict {
            _ if !self.hinted => false,
            Verdict::Refused(refused) if self.on_log => refused.reason == RefusalReason::BrokenChain,
            Verdict::Ignored(digest) => !self.on_log && *digest != self.held.view.position.digest,
            _ => !self.on_log,
        }
    }

    /// Takes one record; false where the floor's offset misled.
    fn take(
        &mut self,
        source: &mut dyn RevisionSource,
        record: &Record,
        clock: &dyn Fn() -> Millis,
        deadline: Millis,
    ) -> Result<bool, LogUnavailable> {
        let envelope = match self.parts.take(record) {
            Taken::Whole(envelope) => envelope,
            Taken::Pending => return Ok(true),
            Taken::Refused(_) if self.hinted && !self.on_log => return Ok(false),
            Taken::Refused(refused) => {
                *self.refusals.entry(refused.reason).or_default() += 1;
                return Ok(true);
            }
        };
        let verdict = judge(self.held.chain.position, &envelope, &self.trust);
        if self.misled(&verdict) {
            return Ok(false);
        }
        let chain = self.held.chain.after(&verdict);
        match verdict {
            Verdict::Accepted(position, Body::Revision(revision)) => {
                let changes = revision.changes.iter().map(|change| (&change.key, change.stated.as_ref()));
                if let Err(NeedsSnapshot(_)) = Arc::make_mut(&mut self.held.view).apply(changes, position) {
                    self.held.view = Arc::new(self.rebuild(source, position, clock, deadline)?);
                }
                self.held.chain = chain;
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
        Ok(true)
    }

    fn rebuild(
        &mut self,
        source: &mut dyn RevisionSource,
        target: Position,
        clock: &dyn Fn() -> Millis,
        deadline: Millis,
    ) -> Result<View, LogUnavailable> {
        let begun = self.rebuild.take().filter(|begun| begun.target == target);
        let mut rebuild = begun.unwrap_or_else(|| Rebuild::new(target));
        let view = rebuild.finish(&self.held.view.gateway_id, &self.trust, |offset| {
            if clock() > deadline {
                return Err(LogUnavailable("the view was not rebuilt in time".into()));
            }
            source.read(offset, left(clock, deadline))
        });
        if view.is_err() {
            self.rebuild = Some(rebuild); // the next read goes on from here
        }
        view
    }
}

fn left(clock: &dyn Fn() -> Millis, deadline: Millis) -> u64 {
    u64::try_from(deadline.saturating_sub(clock())).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::chain::NOTHING;
    use crate::log::parts::{ENVELOPE_HEADER, PART_HEADER};
    use crate::log::testlog::{SCOPE, TestLog, client, gateway};

    const GATEWAY: &str = "gateway/orders/orders";
    const HELD: [&str; 4] = [GATEWAY, "scope/read", "client/reader", "client/both"];

    /// A log with a policy, of which the floor holds what `read` needs.
    fn begun() -> (TestLog, Follower) {
        let mut log = TestLog::new();
        log.publish(&[
            ("client/both", Some(client(&["read", "write"]))),
            ("client/reader", Some(client(&["read"]))),
            ("client/writer", Some(client(&["write"]))),
            (GATEWAY, Some(gateway(&["read"]))),
            ("scope/read", Some(SCOPE.into())),
            ("scope/write", Some(SCOPE.into())),
        ]);
        let follower = Follower::new(&log.floor(&HELD), log.trust(), true);
        (log, follower)
    }

    fn read(follower: &mut Follower, log: &mut TestLog, now: Millis) -> bool {
        follower.read(log, &|| now, 150, 1000)
    }

    fn view_built_from(log: &TestLog) -> crate::digests::Digest {
        let stated = |(key, value): (&String, &String)| {
            (key.as_str().into(), crate::entities::Stated::read(key, value).unwrap().into())
        };
        View::build("orders/orders", &log.state.iter().map(stated).collect(), NOTHING).digest()
    }

    #[test]
    fn a_read_to_the_end_makes_the_floor_fresh_and_time_makes_it_stale() {
        let (mut log, mut follower) = begun();
        assert_eq!(follower.freshness(0).state, FreshnessState::Floor);
        assert!(follower.read_due(0));
        assert!(read(&mut follower, &mut log, 10_000));
        let at = |now| (follower.freshness(now).state, follower.freshness(now).age, follower.read_due(now));
        assert_eq!(at(10_000), (FreshnessState::Fresh, Some(0), false));
        assert_eq!(at(12_000), (FreshnessState::Fresh, Some(2), false));
        assert_eq!(at(12_001), (FreshnessState::Stale, Some(3), true));
        assert_eq!(at(9_999), (FreshnessState::Stale, None, true)); // the clock was set back
    }

    #[test]
    fn the_view_that_is_kept_is_the_view_that_is_built() {
        let (mut log, mut follower) = begun();
        let changes: [&[(&str, Option<String>)]; 5] = [
            &[("client/new", Some(client(&["read"]))), ("client/reader", None)],
            &[("client/writer", None), ("scope/other", Some(SCOPE.into()))],
            &[(GATEWAY, Some(gateway(&["read", "write"])))], // needs a snapshot
            &[("client/late", Some(client(&["other"]))), (GATEWAY, Some(gateway(&["any_client", "read"])))],
            &[(GATEWAY, None)],
        ];
        for change in changes {
            log.publish(change);
            assert!(read(&mut follower, &mut log, 0));
            assert_eq!(follower.view().digest(), view_built_from(&log));
        }
        assert_eq!(follower.view().position.revision, 6);
    }

    #[test]
    fn a_log_without_its_beginning_gives_what_is_missing_by_a_snapshot() {
        let (mut log, mut follower) = begun();
        log.publish_snapshot();
        log.begins_at = 1;
        log.publish(&[(GATEWAY, Some(gateway(&["write"])))]);
        log.batch = 1;
        assert!(read(&mut follower, &mut log, 0));
        assert_eq!(follower.view().digest(), view_built_from(&log));
    }

    #[test]
    fn a_rebuild_that_takes_longer_than_one_read_goes_on_in_the_next_one() {
        let (mut log, mut follower) = begun();
        for _ in 0..8 {
            log.publish(&[]);
        }
        assert!(read(&mut follower, &mut log, 0));
        log.publish(&[(GATEWAY, Some(gateway(&["write"])))]);
        log.batch = 1;
        // Each look at the clock takes 20 ms, so one read of 150 ms gets through only some of the ten records.
        let (now, mut reads) = (std::cell::Cell::new(0), 1);
        let clock = || {
            now.set(now.get() + 20);
            now.get()
        };
        while !follower.read(&mut log, &clock, 150, 1000) {
            assert_eq!(follower.view().position.revision, 9);
            reads += 1;
        }
        assert!((3..10).contains(&reads), "{reads}");
        assert_eq!(follower.view().digest(), view_built_from(&log));
    }

    #[test]
    fn what_cannot_be_rebuilt_yet_is_read_again_whole_also_in_parts() {
        let (mut log, mut follower) = begun();
        assert!(read(&mut follower, &mut log, 0));
        let envelope = log.revision("", &[(GATEWAY, Some(gateway(&["write"])))]);
        let name = crate::digests::Digest::of(&envelope).to_string();
        for (index, part) in envelope.chunks(envelope.len().div_ceil(2)).enumerate() {
            let headers = [(ENVELOPE_HEADER.into(), name.clone()), (PART_HEADER.into(), format!("{index}/2"))];
            log.append(part.to_vec(), headers.into());
        }
        let before = follower.view().digest();
        log.batch = 1;
        log.begins_at = 1; // nothing leads to the revision
        assert!(!read(&mut follower, &mut log, 0));
        assert_eq!(follower.view().digest(), before);
        log.begins_at = 0;
        log.batch = 100;
        assert!(read(&mut follower, &mut log, 60_000));
        assert_eq!(follower.view().digest(), view_built_from(&log));
    }

    const AHEAD: [(&str, Option<String>); 1] = [("client/both", None)];

    /// A follower whose floor stands at the fourth of seven revisions and says that it began at `offset`.
    fn hinted(offset: u64) -> (TestLog, Follower) {
        let (mut log, _) = begun();
        for _ in 0..3 {
            log.publish(&[]);
        }
        let floor = Floor { offset: Some(offset), ..log.floor(&HELD) };
        log.publish(&[]);
        log.publish(&[]);
        log.publish(&AHEAD);
        let follower = Follower::new(&floor, log.trust(), true);
        (log, follower)
    }

    #[test]
    fn a_follower_begins_where_its_floor_says_that_its_revision_stands() {
        let (mut log, mut follower) = hinted(3);
        assert!(read(&mut follower, &mut log, 0));
        assert_eq!(log.given, [3, 4, 5, 6]);
        assert_eq!(follower.view().digest(), view_built_from(&log));
    }

    #[test]
    fn a_wrong_hint_costs_a_second_start_and_nothing_else() {
        for offset in [1, 2, 4, 6, 7, 8, (1 << 53) - 1] {
            let (mut log, mut follower) = hinted(offset);
            assert!(read(&mut follower, &mut log, 0), "{offset}");
            assert!(log.given.ends_with(&[0, 1, 2, 3, 4, 5, 6]) && log.asked.len() <= 2, "{offset}");
            assert_eq!(follower.view().digest(), view_built_from(&log));
            assert_eq!(follower.freshness(0).state, FreshnessState::Fresh);
            assert!(follower.refusals.is_empty());
        }
    }

    #[test]
    fn a_hint_into_a_log_without_the_floors_revision_makes_nothing_fresh_and_is_tried_once() {
        let (mut log, mut follower) = hinted(3);
        log.records.truncate(3);
        assert!(!read(&mut follower, &mut log, 0));
        assert_eq!(log.asked, [3, 0]);
        assert!(!read(&mut follower, &mut log, 60_000));
        assert_eq!(log.asked, [3, 0, 3]); // where the log ended
        assert_eq!(follower.freshness(0).state, FreshnessState::Floor);
    }

    #[test]
    fn a_copy_of_the_floors_revision_in_the_hints_place_hides_nothing_that_has_a_successor() {
        let (mut log, mut follower) = hinted(6);
        let last = log.records.pop().unwrap().value;
        log.append(log.records[3].value.clone(), BTreeMap::new());
        log.append(last, BTreeMap::new());
        assert!(read(&mut follower, &mut log, 0));
        assert_eq!(follower.view().digest(), view_built_from(&log));
        assert!(follower.refusals.is_empty());
    }

    #[test]
    fn junk_at_the_hint_is_counted_once() {
        let headers = [(ENVELOPE_HEADER.into(), "none".into())];
        for headers in [BTreeMap::new(), headers.into()] {
            let (mut log, mut follower) = hinted(3);
            log.records[3] = Record { offset: 3, value: b"junk".to_vec(), headers };
            assert!(read(&mut follower, &mut log, 0));
            assert_eq!(log.asked, [3, 0]);
            assert_eq!(follower.refusals, [(RefusalReason::Malformed, 1)].into());
        }
    }

    #[test]
    fn a_start_from_the_beginning_that_takes_several_reads_never_goes_back_to_the_hint() {
        let (mut log, mut follower) = hinted(1);
        log.batch = 1;
        let now = std::cell::Cell::new(0);
        let clock = || {
            now.set(now.get() + 20);
            now.get()
        };
        let mut reads = 1;
        while !follower.read(&mut log, &clock, 100, 1000) {
            reads += 1;
        }
        assert!((2..10).contains(&reads), "{reads}");
        assert!(log.asked[1..].is_sorted());
        assert_eq!(follower.view().digest(), view_built_from(&log));
    }

    #[test]
    fn a_rebuild_reads_what_stands_before_the_floor() {
        let (mut log, mut follower) = hinted(3);
        log.publish(&[(GATEWAY, Some(gateway(&["write"])))]);
        assert!(read(&mut follower, &mut log, 0));
        assert_eq!(follower.view().digest(), view_built_from(&log));
        assert_eq!(log.asked, [3, 0]);
    }

    #[test]
    fn a_failed_read_is_followed_by_a_growing_pause_that_ends_with_a_good_one() {
        let (mut log, mut follower) = begun();
        log.down = true;
        let mut now = 0;
        for pause in [1, 2, 4, 8, 16, 30, 30] {
            assert!(!read(&mut follower, &mut log, now));
            assert!(follower.freshness(now).read_failed);
            assert!(!follower.read_due(now + pause * 1000 - 1));
            now += pause * 1000;
            assert!(follower.read_due(now));
        }
        assert!(follower.read_due(now - 3_600_000)); // no pause outlives a clock that was set back
        log.down = false;
        assert!(read(&mut follower, &mut log, now));
        assert!(!follower.freshness(now).read_failed);
        log.down = true;
        assert!(!read(&mut follower, &mut log, now + 10_000));
        assert!(follower.read_due(now + 11_000));
    }

    #[test]
    fn a_refused_revision_is_counted_and_nothing_is_fresh_until_the_position_reaches_it() {
        let (mut log, mut follower) = begun();
        assert!(read(&mut follower, &mut log, 0));
        let unknown = log.revision("\"holds\"", &[("client/reader", None)]);
        log.append(unknown, BTreeMap::new());
        assert!(!read(&mut follower, &mut log, 0));
        assert_eq!(follower.refusals, [(RefusalReason::Unsupported, 1)].into());
        assert_eq!(follower.freshness(0).state, FreshnessState::Stale);
        log.append(b"what anybody can write".to_vec(), BTreeMap::new());
        assert!(!read(&mut follower, &mut log, 0));
        assert_eq!(follower.refusals.get(&RefusalReason::Malformed), Some(&1));
    }

    #[test]
    fn a_recreated_log_counts_only_when_it_shows_the_held_position() {
        let (mut log, mut follower) = begun();
        assert!(read(&mut follower, &mut log, 0));
        let whole = std::mem::take(&mut log.records);
        assert!(!read(&mut follower, &mut log, 0));
        log.records = whole;
        assert!(read(&mut follower, &mut log, 0));
    }

    #[test]
    fn a_gateway_that_serves_from_its_floor_never_reads() {
        let (log, _) = begun();
        let follower = Follower::new(&log.floor(&HELD), log.trust(), false);
        assert!(!follower.read_due(0));
        assert_eq!(follower.freshness(0), Freshness { state: FreshnessState::Floor, age: None, read_failed: true });
    }
}
