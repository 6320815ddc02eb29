//! Proves to a broker who we are, and remembers what is dear to make: TLS sessions, and keys made of the password.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use authorizer::base64url::encode_standard;
use ring::rand::{SecureRandom, SystemRandom};
use rustls::ClientConfig;

use crate::address::{Address, Sasl, Whose};
use crate::aws::{User, msk_iam_message};
use crate::connection::Connection;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::names::Names;
use crate::scram::{Challenge, Keys, Mechanism, client_first};
use crate::secrets::{SecretStore, utc_seconds};
use crate::tls::tls_of;
use crate::wire::requests::{sasl_authenticate, sasl_handshake};
use crate::wire::responses::{Authenticated, read_sasl_authenticate, read_sasl_handshake};

/// Keys of so many salts are kept.
const KEYS: usize = 2;

/// Who we are, for every connection to one cluster; shared by readers and writers.
#[derive(Clone)]
pub struct Login {
    tls: Option<Arc<ClientConfig>>,
    sasl: Option<Sasl>,
    secrets: SecretStore,
    remembered: Arc<Mutex<Remembered>>,
}

#[derive(Default)]
struct Remembered {
    /// From the secret.
    user: Option<User>,
    /// The newest last.
    keys: Vec<(Vec<u8>, u32, Keys)>,
}

impl Login {
    /// Reads the files that the address names; roots only if TLS is spoken.
    pub fn new(address: &Address, secrets: SecretStore) -> Result<Self, String> {
        let tls = address.tls.as_ref().map(tls_of).transpose()?;
        Ok(Login { tls, sasl: address.sasl.clone(), secrets, remembered: Arc::default() })
    }

    /// How TLS is spoken, if it is.
    pub fn tls(&self) -> Option<&Arc<ClientConfig>> {
        self.tls.as_ref()
    }

    /// Forgets a user who came from a secret, and whatever was made of the password.
    pub fn forget_user(&self) {
        *self.lock() = Remembered::default();
    }

    /// Proves who we are on a new connection. Returns for how many ms that counts; 0: for ever.
    pub fn authenticate(&self, to: &mut Connection, names: &mut Names, until: Deadline) -> Result<u64, Failure> {
        match &self.sasl {
            None => Ok(0),
            Some(Sasl::MskIam(credentials, region)) => {
                to.ask_briefly(&sasl_handshake("AWS_MSK_IAM"), read_sasl_handshake)?;
                let message = msk_iam_message(&to.broker.host, region, credentials, utc_seconds());
                Ok(say(to, message.as_bytes())?.session_lifetime)
            }
            Some(Sasl::Scram(mechanism, whose)) => {
                let user = self.user(whose, names, until)?;
                self.scram(*mechanism, &user, to, until)
            }
        }
    }

    fn scram(&self, mechanism: Mechanism, user: &User, to: &mut Connection, until: Deadline) -> Result<u64, Failure> {
        to.ask_briefly(&sasl_handshake(mechanism.name()), read_sasl_handshake)?;
        let nonce = nonce().map_err(|error| Failure::attempt(&to.broker, &error))?;
        let answer = say(to, client_first(&user.name, &nonce).as_bytes())?;
        let refused = |why: &'static str| Failure::attempt(&to.broker, &why);
        let challenge = Challenge::read(&answer.data, &nonce).map_err(|why| refused(why.0))?;
        let keys = self.keys(mechanism, user, &challenge, until);
        let proof = keys.ok_or_else(|| refused("the password was not hashed in time"))?;
        let proof = proof.prove(&user.name, &nonce, &challenge);
        let last = say(to, proof.client_final.as_bytes())?;
        proof.verify(&last.data).map_err(|why| Failure::attempt(&to.broker, &why.0))?;
        Ok(last.session_lifetime)
    }

    fn keys(&self, mechanism: Mechanism, user: &User, challenge: &Challenge, until: Deadline) -> Option<Keys> {
        let same = |(salt, iterations, _): &&(Vec<u8>, u32, Keys)| {
            *salt == challenge.salt && *iterations == challenge.iterations
        };
        if let Some((.., keys)) = self.lock().keys.iter().find(same) {
            return Some(keys.clone());
        }
        let keys = Keys::derive(mechanism, &user.password, challenge, || !until.passed())?;
        let mut remembered = self.lock();
        remembered.keys.push((challenge.salt.clone(), challenge.iterations, keys.clone()));
        if remembered.keys.len() > KEYS {
            remembered.keys.remove(0);
        }
        Some(keys)
    }

    fn user(&self, whose: &Whose, names: &mut Names, until: Deadline) -> Result<User, Failure> {
        let (arn, credentials) = match whose {
            Whose::User(user) => return Ok(user.clone()),
            Whose::Secret(arn, credentials) => (arn, credentials),
        };
        if let Some(user) = self.lock().user.clone() {
            return Ok(user);
        }
        let user = self
            .secrets
            .fetch_user(arn, credentials, names, until)
            .map_err(|what| Failure::Final(format!("GATEFLEET_KAFKA_SECRET: {what}")))?;
        self.lock().user = Some(user.clone());
        Ok(user)
    }

    /// Nothing that takes long is done under this lock.
    fn lock(&self) -> MutexGuard<'_, Remembered> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn say(to: &mut Connection, message: &[u8]) -> Result<Authenticated, Failure> {
    to.ask_briefly(&sasl_authenticate(message), read_sasl_authenticate)
}

fn nonce() -> io::Result<String> {
    let mut bytes = [0; 24];
    SystemRandom::new().fill(&mut bytes).map_err(|_| io::Error::other("no randomness"))?;
    Ok(encode_standard(&bytes))
}
