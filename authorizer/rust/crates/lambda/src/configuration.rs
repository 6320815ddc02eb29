//! What differs from function to function: environment variables, and the two files beside the code
//! (docs/reference/configuration.md, "Authorizers").

use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr};

use authorizer::entities::{Entity, Following};
use authorizer::heartbeat::heartbeat_topic;
use authorizer::log::follow::Millis;
use authorizer::log::opening::open_floor;
use authorizer::log::payloads::Floor;
use authorizer::log::transport::RevisionSource;
use authorizer::log::trust::Trust;
use kafka::address::Address;
use kafka::{KafkaWriter, SecretStore, connect_later};

use crate::file_source::FileSource;

const FLOOR: &str = "/opt/gatefleet/floor.json";
const TRUST: &str = "/opt/gatefleet/trust.json";
const INIT_BUDGET_MS: Millis = 300;
const READ_DEADLINE_MS: Millis = 150;

/// Everything an authorizer starts from.
pub struct Configuration {
    /// Who may sign.
    pub trust: Trust,
    /// What it falls back to.
    pub floor: Floor,
    /// None: the gateway serves from its floor alone.
    pub source: Option<Box<dyn RevisionSource>>,
    /// Where heartbeats go, if the log is on Kafka.
    pub heartbeats: Option<KafkaWriter>,
    /// For the read during init.
    pub init_budget: Millis,
    /// For a read while a request waits.
    pub read_deadline: Millis,
}

impl Configuration {
    /// Reads variables and files. What is wrong is said with the variable's name, and never quoted.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let envelope = |name: &str, otherwise: &str| {
            let path = variable(name).unwrap_or_else(|| otherwise.into());
            let mut data = fs::read(&path).map_err(|error| format!("{name}: {path} cannot be read: {error}"))?;
            if data.last() == Some(&b'\n') {
                data.pop(); // an envelope is a line; editors and tools end files with a line feed
            }
            Ok::<_, String>(data)
        };
        let trust = Trust::parse(&envelope("GATEFLEET_TRUST", TRUST)?)
            .map_err(|(reason, what)| format!("GATEFLEET_TRUST: {reason}: {what}"))?;
        let floor = open_floor(&envelope("GATEFLEET_FLOOR", FLOOR)?, &trust)
            .map_err(|refused| format!("GATEFLEET_FLOOR: {}: {}", refused.reason, refused.what))?;
        refuse_loopback(&floor)?;
        let key = format!("gateway/{}", floor.gateway);
        let floor_only = floor.entities.get(key.as_str()).is_some_and(
            |stated| matches!(&stated.entity, Entity::Gateway(gateway) if gateway.following == Following::FloorOnly),
        );
        let (source, heartbeats) = if floor_only { (None, None) } else { log_at(&variable, &floor)? };
        Ok(Configuration {
            source,
            heartbeats,
            init_budget: milliseconds("GATEFLEET_INIT_BUDGET_MS", &variable, INIT_BUDGET_MS)?,
            read_deadline: milliseconds("GATEFLEET_READ_DEADLINE_MS", &variable, READ_DEADLINE_MS)?,
            trust,
            floor,
        })
    }
}

/// Anybody on a machine can be an issuer there; only the environment `development` has such ones.
fn refuse_loopback(floor: &Floor) -> Result<(), String> {
    let mut entities = floor.entities.iter().filter(|_| *floor.environment != *"development");
    match entities.find(|(_, stated)| matches!(&stated.entity, Entity::Issuer(one) if is_loopback(&one.issuer))) {
        Some((key, _)) => Err(format!("GATEFLEET_FLOOR: {key} is on the loopback address, outside development")),
        None => Ok(()),
    }
}

/// RFC 6761 section 6.3, RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3.
fn is_loopback(url: &str) -> bool {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest).split(['/', '?', '#', '\\']).next();
    let host = authority.unwrap_or_default().rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
    if let Some((address, _)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return address.parse().is_ok_and(|address: Ipv6Addr| address.to_canonical().is_loopback());
    }
    let host = host.split(':').next().unwrap_or_default();
    let host = host.strip_suffix('.').unwrap_or(host);
    let named = host == "localhost" || host.ends_with(".localhost");
    named || host.parse().is_ok_and(|address: Ipv4Addr| address.is_loopback())
}

type Log = (Option<Box<dyn RevisionSource>>, Option<KafkaWriter>);

fn log_at(variable: &impl Fn(&str) -> Option<String>, floor: &Floor) -> Result<Log, String> {
    let address = variable("GATEFLEET_LOG").unwrap_or_default();
    if address.starts_with("kafka:") {
        let (source, writer) = connect_later(&Address::read(&address, variable)?, SecretStore::default())?;
        return Ok((Some(Box::new(source)), Some(writer(heartbeat_topic(&floor.environment, &floor.gateway)))));
    }
    match address.strip_prefix("file:").filter(|path| !path.is_empty()) {
        Some(path) => Ok((Some(Box::new(FileSource::new(path))), None)),
        None => Err("GATEFLEET_LOG: no address of a log; write file:PATH or kafka:HOST:PORT/TOPIC, or make the \
                     gateway floor_only"
            .into()),
    }
}

fn milliseconds(name: &str, variable: impl Fn(&str) -> Option<String>, otherwise: Millis) -> Result<Millis, String> {
    let Some(text) = variable(name) else {
        return Ok(otherwise);
    };
    let digits =
        (1..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    let parsed = if digits { text.parse().ok() } else { None };
    parsed.ok_or_else(|| format!("{name}: not 1 to 99999 milliseconds"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_has_many_spellings() {
        for url in [
            "http://localhost:8080/",
            "http://LOCALHOST",
            "https://a.localhost./x",
            "http://127.0.0.1",
            "http://127.9.9.9:1/",
            "http://[::1]:80/",
            "http://[0:0::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://user@localhost/",
            "localhost",
        ] {
            assert!(is_loopback(url), "{url}");
        }
        for url in [
            "https://login.example.com/",
            "https://localhost.example.com",
            "https://example.com/localhost",
            "https://a@b.example/",
            "https://128.0.0.1/",
            "https://[2001:db8::1]/",
            "urn:localhost:x",
            "",
        ] {
            assert!(!is_loopback(url), "{url}");
        }
    }
}
