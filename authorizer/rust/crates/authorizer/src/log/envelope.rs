//! DSSE envelopes, strictly read: exact members, exact base64, bounded size and number of signatures.
//!
//! Two envelopes with one meaning are two chances to disagree about it, so there is one way to write anything here.
//! DSSE: <https://github.com/secure-systems-lab/dsse>, protocol version 1.

use crate::base64url::decode_standard;
use crate::digests::Digest;
use crate::shape::{Malformed, Members, Read, hex_digest, kept, list_of, string};
use crate::strict_json::{self, Value};

/// Bytes that an envelope may have.
pub const MAX_ENVELOPE: usize = 16 * 1024 * 1024;
/// Each signature costs a verification, also those of a stranger who can write to the topic.
pub const MAX_SIGNATURES: usize = 16;

/// `{`, `[` and `,` of an envelope with the most signatures; no string of an envelope can hold one of them.
const MOST_STRUCTURE: usize = (1 + MAX_SIGNATURES) + 1 + (2 + 2 * MAX_SIGNATURES - 1);

/// What an envelope carries. Nothing in it is verified yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The media type of the payload.
    pub payload_type: Box<str>,
    /// The payload's bytes.
    pub payload: Vec<u8>,
    /// At least one.
    pub signatures: Box<[Signature]>,
}

/// One signature; `keyid` is only a hint at the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// SHA-256 of a key's SPKI.
    pub keyid: Digest,
    /// Its bytes.
    pub sig: Vec<u8>,
}

impl Envelope {
    /// What its signatures are over.
    pub fn signed_bytes(&self) -> Vec<u8> {
        pae(&self.payload_type, &self.payload)
    }
}

/// DSSE's pre-authentication encoding: type and payload, each after its length, so none can pass for another.
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut encoded = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    encoded.extend_from_slice(payload);
    encoded
}

/// Reads an envelope of at most 16 MiB; says nothing about who signed it.
pub fn parse_envelope(data: &[u8]) -> Read<Envelope> {
    if data.len() > MAX_ENVELOPE {
        return Err(Malformed::new("an envelope larger than 16 MiB"));
    }
    if data.contains(&b'\n') {
        return Err(Malformed::new("an envelope that holds a line feed"));
    }
    // Before parsing: 16 MiB of `[],[],…`, which anybody can write, would become some hundred MiB of lists.
    // It bounds the number of signatures too.
    if data.iter().filter(|byte| matches!(byte, b'{' | b'[' | b',')).count() > MOST_STRUCTURE {
        return Err(Malformed::new("an envelope with more members than one with 16 signatures has"));
    }
    let mut members = Members::of(strict_json::parse(data)?)?;
    let envelope = Envelope {
        payload_type: members.take("payloadType", kept(is_payload_type))?,
        payload: members.take("payload", exact_base64)?,
        signatures: members.take("signatures", list_of(1, signature))?,
    };
    members.done().map(|()| envelope)
}

/// Standard base64 with its padding (RFC 4648 section 4) and no second spelling of the same bytes.
pub fn exact_base64(value: Value<'_>) -> Read<Vec<u8>> {
    decode_standard(&string(value)?).ok_or_else(|| Malformed::new("not the one spelling of bytes in base64"))
}

fn signature(value: Value<'_>) -> Read<Signature> {
    let mut members = Members::of(value)?;
    let signature = Signature { keyid: members.take("keyid", hex_digest)?, sig: members.take("sig", exact_base64)? };
    members.done().map(|()| signature)
}

fn is_payload_type(text: &str) -> bool {
    let allowed = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'/' | b'+' | b'-');
    (1..=127).contains(&text.len()) && text.bytes().all(allowed)
}
