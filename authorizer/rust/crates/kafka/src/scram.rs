//! SCRAM-SHA-256 and SCRAM-SHA-512 (RFC 5802, RFC 7677): both sides prove that they know the password. Pure.

use authorizer::base64url::{decode_standard, encode_standard};
use ring::{digest, hmac};

use crate::wire::bytes::Refused;

/// What Kafka itself takes at least, and a bound on the work that a server may ask for.
const ITERATIONS: std::ops::RangeInclusive<u32> = 4096..=1_000_000;
/// After so many iterations the deadline is looked at: well below a millisecond.
const STRETCH: u32 = 512;

/// Which hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// `SCRAM-SHA-256`
    Sha256,
    /// `SCRAM-SHA-512`
    Sha512,
}

impl Mechanism {
    /// By its registered name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Mechanism::Sha512, Mechanism::Sha256].into_iter().find(|one| one.name() == name)
    }

    /// As it is registered.
    pub fn name(self) -> &'static str {
        match self {
            Mechanism::Sha256 => "SCRAM-SHA-256",
            Mechanism::Sha512 => "SCRAM-SHA-512",
        }
    }

    fn hmac(self) -> hmac::Algorithm {
        match self {
            Mechanism::Sha256 => hmac::HMAC_SHA256,
            Mechanism::Sha512 => hmac::HMAC_SHA512,
        }
    }
}

/// What a server asks for: its nonce, salt and iterations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    nonce: String,
    /// With the password, makes the keys.
    pub salt: Vec<u8>,
    /// How often the password is hashed.
    pub iterations: u32,
    text: String,
}

/// What is kept of a password: enough to prove to know it, for one salt. Never shown.
#[derive(Clone)]
pub struct Keys {
    mechanism: Mechanism,
    client: hmac::Tag,
    server: hmac::Tag,
}

/// The last message, and what the server must answer.
pub struct Proof {
    /// client-final-message.
    pub client_final: String,
    server: hmac::Key,
    auth_message: String,
}

/// client-first-message. No channel is bound: Kafka offers no mechanism that could.
pub fn client_first(username: &str, nonce: &str) -> String {
    format!("n,,{}", client_first_bare(username, nonce))
}

impl Challenge {
    /// Reads the server-first-message that answers our nonce.
    pub fn read(message: &[u8], our_nonce: &str) -> Result<Self, Refused> {
        let text = str::from_utf8(message).map_err(|_| Refused("a challenge that is not UTF-8"))?;
        let mut attributes = text.split(',');
        let mut next = |name| attributes.next().and_then(|one| one.strip_prefix(name));
        let nonce = next("r=").ok_or(Refused("a challenge without a nonce"))?;
        // RFC 5802 section 7: printable.
        if nonce.strip_prefix(our_nonce).is_none_or(str::is_empty) || !nonce.bytes().all(|byte| byte.is_ascii_graphic())
        {
            return Err(Refused("a challenge to another nonce"));
        }
        let salt = next("s=").and_then(decode_standard).filter(|salt| !salt.is_empty());
        let iterations = next("i=").and_then(decimal).filter(|count| ITERATIONS.contains(count));
        Ok(Challenge {
            nonce: nonce.to_owned(),
            salt: salt.ok_or(Refused("a challenge without a salt"))?,
            iterations: iterations.ok_or(Refused("a challenge of too few or too many iterations"))?,
            text: text.to_owned(),
        })
    }
}

impl Keys {
    /// Hashes a password, which is meant to take long; none if `go_on` says no meanwhile.
    pub fn derive(
        mechanism: Mechanism,
        password: &str,
        challenge: &Challenge,
        go_on: impl Fn() -> bool,
    ) -> Option<Self> {
        // RFC 5802 section 2.2, Hi(): PBKDF2 of one block. Written out, because `ring`'s cannot be stopped.
        let key = hmac::Key::new(mechanism.hmac(), password.as_bytes());
        let mut last = hmac::sign(&key, &[&challenge.salt[..], &1_u32.to_be_bytes()].concat());
        let mut salted = last.as_ref().to_vec();
        for iteration in 1..challenge.iterations {
            if iteration % STRETCH == 0 && !go_on() {
                return None;
            }
            last = hmac::sign(&key, last.as_ref());
            salted.iter_mut().zip(last.as_ref()).for_each(|(to, from)| *to ^= from);
        }
        let salted = hmac::Key::new(mechanism.hmac(), &salted);
        Some(Keys { mechanism, client: hmac::sign(&salted, b"Client Key"), server: hmac::sign(&salted, b"Server Key") })
    }

    /// Answers the challenge.
    pub fn prove(&self, username: &str, our_nonce: &str, challenge: &Challenge) -> Proof {
        let without_proof = format!("c=biws,r={}", challenge.nonce); // biws: `n,,`
        let auth_message = format!("{},{},{without_proof}", client_first_bare(username, our_nonce), challenge.text);
        let algorithm = self.mechanism.hmac();
        let stored = digest::digest(algorithm.digest_algorithm(), self.client.as_ref());
        let signature = hmac::sign(&hmac::Key::new(algorithm, stored.as_ref()), auth_message.as_bytes());
        let proof: Vec<u8> = self.client.as_ref().iter().zip(signature.as_ref()).map(|(key, one)| key ^ one).collect();
        Proof {
            client_final: format!("{without_proof},p={}", encode_standard(&proof)),
            server: hmac::Key::new(algorithm, self.server.as_ref()),
            auth_message,
        }
    }
}

impl Proof {
    /// Verifies the server-final-message: whether the server knows the password too.
    pub fn verify(&self, message: &[u8]) -> Result<(), Refused> {
        let refused = Refused("the broker does not prove that it knows the password");
        let text = str::from_utf8(message).map_err(|_| refused)?;
        let signature = text.split(',').next().and_then(|first| first.strip_prefix("v=")).and_then(decode_standard);
        hmac::verify(&self.server, self.auth_message.as_bytes(), &signature.ok_or(refused)?).map_err(|_| refused)
    }
}

fn client_first_bare(username: &str, nonce: &str) -> String {
    format!("n={},r={nonce}", username.replace('=', "=3D").replace(',', "=2C"))
}

fn decimal(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    if digits { text.parse().ok() } else { None }
}
