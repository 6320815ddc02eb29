//! This build's Kafka source behind lines, for tests/integration/kafka: `GATEFLEET_LOG` and `GATEFLEET_KAFKA_*` say
//! which.
//!
//! `{"offset": 0, "timeout_ms": 5000}` → `records`, `next_offset`, `at_end`, `rewound`, or `error`, a sentence;
//! `{"close": true}` → `{}`. `SECRETS_PORT` on loopback stands for AWS Secrets Manager; `SECRETS_CA` signed its
//! certificate.

use std::error::Error;
use std::io::{BufRead, Write, stdin, stdout};

use authorizer::base64url::encode_standard;
use authorizer::log::transport::{LogUnavailable, RevisionSource};
use kafka::address::{Address, Endpoint, PemFile};
use kafka::{KafkaSource, SecretStore, connect_later};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let variable = |name: &str| std::env::var(name).ok();
    let address = Address::read(&variable("GATEFLEET_LOG").unwrap_or_default(), variable)?;
    let instead = variable("SECRETS_PORT").map(|port| {
        let ca = PemFile { variable: "SECRETS_CA".into(), path: variable("SECRETS_CA").unwrap_or_default() };
        port.parse().map(|port| (Endpoint { host: "127.0.0.1".into(), port }, ca))
    });
    let (mut source, _) = connect_later(&address, SecretStore { instead: instead.transpose()? })?;
    for line in stdin().lock().lines() {
        let asked: Value = serde_json::from_str(&line?)?;
        let number = |name| asked.get(name).and_then(Value::as_u64);
        let told = match number("offset") {
            Some(offset) => answer(&mut source, offset, number("timeout_ms").unwrap_or_default()),
            None => json!({}), // there is nothing to close: a connection is dropped once it slept
        };
        writeln!(stdout(), "{told}")?;
    }
    Ok(())
}

fn answer(source: &mut KafkaSource, offset: u64, timeout: u64) -> Value {
    match source.read(offset, timeout) {
        Err(LogUnavailable(why)) => json!({"error": why}),
        Ok(batch) => {
            let records = batch
                .records
                .iter()
                .map(|one| json!({"offset": one.offset, "value": encode_standard(&one.value), "headers": one.headers}));
            json!({"records": records.collect::<Vec<_>>(), "next_offset": batch.next_offset, "at_end": batch.at_end,
                   "rewound": batch.rewound})
        }
    }
}
