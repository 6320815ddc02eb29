//! A policy log in memory, signed by one fixed key: what the tests of following need.

use std::collections::BTreeMap;

use ring::signature::{Ed25519KeyPair, KeyPair};

use super::envelope::pae;
use super::opening::open_floor;
use super::payloads::{Floor, PayloadType};
use super::transport::{Batch, LogUnavailable, Record, RevisionSource};
use super::trust::Trust;
use crate::base64url::encode_standard;
use crate::digests::{Digest, GENESIS_PARENT, state_digest};
use crate::json_text::write_text;

/// `"any_client"` or a scope.
pub fn gateway(demands: &[&str]) -> String {
    let routes: Vec<String> = demands
        .iter()
        .map(|demand| match *demand {
            "any_client" => r#""GET /any":{"any_client":true,"credentials":["jwt"]}"#.to_owned(),
            scope => format!(r#""GET /{scope}":{{"any_of":[["{scope}"]],"credentials":["jwt"]}}"#),
        })
        .collect();
    format!(
        r#"{{"api":"http","audience":["a"],"policy":"follow","max_staleness":2,"deny_after":60,"result_ttl":0,"routes":{{{}}}}}"#,
        routes.join(",")
    )
}

pub const SCOPE: &str = r#"{"state":"active","when_stale":"check"}"#;

/// A client with these grants.
pub fn client(scopes: &[&str]) -> String {
    let grants: Vec<String> = scopes.iter().map(|scope| format!(r#""{scope}":{{}}"#)).collect();
    format!(r#"{{"state":"active","scopes":{{{}}}}}"#, grants.join(","))
}

/// A change of the publisher: key and new value, none for a removal.
pub type Change<'c> = (&'c str, Option<String>);

/// A log, with what its publisher knows of it.
pub struct TestLog {
    key: Ed25519KeyPair,
    pub records: Vec<Record>,
    pub state: BTreeMap<String, String>,
    head: Digest,
    revision: i64,
    /// Whether it can be read.
    pub down: bool,
    /// Records that one read gives at most.
    pub batch: usize,
    /// Where the records are no more.
    pub begins_at: usize,
    /// From where it was read.
    pub asked: Vec<u64>,
    /// The offsets of the records that were read.
    pub given: Vec<u64>,
}

impl TestLog {
    pub fn new() -> Self {
        TestLog {
            key: Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap(),
            records: Vec::new(),
            state: BTreeMap::new(),
            head: GENESIS_PARENT,
            revision: 0,
            down: false,
            batch: 100,
            begins_at: 0,
            asked: Vec::new(),
            given: Vec::new(),
        }
    }

    fn spki(&self) -> Vec<u8> {
        let mut spki = vec![0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
        spki.extend_from_slice(self.key.public_key().as_ref());
        spki
    }

    pub fn seal(&self, kind: PayloadType, payload: &str) -> Vec<u8> {
        let sig = self.key.sign(&pae(kind.as_str(), payload.as_bytes()));
        format!(
            r#"{{"payload":"{}","payloadType":"{kind}","signatures":[{{"keyid":"{}","sig":"{}"}}]}}"#,
            encode_standard(payload.as_bytes()),
            Digest::of(&self.spki()),
            encode_standard(sig.as_ref())
        )
        .into_bytes()
    }

    pub fn trust(&self) -> Trust {
        let spki = self.spki();
        let (id, role) = (Digest::of(&spki), format!(r#"{{"keys":["{}"],"threshold":1}}"#, Digest::of(&spki)));
        let document = format!(
            r#"{{"environment":"production","log":"5b0f7a52-prod","version":1,"issued_at":0,"keys":{{"{id}":{{"alg":"ed25519","spki":"{}"}}}},"roles":{{"root":{role},"publish":{role}}},"blast_limit":{{"issuer":9,"scope":9,"client":9,"gateway":9}}}}"#,
            encode_standard(&spki)
        );
        Trust::parse(&self.seal(PayloadType::Trust, &document)).unwrap()
    }

    pub fn append(&mut self, value: Vec<u8>, headers: BTreeMap<String, String>) {
        let offset = self.records.len() as u64;
        self.records.push(Record { offset, value, headers });
    }

    /// The envelope of the next revision; it moves the publisher's head.
    pub fn revision(&mut self, requires: &str, changes: &[Change<'_>]) -> Vec<u8> {
        let mut written = Vec::new();
        for (key, value) in changes {
            if let Some(value) = value {
                self.state.insert((*key).to_owned(), value.clone());
                written.push(format!(r#"{{"key":"{key}","value":{}}}"#, quoted(value)));
            } else {
                self.state.remove(*key);
                written.push(format!(r#"{{"key":"{key}","removed":true}}"#));
            }
        }
        self.revision += 1;
        let payload = format!(
            r#"{{{},"parent":"{}","commit":"{}","requires":[{requires}],"changes":[{}],"state":"{GENESIS_PARENT}","widens":0,"narrows":0}}"#,
            identity(self.revision),
            self.head,
            "0".repeat(40),
            written.join(",")
        );
        self.head = Digest::of(payload.as_bytes());
        self.seal(PayloadType::Revision, &payload)
    }

    pub fn publish(&mut self, changes: &[Change<'_>]) {
        let envelope = self.revision("", changes);
        self.append(envelope, BTreeMap::new());
    }

    pub fn publish_snapshot(&mut self) {
        let payload = format!(
            r#"{{{},"payload":"{}","commit":"{}","requires":[],"state":"{GENESIS_PARENT}","entities":{}}}"#,
            identity(self.revision),
            self.head,
            "0".repeat(40),
            entities(self.state.iter())
        );
        let envelope = self.seal(PayloadType::Snapshot, &payload);
        self.append(envelope, BTreeMap::new());
    }

    /// A floor at the head with these of the keys.
    pub fn floor(&self, keys: &[&str]) -> Floor {
        let held: Vec<_> = self.state.iter().filter(|(key, _)| keys.contains(&key.as_str())).collect();
        let view = state_digest(held.iter().map(|(key, value)| (key.as_str(), Digest::of(value.as_bytes()))));
        let payload = format!(
            r#"{{{},"payload":"{}","commit":"{}","requires":[],"trust":1,"gateway":"orders/orders","view":"{view}","entities":{}}}"#,
            identity(self.revision),
            self.head,
            "0".repeat(40),
            entities(held.into_iter())
        );
        open_floor(&self.seal(PayloadType::Floor, &payload), &self.trust()).unwrap()
    }
}

impl RevisionSource for TestLog {
    fn read(&mut self, offset: u64, _timeout: u64) -> Result<Batch, LogUnavailable> {
        if self.down {
            return Err(LogUnavailable("down".into()));
        }
        self.asked.push(offset);
        let asked = usize::try_from(offset).unwrap();
        let rewound = asked > self.records.len() || (asked < self.begins_at);
        let from = if rewound { self.begins_at } else { asked };
        let to = self.records.len().min(from + self.batch);
        let records = self.records[from..to].to_vec();
        self.given.extend(records.iter().map(|record| record.offset));
        Ok(Batch { records, next_offset: to as u64, at_end: to == self.records.len(), rewound })
    }
}

fn identity(revision: i64) -> String {
    format!(r#""environment":"production","log":"5b0f7a52-prod","epoch":1,"revision":{revision},"issued_at":0"#)
}

fn entities<'e>(all: impl Iterator<Item = (&'e String, &'e String)>) -> String {
    let items: Vec<String> =
        all.map(|(key, value)| format!(r#"{{"key":"{key}","value":{}}}"#, quoted(value))).collect();
    format!("[{}]", items.join(","))
}

fn quoted(value: &str) -> String {
    let mut text = String::new();
    write_text(&mut text, value);
    text
}
