//! The chain family: records in order, each with its outcome, and where they leave a follower.

use std::collections::{BTreeMap, HashMap};

use authorizer::log::chain::{ChainState, Verdict, adopt_base, judge};
use authorizer::log::opening::open_floor;
use authorizer::log::parts::{Parts, Taken};
use authorizer::log::transport::Record;
use authorizer::log::trust::Trust;
use serde_json::json;

use crate::decisions::position;
use crate::{Answer, Failure, Given, bytes_of};

/// Trust documents by name.
pub type Trusts = HashMap<String, Trust>;

/// Reads the trust documents of fixtures.
pub fn trusts(fixtures: &Given) -> Result<Trusts, Failure> {
    let documents: HashMap<String, String> = fixtures.read("trusts")?;
    let read = |(name, document): (String, String)| {
        let trust = Trust::parse(&bytes_of(&document)?).map_err(|(reason, error)| format!("{reason}: {error}"))?;
        Ok((name, trust))
    };
    documents.into_iter().map(read).collect()
}

/// Answers one case.
pub fn answer(given: &Given, trusts: &Trusts) -> Answer {
    if given.0.contains_key("document") {
        let outcome = Trust::parse(&given.bytes("document")?);
        return Ok(json!({ "outcome": outcome.map_or_else(|(reason, _)| reason.as_str(), |_| "accepted") }));
    }
    let trust = trusts.get(&given.text("trust")?).ok_or("no such trust in the fixtures")?;
    let held = given.0.get("held").filter(|held| held.get() != "null");
    let mut state = match held {
        Some(held) => ChainState::at(position(&Given::of(held)?)?),
        None => ChainState::default(),
    };
    let mut parts = Parts::default();
    let mut outcomes = Vec::new();
    let records: Vec<Box<serde_json::value::RawValue>> = given.read("records")?;
    for (offset, one) in (0..).zip(&records) {
        let one = Given::of(one)?;
        let value = value_of(&one)?;
        let usage = if one.0.contains_key("use") { one.read("use")? } else { None::<String> };
        outcomes.push(match usage.as_deref() {
            Some("floor") => match open_floor(&value, trust) {
                Ok(floor) => {
                    state = ChainState::at(floor.position);
                    "accepted"
                }
                Err(refused) => refused.reason.as_str(),
            },
            Some(_) => {
                let verdict = adopt_base(state.position, &value, trust);
                state = state.after(&verdict);
                said(&verdict)
            }
            None => {
                let headers = if one.0.contains_key("headers") { one.read("headers")? } else { BTreeMap::default() };
                match parts.take(&Record { offset, value, headers }) {
                    Taken::Pending => "pending",
                    Taken::Refused(refused) => {
                        state = state.after_refusal(&refused);
                        refused.reason.as_str()
                    }
                    Taken::Whole(envelope) => {
                        let verdict = judge(state.position, &envelope, trust);
                        state = state.after(&verdict);
                        said(&verdict)
                    }
                }
            }
        });
    }
    Ok(json!({
        "outcomes": outcomes,
        "position": state.position.map(|held| {
            json!({ "epoch": held.epoch, "revision": held.revision, "digest": held.digest.to_string() })
        }),
        "refused_through": state.refused_through.map(|(epoch, revision)| json!({ "epoch": epoch, "revision": revision })),
    }))
}

fn said(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Accepted(..) => "accepted",
        Verdict::Ignored(_) => "ignored",
        Verdict::Refused(refused) => refused.reason.as_str(),
    }
}

/// The bytes of a record: written out, or made of repeated pieces.
fn value_of(one: &Given) -> Result<Vec<u8>, Failure> {
    if one.0.contains_key("value") {
        return one.bytes("value");
    }
    let mut value = Vec::new();
    for piece in one.read::<Vec<Box<serde_json::value::RawValue>>>("pieces")? {
        let piece = Given::of(&piece)?;
        value.extend(piece.bytes("base64")?.repeat(piece.read("times")?));
    }
    Ok(value)
}
