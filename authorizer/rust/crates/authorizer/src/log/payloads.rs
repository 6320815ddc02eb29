//! What the envelopes of the log say: Revision, Snapshot, Floor, Tick (docs/reference/log.md, "Payloads").
//!
//! Reading checks shapes only: who signed it and whether it continues a chain are the questions of `trust` and `chain`.

use std::sync::Arc;

use crate::digests::{Digest, Position};
use crate::entities::{Seconds, Stated, check_key, is_gateway_id, is_name};
use crate::reasons::spelled;
use crate::shape::{
    Malformed, Members, Read, counted, hex_digest, kept, list_of, matching, natural, only_true, string,
};
use crate::strict_json::{self, Object, Value};
use crate::view::Entities;

spelled! {
    /// The media types of payloads.
    PayloadType {
        Revision = "application/vnd.gatefleet.revision.v1+json",
        Snapshot = "application/vnd.gatefleet.snapshot.v1+json",
        Floor = "application/vnd.gatefleet.floor.v1+json",
        Trust = "application/vnd.gatefleet.trust.v1+json",
        Recovery = "application/vnd.gatefleet.recovery.v1+json",
        Tick = "application/vnd.gatefleet.tick.v1+json",
    }
}

/// One changed entity: as it is now, or none when it is removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The entity's key.
    pub key: Arc<str>,
    /// The entity, unless it is removed.
    pub stated: Option<Arc<Stated>>,
}

/// The whole effect of one merge. `changes` are sorted by key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// From 1.
    pub epoch: i64,
    /// From 1.
    pub revision: i64,
    /// Digest of the payload before.
    pub parent: Digest,
    /// Git commit.
    pub commit: Box<str>,
    /// When it was made.
    pub issued_at: Seconds,
    /// What it changes.
    pub changes: Box<[Change]>,
    /// State digest after it; publishers check it, followers do not.
    pub state: Digest,
}

/// Restates an accepted revision: its position, and all entities that it left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Of the restated revision.
    pub position: Position,
    /// When it was made.
    pub issued_at: Seconds,
    /// All of them.
    pub entities: Entities,
}

/// The fallback baked beside one authorizer: its view's entities at a position, and the trust version beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Floor {
    /// Whose policy it is.
    pub environment: Box<str>,
    /// Where its authorizer continues the chain.
    pub position: Position,
    /// When it was made.
    pub issued_at: Seconds,
    /// Version of the trust document baked with it.
    pub trust: i64,
    /// `<team>/<gateway>`
    pub gateway: Box<str>,
    /// View digest of its entities.
    pub view: Digest,
    /// What the view needs.
    pub entities: Entities,
    /// Where its revision began on the log when it was made: a hint where to read on.
    pub offset: Option<u64>,
}

/// The head as its publisher saw it, so that silence and withholding look different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tick {
    /// The head.
    pub position: Position,
    /// When it was made.
    pub issued_at: Seconds,
}

impl Revision {
    /// Reads a payload that was parsed already.
    pub fn from_json(value: Object<'_>) -> Read<Self> {
        let mut members = Members::of(Value::Object(value))?;
        let identity = identity(&mut members)?;
        let revision = Revision {
            epoch: identity.epoch,
            revision: identity.revision,
            parent: members.take("parent", hex_digest)?,
            commit: members.take("commit", kept(is_commit))?,
            issued_at: members.take("issued_at", natural)?,
            changes: {
                members.take("requires", features)?;
                members.take("changes", changes)?
            },
            state: members.take("state", hex_digest)?,
        };
        members.take("widens", natural)?;
        members.take("narrows", natural)?;
        members.done().map(|()| revision)
    }
}

impl Snapshot {
    /// Reads a payload that was parsed already.
    pub fn from_json(value: Object<'_>) -> Read<Self> {
        let mut members = Members::of(Value::Object(value))?;
        let snapshot = Snapshot {
            position: identity(&mut members)?.restating(&mut members)?,
            issued_at: members.take("issued_at", natural)?,
            entities: members.take("entities", entities)?,
        };
        members.take("commit", matching(is_commit))?;
        members.take("requires", features)?;
        members.take("state", hex_digest)?;
        members.done().map(|()| snapshot)
    }
}

impl Floor {
    /// Reads a payload that was parsed already.
    pub fn from_json(value: Object<'_>) -> Read<Self> {
        let mut members = Members::of(Value::Object(value))?;
        let identity = identity(&mut members)?;
        let floor = Floor {
            environment: identity.environment.clone(),
            position: identity.restating(&mut members)?,
            issued_at: members.take("issued_at", natural)?,
            trust: members.take("trust", counted)?,
            gateway: members.take("gateway", kept(is_gateway_id))?,
            view: members.take("view", hex_digest)?,
            entities: members.take("entities", entities)?,
            offset: members.optional("offset", natural)?.map(i64::unsigned_abs),
        };
        members.take("commit", matching(is_commit))?;
        members.take("requires", features)?;
        members.done().map(|()| floor)
    }
}

impl Tick {
    /// Reads a payload that was parsed already.
    pub fn from_json(value: Object<'_>) -> Read<Self> {
        let mut members = Members::of(Value::Object(value))?;
        let tick = Tick {
            position: identity(&mut members)?.restating(&mut members)?,
            issued_at: members.take("issued_at", natural)?,
        };
        members.done().map(|()| tick)
    }
}

/// Reads payload bytes as one strict JSON object.
pub fn parse_json(payload: &[u8]) -> Read<Object<'_>> {
    match strict_json::parse(payload)? {
        Value::Object(object) => Ok(object),
        _ => Err(Malformed::new("not an object")),
    }
}

/// A list of feature names, sorted, each once.
pub fn features(value: Value<'_>) -> Read<Box<[Box<str>]>> {
    let names = list_of(0, kept(is_name))(value)?;
    check_ascending(names.iter()).map(|()| names)
}

/// Refuses names that are not sorted or not distinct.
pub fn check_ascending<T: Ord>(names: impl Iterator<Item = T> + Clone) -> Read<()> {
    if names.clone().zip(names.skip(1)).all(|(one, next)| one < next) {
        return Ok(());
    }
    Err(Malformed::new("not sorted, or one twice"))
}

/// `[a-z0-9][a-z0-9-]{7,63}`
pub fn is_log_id(text: &str) -> bool {
    let inner = text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    (8..=64).contains(&text.len()) && inner && !text.starts_with('-')
}

// --- details ----------------------------------------------------------------------------------------------------------

struct Identity {
    environment: Box<str>,
    epoch: i64,
    revision: i64,
}

impl Identity {
    fn restating(self, members: &mut Members<'_>) -> Read<Position> {
        let digest = members.take("payload", hex_digest)?;
        Ok(Position { epoch: self.epoch, revision: self.revision, digest })
    }
}

fn identity(members: &mut Members<'_>) -> Read<Identity> {
    members.take("log", matching(is_log_id))?;
    Ok(Identity {
        environment: members.take("environment", kept(is_name))?,
        epoch: members.take("epoch", counted)?,
        revision: members.take("revision", counted)?,
    })
}

fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn changes(value: Value<'_>) -> Read<Box<[Change]>> {
    let changes = list_of(0, change)(value)?;
    check_ascending(changes.iter().map(|change| &change.key)).map(|()| changes)
}

fn change(value: Value<'_>) -> Read<Change> {
    let mut members = Members::of(value)?;
    let key = members.take("key", string)?;
    if members.has("removed") {
        members.take("removed", only_true)?;
        members.done()?;
        check_key(&key)?;
        return Ok(Change { key: key.into(), stated: None });
    }
    let value = members.take("value", string)?;
    members.done()?;
    let stated = Stated::read(&key, &value)?;
    Ok(Change { key: key.into(), stated: Some(Arc::new(stated)) })
}

fn entities(value: Value<'_>) -> Read<Entities> {
    let items = list_of(0, item)(value)?;
    check_ascending(items.iter().map(|(key, _)| key))?;
    Ok(items.into_iter().collect())
}

fn item(value: Value<'_>) -> Read<(Arc<str>, Arc<Stated>)> {
    let mut members = Members::of(value)?;
    let (key, value) = (members.take("key", string)?, members.take("value", string)?);
    members.done()?;
    let stated = Stated::read(&key, &value)?;
    Ok((key.into(), Arc::new(stated)))
}
