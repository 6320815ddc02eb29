//! Digests and positions: what two parties compare to know that they hold the same policy.

use std::fmt;

use ring::digest::{Context, SHA256};

/// 32 bytes of SHA-256, written as lowercase hex.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

/// The parent of genesis: 64 zeros.
pub const GENESIS_PARENT: Digest = Digest([0; 32]);

impl Digest {
    /// SHA-256 of the bytes.
    pub fn of(data: &[u8]) -> Self {
        let mut whole = Hasher::new();
        whole.update(data);
        whole.finish()
    }

    /// Reads 64 lowercase hex digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != 32 || !rest.is_empty() {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = (hex_digit(*high)? << 4) | hex_digit(*low)?;
        }
        Some(Digest(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// SHA-256 over pieces.
pub struct Hasher(Context);

impl Hasher {
    /// Begins.
    pub fn new() -> Self {
        Hasher(Context::new(&SHA256))
    }

    /// Adds a piece.
    pub fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    /// The digest of all pieces.
    pub fn finish(self) -> Digest {
        let mut bytes = [0; 32];
        for (byte, made) in bytes.iter_mut().zip(self.0.finish().as_ref()) {
            *byte = *made;
        }
        Digest(bytes)
    }
}

impl Default for Hasher {
    fn default() -> Self {
        Hasher::new()
    }
}

/// SHA-256 over key ‖ 0x00 ‖ value digest of all entities, given in byte order of the (ASCII) keys.
///
/// Over every entity of an environment this is the state, over those of one gateway's view the view digest.
pub fn state_digest<'a>(entities: impl IntoIterator<Item = (&'a str, Digest)>) -> Digest {
    let mut whole = Hasher::new();
    for (key, value) in entities {
        whole.update(key.as_bytes());
        whole.update(&[0]);
        whole.update(&value.0);
    }
    whole.finish()
}

/// Where a follower stands on the chain: epoch, revision and the digest of that revision's payload bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Rises only by recovery; from 1.
    pub epoch: i64,
    /// Number within the log; genesis is 1.
    pub revision: i64,
    /// SHA-256 of the revision's payload.
    pub digest: Digest,
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.epoch, self.revision)
    }
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}
