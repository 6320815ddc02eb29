//! The family heartbeat: what one instance notes, and what it says when it is asked.

use std::collections::BTreeMap;

use authorizer::digests::Digest;
use authorizer::heartbeat::{Identity, Pulse, Standing};
use authorizer::outcome::{Deny, Freshness, FreshnessState, Step};
use authorizer::reasons::{Reason, RefusalReason};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::decisions::position;
use crate::{Answer, Failure, Given};

/// Answers a case of `heartbeat`.
pub fn answer(given: &Given) -> Answer {
    let mut pulse = Pulse::new(identity(&given.inner("identity")?)?, given.read("started")?);
    let mut heartbeats = Vec::new();
    for event in given.read::<Vec<Box<RawValue>>>("events")? {
        let event = Given::of(&event)?;
        if event.0.contains_key("ask") {
            heartbeats.push(ask(&mut pulse, &event.inner("ask")?)?);
        } else if event.0.contains_key("delivery") {
            pulse.delivered(event.text("delivery")? == "sent");
        } else if event.0.contains_key("read") {
            let refused: BTreeMap<String, u64> = event.read("refused")?;
            let refused = refused.into_iter().map(|(name, count)| {
                RefusalReason::named(&name).map(|reason| (reason, count)).ok_or("no reason of a refusal")
            });
            pulse.read(event.text("read")? == "succeeded", &refused.collect::<Result<_, _>>()?);
        } else {
            decision(&mut pulse, &event.inner("decision")?)?;
        }
    }
    Ok(json!({ "heartbeats": heartbeats }))
}

fn identity(given: &Given) -> Result<Identity, Failure> {
    let floor = given.inner("floor")?;
    Ok(Identity {
        environment: given.text("environment")?,
        gateway: given.text("gateway")?,
        instance: given.text("instance")?,
        variant: given.text("variant")?,
        version: given.text("version")?,
        floor: (floor.read("epoch")?, floor.read("revision")?),
        floor_issued_at: floor.read("issued_at")?,
    })
}

fn decision(pulse: &mut Pulse, given: &Given) -> Result<(), Failure> {
    let denied = match given.text("effect")?.as_str() {
        "allow" => None,
        // At which step is not told in a heartbeat.
        _ => Some(Deny(Step::Event, Reason::named(&given.text("reason")?).ok_or("no reason")?)),
    };
    let freshness = FreshnessState::named(&given.text("freshness")?).ok_or("no state of freshness")?;
    let path = if given.0.contains_key("path") { Some(given.text("path")? == "fits") } else { None };
    pulse.decided(denied, freshness, path);
    Ok(())
}

fn ask(pulse: &mut Pulse, given: &Given) -> Answer {
    let freshness = given.inner("freshness")?;
    let standing = Standing {
        position: position(&given.inner("position")?)?,
        view: Digest::from_hex(&given.text("view")?).ok_or("no digest")?,
        freshness: Freshness {
            state: FreshnessState::named(&freshness.text("state")?).ok_or("no state of freshness")?,
            age: if freshness.0.contains_key("age") { freshness.read("age")? } else { None },
            read_failed: freshness.read("read_failed")?,
        },
        follows: given.read("follows")?,
    };
    Ok(match pulse.beat(&standing, given.read("now")?) {
        None => Value::Null,
        Some(made) => json!({ "topic": made.topic, "key": made.key, "timestamp": made.timestamp, "value": made.value,
                              "metrics": made.metrics }),
    })
}
