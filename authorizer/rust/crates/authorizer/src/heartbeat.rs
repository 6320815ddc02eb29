//! The step `heartbeat`: what one instance says about itself, and when (docs/reference/heartbeat.md).
//!
//! Pure: it notes what it is told and reads no clock. Nothing here comes from a request, and nothing is decided by it.

use std::collections::BTreeMap;

use crate::digests::{Digest, Position};
use crate::entities::Seconds;
use crate::json_text::JsonObject;
use crate::log::follow::Millis;
use crate::outcome::{Deny, Freshness, FreshnessState};
use crate::reasons::RefusalReason;

const EVERY: Millis = 60_000;
/// Heartbeats that tell news.
const CREDIT: i64 = 5;
/// After so long one of them comes back.
const CREDIT_BACK: Millis = 10_000;

/// Who speaks: what an instance keeps as long as it lives.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The floor's.
    pub environment: String,
    /// `<team>/<gateway>`
    pub gateway: String,
    /// 32 hex digits.
    pub instance: String,
    /// `rust`
    pub variant: String,
    /// Of the authorizer.
    pub version: String,
    /// Where the floor stands.
    pub floor: (i64, i64),
    /// When the floor was issued.
    pub floor_issued_at: Seconds,
}

/// Where the follower stands when it is asked.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// In effect.
    pub position: Position,
    /// Digest of the view.
    pub view: Digest,
    /// Of a decision made now.
    pub freshness: Freshness,
    /// There is a log to follow.
    pub follows: bool,
}

/// One heartbeat, made: the record for Kafka, and the line of metrics for standard output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    /// One a team.
    pub topic: String,
    /// The instance, so that its heartbeats stay in order.
    pub key: String,
    /// UTC.
    pub timestamp: Millis,
    /// JSON.
    pub value: String,
    /// JSON, with the value in it; no line break.
    pub metrics: String,
}

/// What was noted since the last heartbeat.
#[derive(Clone, Debug, Default)]
struct Counts {
    since: Millis,
    allowed: u64,
    denied: BTreeMap<&'static str, u64>,
    not_fresh: u64,
    path_differs: u64,
    succeeded: u64,
    failed: u64,
    refused: BTreeMap<&'static str, u64>,
}

/// What one instance noted, when it last spoke, and what became of that.
#[derive(Clone, Debug)]
pub struct Pulse {
    identity: Identity,
    counts: Counts,
    last: Option<(Millis, Position)>,
    unsent: u64,
    just_lost: bool,
    spent: Millis,
}

/// The topic of a gateway's heartbeats: one a team.
pub fn heartbeat_topic(environment: &str, gateway: &str) -> String {
    format!("gatefleet.{environment}.heartbeat.{}", gateway.split('/').next().unwrap_or_default())
}

impl Pulse {
    /// Nothing noted, nothing said.
    pub fn new(identity: Identity, now: Millis) -> Self {
        let counts = Counts { since: now, ..Counts::default() };
        Pulse { identity, counts, last: None, unsent: 0, just_lost: false, spent: 0 }
    }

    /// How many heartbeats in a row were not sent.
    pub fn unsent(&self) -> u64 {
        self.unsent
    }

    /// Notes a decision: whether it allowed, how fresh its policy was, and whether the path fits its route.
    pub fn decided(&mut self, denied: Option<Deny>, freshness: FreshnessState, path_fits: Option<bool>) {
        let counts = &mut self.counts;
        match denied {
            None => counts.allowed += 1,
            Some(Deny(_, reason)) => *counts.denied.entry(reason.as_str()).or_default() += 1,
        }
        counts.not_fresh += u64::from(freshness != FreshnessState::Fresh);
        counts.path_differs += u64::from(path_fits == Some(false));
    }

    /// Notes a read of the log, and the records that it refused.
    pub fn read(&mut self, succeeded: bool, refused: &BTreeMap<RefusalReason, u64>) {
        let counts = &mut self.counts;
        *(if succeeded { &mut counts.succeeded } else { &mut counts.failed }) += 1;
        for (reason, count) in refused {
            *counts.refused.entry(reason.as_str()).or_default() += count;
        }
    }

    /// Notes what became of a heartbeat: the broker has it, or it is lost.
    pub fn delivered(&mut self, sent: bool) {
        self.just_lost = !sent && self.unsent == 0;
        self.unsent = if sent { 0 } else { self.unsent.saturating_add(1) };
    }

    /// Asked once an invocation, after its answer: the heartbeat if one is due.
    pub fn beat(&mut self, standing: &Standing, now: Millis) -> Option<Heartbeat> {
        // A time beyond all credit was noted before the clock was set back.
        if self.spent > now.saturating_add(CREDIT * CREDIT_BACK) {
            self.spent = 0;
        }
        if !self.is_regular(now) {
            if !self.has_news(standing) || self.spent > now.saturating_add((CREDIT - 1) * CREDIT_BACK) {
                return None;
            }
            self.spent = self.spent.max(now).saturating_add(CREDIT_BACK);
        }
        let made = self.made(standing, now);
        self.counts = Counts { since: now, ..Counts::default() };
        self.last = Some((now, standing.position));
        self.just_lost = false;
        Some(made)
    }

    fn is_regular(&self, now: Millis) -> bool {
        // A last time after `now` was noted before the clock was set back.
        self.last.is_none_or(|(last, _)| now < last || now.saturating_sub(last) >= EVERY)
    }

    fn has_news(&self, standing: &Standing) -> bool {
        let moved = self.last.is_none_or(|(_, position)| position != standing.position);
        moved || !self.counts.refused.is_empty() || self.just_lost
    }

    fn made(&self, standing: &Standing, now: Millis) -> Heartbeat {
        let (value, identity) = (self.said(standing, now.div_euclid(1000)), &self.identity);
        let metrics = self.metrics(standing, now.div_euclid(1000));
        let units = metrics.map(|(name, _)| {
            let mut unit = JsonObject::new();
            unit.plain("Name", name).plain("Unit", if name.ends_with("Age") { "Seconds" } else { "Count" });
            unit.finish()
        });
        let mut line = JsonObject::new();
        line.object("_aws", |aws| {
            aws.raw("Timestamp", now).only("CloudWatchMetrics", |directive| {
                directive
                    .plain("Namespace", "gatefleet")
                    .raw("Dimensions", r#"[["service","environment"]]"#)
                    .raw("Metrics", format_args!("[{}]", units.join(",")));
            });
        });
        line.text("service", &identity.gateway).text("environment", &identity.environment);
        for (name, metric) in metrics {
            line.raw(name, metric);
        }
        line.raw("heartbeat", &value);
        Heartbeat {
            topic: heartbeat_topic(&identity.environment, &identity.gateway),
            key: identity.instance.clone(),
            timestamp: now,
            value,
            metrics: line.finish(),
        }
    }

    fn metrics(&self, standing: &Standing, seconds: Seconds) -> [(&'static str, i64); 10] {
        let (counts, floor_age) = (&self.counts, self.floor_age(seconds));
        let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        [
            ("Allowed", whole(counts.allowed)),
            ("Denied", whole(counts.denied.values().sum())),
            ("NotFresh", whole(counts.not_fresh)),
            ("PathDiffers", whole(counts.path_differs)),
            ("ReadFailures", whole(counts.failed)),
            ("RefusedRecords", whole(counts.refused.values().sum())),
            ("HeartbeatsUnsent", whole(self.unsent)),
            ("ColdStart", i64::from(self.last.is_none())),
            ("ViewAge", standing.freshness.age.unwrap_or(floor_age)),
            ("FloorAge", floor_age),
        ]
    }

    fn floor_age(&self, seconds: Seconds) -> Seconds {
        seconds.saturating_sub(self.identity.floor_issued_at).max(0)
    }

    fn said(&self, standing: &Standing, seconds: Seconds) -> String {
        let (identity, counts, position) = (&self.identity, &self.counts, standing.position);
        let (epoch, revision) = identity.floor;
        let mut said = JsonObject::new();
        said.text("environment", &identity.environment)
            .text("gateway", &identity.gateway)
            .text("instance", &identity.instance)
            .text("variant", &identity.variant)
            .text("version", &identity.version)
            .raw("issued_at", seconds)
            .raw("since", counts.since.div_euclid(1000))
            .raw("cold_start", self.last.is_none())
            .raw("epoch", position.epoch)
            .raw("revision", position.revision)
            .plain("payload", position.digest)
            .plain("view", standing.view)
            .plain("mode", standing.mode())
            .plain("freshness", standing.freshness.state);
        match standing.freshness.age {
            Some(age) => said.raw("age", age),
            None => said.raw("age", "null"),
        };
        said.object("floor", |floor| {
            floor.raw("epoch", epoch).raw("revision", revision).raw("age", self.floor_age(seconds));
        });
        said.object("decisions", |decisions| {
            decisions
                .raw("allow", counts.allowed)
                .object("deny", |deny| by_reason(deny, &counts.denied))
                .raw("not_fresh", counts.not_fresh)
                .raw("path_differs", counts.path_differs);
        });
        said.object("reads", |reads| {
            reads.raw("succeeded", counts.succeeded).raw("failed", counts.failed);
        });
        said.object("refusals", |refusals| by_reason(refusals, &counts.refused)).raw("unsent", self.unsent);
        said.finish()
    }
}

impl Standing {
    /// What an instance does about the log.
    fn mode(&self) -> &'static str {
        match (self.follows, self.freshness.read_failed) {
            (false, _) => "floor_only",
            (true, true) => "holding",
            (true, false) => "following",
        }
    }
}

/// Sorted, without zeros.
fn by_reason(to: &mut JsonObject, counts: &BTreeMap<&'static str, u64>) {
    for (reason, count) in counts {
        to.raw(reason, count);
    }
}
