//! Signature verification under an issuer's key: exact lengths and ranges here, the primitive from `ring`.
//!
//! Step 12 of docs/reference/decision.md. A key that the contract does not call usable verifies nothing.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaParameters,
    RsaPublicKeyComponents, UnparsedPublicKey,
};

use crate::base64url::decode_url;
use crate::digests::{Digest, Hasher};
use crate::entities::{Algorithm, IssuerKey, Jwk};

const EXPONENT: [u8; 3] = [1, 0, 1];

/// A key as it verifies, made once a view.
#[derive(Clone, Debug)]
pub struct PreparedKey {
    material: Material,
    /// SHA-256 over algorithm and key: what "this exact key" means.
    id: Digest,
}

#[derive(Clone, Debug)]
enum Material {
    Rsa(&'static RsaParameters, Vec<u8>),
    P256([u8; 65]),
    Ed25519([u8; 32]),
    Unusable,
}

impl PreparedKey {
    /// Prepares a key of the policy.
    pub fn new(key: &IssuerKey) -> Self {
        let material = match (&key.jwk, key.alg) {
            (Jwk::Rsa { n, e }, Algorithm::Rs256) => rsa(&RSA_PKCS1_2048_8192_SHA256, n, e),
            (Jwk::Rsa { n, e }, Algorithm::Ps256) => rsa(&RSA_PSS_2048_8192_SHA256, n, e),
            (Jwk::Ec { x, y }, Algorithm::Es256) => p256(x, y),
            (Jwk::Okp { x }, Algorithm::EdDsa) => ed25519(x),
            _ => None,
        };
        let material = material.unwrap_or(Material::Unusable);
        let mut id = Hasher::new();
        id.update(key.alg.as_str().as_bytes());
        id.update(&[0]);
        id.update(material.bytes());
        PreparedKey { material, id: id.finish() }
    }

    /// Whether `signature` over `message` is good under this key; never when the key is unusable.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            // `ring` asks for as many bytes as the modulus has, and for a salt as long as the digest (RFC 7518, 3.5).
            Material::Rsa(scheme, n) => {
                RsaPublicKeyComponents { n: n.as_slice(), e: &EXPONENT[..] }.verify(scheme, message, signature).is_ok()
            }
            // It asks for 64 bytes and for r and s from 1 to n − 1.
            Material::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
            }
            // It asks for 64 bytes and for S below the group order.
            Material::Ed25519(point) => UnparsedPublicKey::new(&ED25519, point).verify(message, signature).is_ok(),
            Material::Unusable => false,
        }
    }
}

impl Material {
    fn bytes(&self) -> &[u8] {
        match self {
            Material::Rsa(_, n) => n,
            Material::P256(point) => point,
            Material::Ed25519(point) => point,
            Material::Unusable => &[],
        }
    }
}

fn rsa(scheme: &'static RsaParameters, n: &str, e: &str) -> Option<Material> {
    let modulus = decode_url(n)?;
    let (first, last) = (*modulus.first()?, *modulus.last()?);
    let bits = modulus.len() * 8 - first.leading_zeros() as usize;
    let usable = first != 0 && last % 2 == 1 && (2048..=4096).contains(&bits) && decode_url(e)? == EXPONENT;
    usable.then_some(Material::Rsa(scheme, modulus))
}

fn p256(x: &str, y: &str) -> Option<Material> {
    let (x, y): ([u8; 32], [u8; 32]) = (decode_url(x)?.try_into().ok()?, decode_url(y)?.try_into().ok()?);
    let mut point = [4; 65]; // SEC 1 section 2.3.3: uncompressed
    for (byte, coordinate) in point.iter_mut().skip(1).zip(x.iter().chain(&y)) {
        *byte = *coordinate;
    }
    Some(Material::P256(point)) // one off the curve verifies nothing in `ring`
}

fn ed25519(x: &str) -> Option<Material> {
    let point: [u8; 32] = decode_url(x)?.try_into().ok()?;
    let mut y = point;
    if let Some(last) = y.last_mut() {
        *last &= 0x7F;
    }
    (below_field(&y) && !SMALL_ORDER_Y.contains(&y)).then_some(Material::Ed25519(point))
}

/// Whether y, little-endian and below 2^255, is below 2^255 − 19.
fn below_field(y: &[u8; 32]) -> bool {
    let [first, middle @ .., last] = y;
    *first < 0xED || *last < 0x7F || middle.iter().any(|&byte| byte != 0xFF)
}

// RFC 8032 gives no rule for points of small order; under such a "key" anybody can sign.
const SMALL_ORDER_Y: [[u8; 32]; 5] = [
    [0; 32],
    [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    [
        0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
    ],
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf,
        0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20,
        0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
];

/// Remembers that exact tokens verified under exact keys, and nothing else: every other step runs each time.
///
/// Bounded: two generations of at most `MOST` tokens each; what is asked for again moves to the younger one.
#[derive(Debug, Default)]
pub struct Verified {
    young: HashTable<Remembered>,
    old: HashTable<Remembered>,
    hasher: DefaultHashBuilder,
}

/// A token's text, and the id of the key under which its signature is good.
#[derive(Debug)]
struct Remembered(Box<str>, Digest);

const MOST: usize = 512;

impl Verified {
    /// Whether the signature of this token is good under this key; `verify` is asked unless it is remembered.
    pub fn ask(&mut self, token: &str, key: &PreparedKey, verify: impl FnOnce() -> bool) -> bool {
        let hash = self.hasher.hash_one(token);
        let same = |one: &Remembered| one.1 == key.id && *one.0 == *token;
        if self.young.find(hash, same).is_some() {
            return true;
        }
        let good = self.old.find(hash, same).is_some() || verify();
        if good {
            if self.young.len() >= MOST {
                self.old = std::mem::take(&mut self.young);
            }
            let hasher = &self.hasher;
            self.young.insert_unique(hash, Remembered(token.into(), key.id), |one| hasher.hash_one(&one.0));
        }
        good
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base64url::encode_url;

    fn key(x: &str) -> PreparedKey {
        PreparedKey::new(&IssuerKey {
            alg: Algorithm::EdDsa,
            jwk: Jwk::Okp { x: x.into() },
            state: crate::entities::KeyState::Active,
            not_after: None,
        })
    }

    const ONE: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    const OTHER: &str = "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw";

    #[test]
    fn a_point_whose_y_is_not_reduced_is_no_key() {
        let ed25519_of = |first, middle, last| {
            let mut point = [middle; 32];
            (point[0], point[31]) = (first, last);
            ed25519(&encode_url(&point)).is_some()
        };
        for last in [0x7F, 0xFF] {
            assert!(!ed25519_of(0xED, 0xFF, last) && !ed25519_of(0xEE, 0xFF, last) && !ed25519_of(0xFF, 0xFF, last));
            assert!(ed25519_of(0xEB, 0xFF, last) && ed25519_of(0xFF, 0xFE, last) && ed25519_of(0xFF, 0xFF, last - 1));
        }
    }

    #[test]
    fn a_token_is_remembered_under_its_key_and_under_no_other() {
        let mut verified = Verified::default();
        assert!(verified.ask("token", &key(ONE), || true));
        assert!(verified.ask("token", &key(ONE), || panic!("asked again")));
        assert!(!verified.ask("token", &key(OTHER), || false));
        assert!(!verified.ask("token ", &key(ONE), || false));
    }

    #[test]
    fn a_bad_signature_is_not_remembered() {
        let mut verified = Verified::default();
        assert!(!verified.ask("token", &key(ONE), || false));
        assert!(verified.ask("token", &key(ONE), || true));
    }

    #[test]
    fn what_is_remembered_is_bounded_and_what_is_used_stays() {
        let mut verified = Verified::default();
        for number in 0..10 * MOST {
            assert!(verified.ask("kept", &key(ONE), || number == 0));
            verified.ask(&number.to_string(), &key(ONE), || true);
            assert!(verified.young.len() + verified.old.len() <= 2 * MOST);
        }
    }
}
