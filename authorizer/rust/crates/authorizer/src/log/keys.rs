//! Verification keys of the log: Ed25519 (RFC 8032) and ECDSA on P-256 with SHA-256, signatures in DER.
//!
//! A key is known by the SHA-256 of its `SubjectPublicKeyInfo` (RFC 5280 section 4.1), and by one encoding only: a second
//! encoding would be a second id, and one key could then stand for two in a threshold.

use ring::signature::{ECDSA_P256_SHA256_ASN1, ED25519, UnparsedPublicKey};

use crate::digests::Digest;
use crate::log::p256::on_curve;
use crate::reasons::spelled;

spelled! {
    /// What a key of the log can be.
    KeyAlgorithm { Ed25519 = "ed25519", EcdsaP256 = "ecdsa-p256", }
}

/// The bytes before the key in the one encoding of each kind: 44 bytes in all (RFC 8410 section 4) …
const ED25519_SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// … and 91: the named curve, and an uncompressed point after its 4 (RFC 5480 section 2).
const P256_SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// One verification key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// What it is.
    pub alg: KeyAlgorithm,
    /// SHA-256 of its SPKI.
    pub keyid: Digest,
    point: Box<[u8]>,
}

impl PublicKey {
    /// Reads a DER `SubjectPublicKeyInfo`; none when it is no Ed25519 or P-256 key in its one encoding.
    pub fn read(spki: &[u8]) -> Option<Self> {
        let keyid = Digest::of(spki);
        if let Some(point) = spki.strip_prefix(&ED25519_SPKI) {
            return (point.len() == 32).then(|| PublicKey { alg: KeyAlgorithm::Ed25519, keyid, point: point.into() });
        }
        let point = spki.strip_prefix(&P256_SPKI)?;
        let (4, coordinates) = point.split_first().map(|(form, rest)| (*form, rest))? else {
            return None;
        };
        let (x, y) = coordinates.split_at_checked(32)?;
        let on_curve = on_curve(x.try_into().ok()?, y.try_into().ok()?);
        on_curve.then(|| PublicKey { alg: KeyAlgorithm::EcdsaP256, keyid, point: point.into() })
    }

    /// Whether `signature` over `message` is this key's.
    pub fn verifies(&self, signature: &[u8], message: &[u8]) -> bool {
        match self.alg {
            KeyAlgorithm::Ed25519 => UnparsedPublicKey::new(&ED25519, &self.point).verify(message, signature),
            KeyAlgorithm::EcdsaP256 => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.point).verify(message, signature)
            }
        }
        .is_ok()
    }
}
