//! The signature primitive and nothing else: key, message and signature are ready, in the form that the build holds.

use authorizer::base64url::decode_url;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaParameters,
    RsaPublicKeyComponents, UnparsedPublicKey,
};

use crate::workload::Token;

enum Key {
    Rsa(&'static RsaParameters, Vec<u8>),
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
}

/// Checks the signatures of tokens, one after the other, again and again.
pub fn check<'w>(alg: &str, jwk: &[(String, String)], tokens: &[Token]) -> Box<dyn FnMut(usize) + 'w> {
    let member = |name: &str| {
        jwk.iter().find(|(one, _)| one == name).and_then(|(_, text)| decode_url(text)).expect("a member of the key")
    };
    let key = match alg {
        "RS256" => Key::Rsa(&RSA_PKCS1_2048_8192_SHA256, member("n")),
        "PS256" => Key::Rsa(&RSA_PSS_2048_8192_SHA256, member("n")),
        "ES256" => Key::P256([vec![4], member("x"), member("y")].concat()),
        _ => Key::Ed25519(member("x")),
    };
    let checks: Vec<(Vec<u8>, Vec<u8>)> = tokens
        .iter()
        .map(|token| (token.signing_input.clone().into_bytes(), decode_url(&token.signature).expect("base64url")))
        .collect();
    Box::new(move |again| {
        let (message, signature) = &checks[again % checks.len()];
        let good = match &key {
            Key::Rsa(scheme, n) => {
                RsaPublicKeyComponents { n: n.as_slice(), e: &[1, 0, 1][..] }.verify(scheme, message, signature)
            }
            Key::P256(point) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature),
            Key::Ed25519(point) => UnparsedPublicKey::new(&ED25519, point).verify(message, signature),
        };
        assert!(good.is_ok());
    })
}
