//! Who may sign what on one log: a document signed by its own offline roots (after TUF), and counting signers by it.
//!
//! Roles: `root` signs trust and recovery, `publish` revisions, snapshots, floors and ticks, `narrow` break-glass.

use std::collections::{BTreeMap, BTreeSet};

use crate::digests::Digest;
use crate::entities::{Kind, Seconds, is_name};
use crate::log::envelope::{Envelope, exact_base64, parse_envelope};
use crate::log::keys::{KeyAlgorithm, PublicKey};
use crate::log::payloads::{PayloadType, check_ascending, is_log_id, parse_json};
use crate::reasons::{RefusalReason, spelled};
use crate::shape::{Malformed, Members, Read, counted, hex_digest, kept, list_of, map_of, natural, one_of};
use crate::strict_json::Value;

spelled! {
    /// What a key may sign.
    Role { Root = "root", Publish = "publish", Narrow = "narrow", }
}

/// The key ids of a role, sorted, and how many distinct ones must sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleKeys {
    /// Sorted, each once.
    pub keys: Box<[Digest]>,
    /// From 1 to the number of keys.
    pub threshold: usize,
}

/// One version of a log's trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    /// The environment whose log it is.
    pub environment: Box<str>,
    /// The log's id.
    pub log: Box<str>,
    /// From 1.
    pub version: i64,
    /// When it was made.
    pub issued_at: Seconds,
    keys: BTreeMap<Digest, PublicKey>,
    roles: BTreeMap<Role, RoleKeys>,
    /// The most keys of a kind that one revision may change under one signer.
    blast_limit: BTreeMap<Kind, usize>,
}

impl Trust {
    /// Reads a sealed trust document that is signed by its own root threshold.
    ///
    /// That makes it consistent, not right: it is baked beside a floor, or comes from the reviewed repository.
    pub fn parse(envelope: &[u8]) -> Result<Self, (RefusalReason, Malformed)> {
        let malformed = |error| (RefusalReason::Malformed, error);
        let envelope = parse_envelope(envelope).map_err(malformed)?;
        let trust = read(&envelope).map_err(malformed)?;
        if !trust.reaches_threshold(&trust.verified_signers(&envelope, Role::Root), Role::Root) {
            return Err((
                RefusalReason::BadSignature,
                Malformed::new("not signed by the threshold of its own root keys"),
            ));
        }
        Ok(trust)
    }

    /// The ids of the role's keys that signed: distinct keys, however often one signed.
    ///
    /// A signature that names another key, or does not verify, counts nothing and spoils nothing.
    pub fn verified_signers(&self, envelope: &Envelope, role: Role) -> BTreeSet<Digest> {
        let Some(held) = self.roles.get(&role) else {
            return BTreeSet::new();
        };
        let message = envelope.signed_bytes();
        let mut signers = BTreeSet::new();
        for signature in &envelope.signatures {
            let known = held.keys.contains(&signature.keyid) && !signers.contains(&signature.keyid);
            let key = self.keys.get(&signature.keyid).filter(|_| known);
            if key.is_some_and(|key| key.verifies(&signature.sig, &message)) {
                signers.insert(signature.keyid);
            }
        }
        signers
    }

    /// Whether that many distinct signers are enough for the role; nobody is enough for a role without keys.
    pub fn reaches_threshold(&self, signers: &BTreeSet<Digest>, role: Role) -> bool {
        self.roles.get(&role).is_some_and(|held| signers.len() >= held.threshold)
    }

    /// The most keys of a kind that one revision may change under one signer.
    pub fn blast_limit(&self, kind: Kind) -> usize {
        self.blast_limit.get(&kind).copied().unwrap_or(0)
    }
}

// --- reading ----------------------------------------------------------------------------------------------------------

fn read(envelope: &Envelope) -> Read<Trust> {
    if PayloadType::named(&envelope.payload_type) != Some(PayloadType::Trust) {
        return Err(Malformed::new("not a trust document").within("payloadType"));
    }
    trust(Value::Object(parse_json(&envelope.payload)?))
}

fn trust(value: Value<'_>) -> Read<Trust> {
    let mut members = Members::of(value)?;
    let trust = Trust {
        environment: members.take("environment", kept(is_name))?,
        log: members.take("log", kept(is_log_id))?,
        version: members.take("version", counted)?,
        issued_at: members.take("issued_at", natural)?,
        keys: members.take("keys", keys)?,
        roles: members.take("roles", roles)?,
        blast_limit: members.take("blast_limit", blast_limit)?,
    };
    members.done()?;
    for (role, held) in &trust.roles {
        if held.keys.iter().any(|keyid| !trust.keys.contains_key(keyid)) {
            return Err(Malformed::new("names a key that is not among the keys").within(role.as_str()).within("roles"));
        }
    }
    Ok(trust)
}

fn keys(value: Value<'_>) -> Read<BTreeMap<Digest, PublicKey>> {
    let keys = map_of(1, |name| Digest::from_hex(name).is_some(), key)(value)?;
    keys.iter()
        .map(|(keyid, key)| {
            let own_id = Digest::from_hex(keyid) == Some(key.keyid);
            let key = own_id.then(|| (key.keyid, key.clone()));
            key.ok_or_else(|| Malformed::new("not the SHA-256 of its spki").within(keyid))
        })
        .collect()
}

fn key(value: Value<'_>) -> Read<PublicKey> {
    let mut members = Members::of(value)?;
    let (alg, spki) = (members.take("alg", one_of(KeyAlgorithm::named))?, members.take("spki", exact_base64)?);
    members.done()?;
    let key = PublicKey::read(&spki).filter(|key| key.alg == alg);
    key.ok_or_else(|| Malformed::new("no key of this algorithm in its one encoding").within("spki"))
}

fn roles(value: Value<'_>) -> Read<BTreeMap<Role, RoleKeys>> {
    let mut members = Members::of(value)?;
    let mut roles = BTreeMap::from([
        (Role::Root, members.take(Role::Root.as_str(), role)?),
        (Role::Publish, members.take(Role::Publish.as_str(), role)?),
    ]);
    roles.extend(members.optional(Role::Narrow.as_str(), role)?.map(|narrow| (Role::Narrow, narrow)));
    members.done().map(|()| roles)
}

fn role(value: Value<'_>) -> Read<RoleKeys> {
    let mut members = Members::of(value)?;
    let keys = members.take("keys", list_of(1, hex_digest))?;
    let threshold = members.take("threshold", counted)?;
    members.done()?;
    check_ascending(keys.iter()).map_err(|error| error.within("keys"))?;
    match usize::try_from(threshold) {
        Ok(threshold) if threshold <= keys.len() => Ok(RoleKeys { keys, threshold }),
        _ => Err(Malformed::new("more than the role has keys").within("threshold")),
    }
}

fn blast_limit(value: Value<'_>) -> Read<BTreeMap<Kind, usize>> {
    let mut members = Members::of(value)?;
    let mut limits = BTreeMap::new();
    for kind in Kind::ALL {
        let limit = members.take(kind.as_str(), natural)?;
        limits.insert(*kind, usize::try_from(limit).unwrap_or(usize::MAX));
    }
    members.done().map(|()| limits)
}
