//! Checks 1 to 9 of docs/reference/log.md: what can be said of an envelope without holding a position.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::digests::{Digest, state_digest};
use crate::entities::is_name;
use crate::log::envelope::{MAX_ENVELOPE, parse_envelope};
use crate::log::payloads::{Floor, PayloadType, Revision, Snapshot, Tick, features, is_log_id, parse_json};
use crate::log::trust::{Role, Trust};
use crate::reasons::RefusalReason;
use crate::shape::{Malformed, Read, matching};
use crate::strict_json::{Object, Value};

/// Features that a record may require of this follower. `holds` comes with break-glass.
pub const KNOWN_FEATURES: [&str; 0] = [];

/// Epoch and revision, in this order.
pub type Number = (i64, i64);

/// What a record of a log is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// A revision.
    Revision(Revision),
    /// A snapshot.
    Snapshot(Snapshot),
    /// A tick.
    Tick(Tick),
}

impl Body {
    /// Epoch and revision that it names.
    pub fn number(&self) -> Number {
        match self {
            Body::Revision(revision) => (revision.epoch, revision.revision),
            Body::Snapshot(Snapshot { position, .. }) | Body::Tick(Tick { position, .. }) => {
                (position.epoch, position.revision)
            }
        }
    }
}

/// A record signed for this log and of its shape. `digest` is of its payload bytes, `signers` of its role's keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// What it is.
    pub body: Body,
    /// Of its payload.
    pub digest: Digest,
    /// Distinct keys that signed it.
    pub signers: BTreeSet<Digest>,
}

/// The record does not count; `what` is for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub reason: RefusalReason,
    /// What exactly.
    pub what: Cow<'static, str>,
    /// It was validly signed for this very log, so it tells of policy that this follower does not enforce.
    pub concerns: bool,
    /// The epoch and revision that it names, where they can be read.
    pub number: Option<Number>,
}

impl Refused {
    /// A record that concerns nobody.
    pub fn unsigned(reason: RefusalReason, what: impl Into<Cow<'static, str>>) -> Self {
        Refused { reason, what: what.into(), concerns: false, number: None }
    }

    /// A validly signed one.
    pub fn signed(reason: RefusalReason, what: impl Into<Cow<'static, str>>, number: Option<Number>) -> Self {
        Refused { reason, what: what.into(), concerns: true, number }
    }
}

/// Opens what a log holds: a revision, a snapshot or a tick.
pub fn open_record(envelope: &[u8], trust: &Trust) -> Result<Opened, Refused> {
    let read: Known<Body> = |kind| match kind {
        PayloadType::Revision => Some((Role::Publish, Some(|value| Revision::from_json(value).map(Body::Revision)))),
        PayloadType::Snapshot => Some((Role::Publish, Some(|value| Snapshot::from_json(value).map(Body::Snapshot)))),
        PayloadType::Tick => Some((Role::Publish, Some(|value| Tick::from_json(value).map(Body::Tick)))),
        PayloadType::Trust | PayloadType::Recovery => Some((Role::Root, None)), // reserved, and not followed yet
        PayloadType::Floor => None,
    };
    let (body, digest, signers) = open(envelope, trust, read)?;
    Ok(Opened { body, digest, signers })
}

/// Opens what is baked beside an authorizer.
///
/// Beyond checks 1 to 9 its view digest is that of its entities (`malformed`), and it does not name a newer trust than
/// the one it was opened with (`rollback`).
pub fn open_floor(envelope: &[u8], trust: &Trust) -> Result<Floor, Refused> {
    let read: Known<Floor> = |kind| match kind {
        PayloadType::Floor => Some((Role::Publish, Some(Floor::from_json))),
        _ => None,
    };
    let (floor, _, _) = open(envelope, trust, read)?;
    let number = Some((floor.position.epoch, floor.position.revision));
    if floor.view != state_digest(floor.entities.iter().map(|(key, stated)| (key.as_ref(), stated.digest))) {
        return Err(Refused::signed(
            RefusalReason::Malformed,
            "floor: its view is not the digest of its entities",
            number,
        ));
    }
    if floor.trust > trust.version {
        let what = format!("floor: wants trust version {}, this is {}", floor.trust, trust.version);
        return Err(Refused::signed(RefusalReason::Rollback, what, number));
    }
    Ok(floor)
}

// --- the checks -------------------------------------------------------------------------------------------------------

type Reader<T> = fn(Object<'_>) -> Read<T>;

/// Gives, for a type that belongs here, who signs it and how it is read (none: reserved).
type Known<T> = fn(PayloadType) -> Option<(Role, Option<Reader<T>>)>;

fn open<T>(data: &[u8], trust: &Trust, known: Known<T>) -> Result<(T, Digest, BTreeSet<Digest>), Refused> {
    // 1. Size, before anything is read.
    if data.len() > MAX_ENVELOPE {
        return Err(Refused::unsigned(RefusalReason::TooLarge, "an envelope larger than 16 MiB"));
    }
    // 2. A DSSE envelope.
    let envelope = parse_envelope(data)
        .map_err(|error| Refused::unsigned(RefusalReason::Malformed, format!("envelope: {error}")))?;
    // 3. The type, before anything of the payload.
    let known = PayloadType::named(&envelope.payload_type).and_then(|kind| Some((kind, known(kind)?)));
    let Some((kind, (role, read))) = known else {
        return Err(Refused::unsigned(RefusalReason::WrongType, "a payload type that does not belong here"));
    };
    // 4. Signatures; nothing above this line has parsed the payload.
    let signers = trust.verified_signers(&envelope, role);
    if !trust.reaches_threshold(&signers, role) {
        let what = format!("{} of the keys that may {role} signed it", signers.len());
        return Err(Refused::unsigned(RefusalReason::BadSignature, what));
    }
    let body = read_payload(&envelope.payload, kind, read, trust)?;
    Ok((body, Digest::of(&envelope.payload), signers))
}

fn read_payload<T>(payload: &[u8], kind: PayloadType, read: Option<Reader<T>>, trust: &Trust) -> Result<T, Refused> {
    // 5. Strict JSON that says which log it is for and what it takes to read it.
    let value = parse_json(payload).map_err(|error| malformed(&error, None))?;
    let number = number(&value);
    let take = |name: &str, form: fn(&str) -> bool| {
        let value = value.get(name).cloned().ok_or_else(|| Malformed::new("missing"));
        value.and_then(matching(form)).map_err(|error| malformed(&error.within(name), number))
    };
    let (environment, log) = (take("environment", is_name)?, take("log", is_log_id)?);
    let requires = match (kind, value.get("requires")) {
        (PayloadType::Tick | PayloadType::Trust | PayloadType::Recovery, _) => Box::default(),
        (_, Some(names)) => features(names.clone()).map_err(|error| malformed(&error.within("requires"), number))?,
        (_, None) => return Err(malformed(&Malformed::new("missing").within("requires"), number)),
    };
    // 6. and 7. Another environment's or a foreign log's record says nothing about this one.
    if *environment != *trust.environment {
        return Err(Refused::unsigned(RefusalReason::WrongEnvironment, format!("is for environment {environment}")));
    }
    if *log != *trust.log {
        return Err(Refused::unsigned(RefusalReason::UnknownLog, format!("is for log {log}")));
    }
    // 8. Features, before the shape that they may change.
    if let Some(unknown) = requires.iter().find(|feature| !KNOWN_FEATURES.contains(&feature.as_ref())) {
        return Err(Refused::signed(RefusalReason::Unsupported, format!("requires {unknown}"), number));
    }
    let Some(read) = read else {
        return Err(Refused::signed(RefusalReason::Unsupported, "is of a type that is not followed yet", number));
    };
    // 9. The whole shape.
    read(value).map_err(|error| malformed(&error, number))
}

fn malformed(error: &Malformed, number: Option<Number>) -> Refused {
    Refused::signed(RefusalReason::Malformed, format!("payload: {error}"), number)
}

fn number(value: &Object<'_>) -> Option<Number> {
    match (value.get("epoch"), value.get("revision")) {
        (Some(Value::Integer(epoch)), Some(Value::Integer(revision))) if *epoch > 0 && *revision > 0 => {
            Some((*epoch, *revision))
        }
        _ => None,
    }
}
