//! Signs with the published test keys, which sign nothing else.

use std::fs;

use authorizer::base64url::{decode_standard, encode_standard, encode_url};
use authorizer::digests::Digest;
use authorizer::log::envelope::pae;
use ring::signature::{Ed25519KeyPair, KeyPair};

use crate::vectors::folder;

/// An Ed25519 key.
pub struct Signer {
    key: Ed25519KeyPair,
}

impl Signer {
    /// The test key of this name.
    pub fn named(name: &str) -> Self {
        let pem = fs::read_to_string(folder("testkeys").join(format!("{name}.pem"))).unwrap();
        let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        Signer { key: Ed25519KeyPair::from_pkcs8_maybe_unchecked(&decode_standard(&body).unwrap()).unwrap() }
    }

    /// A token with this header and these claims.
    pub fn token(&self, header: &[u8], claims: &[u8]) -> String {
        let input = format!("{}.{}", encode_url(header), encode_url(claims));
        let signature = encode_url(self.key.sign(input.as_bytes()).as_ref());
        format!("{input}.{signature}")
    }

    /// An envelope with this payload.
    pub fn envelope(&self, payload_type: &str, payload: &[u8]) -> Vec<u8> {
        let mut spki = vec![0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
        spki.extend_from_slice(self.key.public_key().as_ref());
        let sig = self.key.sign(&pae(payload_type, payload));
        format!(
            r#"{{"payload":"{}","payloadType":"{payload_type}","signatures":[{{"keyid":"{}","sig":"{}"}}]}}"#,
            encode_standard(payload),
            Digest::of(&spki),
            encode_standard(sig.as_ref())
        )
        .into_bytes()
    }
}
