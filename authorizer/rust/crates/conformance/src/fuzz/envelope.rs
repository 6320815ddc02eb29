//! Target `envelope`: records of a log, with the state that they leave a follower in.

use std::collections::{BTreeMap, HashSet};

use authorizer::digests::{Digest, GENESIS_PARENT, Position};
use authorizer::log::chain::{ChainState, Verdict, adopt_base, judge};
use authorizer::log::envelope::{MAX_SIGNATURES, parse_envelope};
use authorizer::log::opening::{Body, open_floor};
use authorizer::log::parts::{Parts, Taken};
use authorizer::log::transport::Record;
use authorizer::log::trust::Trust;
use authorizer::strict_json;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::TestCaseResult;

use super::change::{changed, changes};
use super::signer::Signer;
use super::{fuzz, holds, is_json};
use crate::chain::{Trusts, trusts};
use crate::vectors::{fixtures, vectors};
use crate::{Given, decisions};

/// A record that a vector gives whole, where it meets a follower.
pub struct Seed {
    pub trust: String,
    pub held: Option<Position>,
    pub envelope: Vec<u8>,
}

#[test]
fn no_record_but_a_signed_one_moves_a_follower() {
    let (trusts, seeds) = (trusts_of_vectors(), seeds());
    let texts: Vec<Vec<u8>> = seeds.iter().map(|seed| seed.envelope.clone()).collect();
    let signed: HashSet<Vec<u8>> = seeds.iter().filter_map(payload).map(|(_, payload)| payload).collect();
    fuzz("envelope", &(any::<Index>(), changes(4)), |(which, changes)| {
        let seed = which.get(&seeds);
        let envelope = changed(&seed.envelope, &changes, &texts);
        if let Ok(read) = parse_envelope(&envelope) {
            holds((1..=MAX_SIGNATURES).contains(&read.signatures.len()), "more signatures than an envelope may have")?;
            holds(is_json(&envelope), "read what is no JSON")?;
        }
        let trust = &trusts[&seed.trust];
        for verdict in [judge(seed.held, &envelope, trust), adopt_base(seed.held, &envelope, trust)] {
            follows(seed.held, &verdict)?;
            let unsigned = payload_of(&envelope).is_none_or(|payload| !signed.contains(&payload));
            let counted = !matches!(&verdict, Verdict::Refused(refused) if !refused.concerns);
            holds(!(unsigned && counted), "counted what nobody signed")?;
        }
        Ok(())
    });
}

#[test]
fn bytes_of_any_kind_are_refused() {
    let trust = &trusts_of_vectors()["one-signer"];
    fuzz("bytes", &vec(any::<u8>(), 0..200), |data| {
        let refused = |verdict| matches!(verdict, Verdict::Refused(_));
        holds(refused(judge(None, &data, trust)) && refused(adopt_base(None, &data, trust)), "took any bytes")?;
        holds(open_floor(&data, trust).is_err() && Trust::parse(&data).is_err(), "took any bytes")
    });
}

#[test]
fn a_signed_payload_of_any_shape_is_the_next_revision_a_restatement_or_nothing() {
    let (trusts, seeds, publisher) = (trusts_of_vectors(), seeds(), Signer::named("publish-a"));
    let honest: Vec<(&Seed, String, Vec<u8>)> =
        seeds.iter().filter_map(|seed| payload(seed).map(|(kind, payload)| (seed, kind, payload))).collect();
    let payloads: Vec<Vec<u8>> = honest.iter().map(|(_, _, payload)| payload.clone()).collect();
    fuzz("signed envelope", &(any::<Index>(), changes(4)), |(which, changes)| {
        let (seed, kind, payload) = which.get(&honest);
        let payload = changed(payload, &changes, &payloads);
        let envelope = publisher.envelope(kind, &payload);
        if strict_json::parse(&payload).is_ok() {
            holds(is_json(&payload), "read what is no JSON")?;
        }
        let trust = &trusts["one-signer"];
        let verdict = judge(seed.held, &envelope, trust);
        holds(verdict == judge(seed.held, &envelope, trust), "judged in two ways")?;
        if let Verdict::Accepted(position, Body::Revision(revision)) = &verdict {
            let held = seed.held.unwrap_or(Position { epoch: 1, revision: 0, digest: GENESIS_PARENT });
            holds(position.digest == Digest::of(&payload) && revision.parent == held.digest, "not the next payload")?;
            holds((position.epoch, position.revision) == (held.epoch, held.revision + 1), "not the next number")?;
        }
        follows(seed.held, &verdict)?;
        follows(seed.held, &adopt_base(seed.held, &envelope, trust))
    });
}

#[test]
fn parts_in_any_order_make_only_what_was_announced_and_stay_bounded() {
    let names: Vec<String> = (0..6_u8).map(|one| Digest::of(&[one, 1]).to_string()).chain(["x".to_owned()]).collect();
    let places = select(&["0/2", "1/2", "0/1", "1/3", "2/3", "0/64", "63/64", "0/65", "00/2", "2/1", "/", ""][..]);
    let record = (any::<Index>(), places, vec(any::<u8>(), 0..3));
    fuzz("parts", &vec(record, 0..40), |records| {
        let mut parts = Parts::default();
        for (offset, (name, place, value)) in (0..).zip(records) {
            let envelope = name.get(&names).clone();
            let headers = BTreeMap::from([
                ("gatefleet-envelope".to_owned(), envelope.clone()),
                ("gatefleet-part".to_owned(), place.to_owned()),
            ]);
            let record = Record { offset, value, headers };
            if let Taken::Whole(whole) = parts.take(&record) {
                holds(Digest::of(&whole).to_string() == envelope, "another envelope than the announced one")?;
            }
            holds(parts.first_offset().is_none_or(|first| first <= offset), "parts of the future")?;
        }
        Ok(())
    });
}

/// Positions never go back, and what is known to be refused is always ahead.
fn follows(held: Option<Position>, verdict: &Verdict) -> TestCaseResult {
    let before = ChainState { position: held, refused_through: None };
    let after = before.after(verdict);
    let number = |state: ChainState| state.position.map_or((1, 0), |position| (position.epoch, position.revision));
    holds(number(after) >= number(before), "a follower that goes back")?;
    holds(after.refused_through.is_none_or(|refused| refused > number(after)), "refused what is already held")?;
    holds(matches!(verdict, Verdict::Accepted(..)) || after.position == held, "moved by what does not count")
}

/// The records of the vectors that are written out.
pub fn seeds() -> Vec<Seed> {
    let mut seeds = Vec::new();
    for vector in vectors("chain").unwrap() {
        let given = vector.inner("given").unwrap();
        let Ok(records) = given.read::<Vec<Box<serde_json::value::RawValue>>>("records") else {
            continue;
        };
        let held = given.0.get("held").filter(|held| held.get() != "null");
        let held = held.map(|held| decisions::position(&Given::of(held).unwrap()).unwrap());
        for record in records {
            if let Ok(envelope) = Given::of(&record).unwrap().bytes("value") {
                seeds.push(Seed { trust: given.text("trust").unwrap(), held, envelope });
            }
        }
    }
    seeds
}

/// The trust documents that they are judged by.
pub fn trusts_of_vectors() -> Trusts {
    let trusts = trusts(&fixtures("chain").unwrap().unwrap()).unwrap();
    assert!(trusts.values().all(|trust: &Trust| trust.version == 1));
    trusts
}

/// Type and payload of a seed, where it is an envelope.
pub fn payload(seed: &Seed) -> Option<(String, Vec<u8>)> {
    let envelope = parse_envelope(&seed.envelope).ok()?;
    Some((envelope.payload_type.into(), envelope.payload))
}

fn payload_of(envelope: &[u8]) -> Option<Vec<u8>> {
    parse_envelope(envelope).ok().map(|envelope| envelope.payload)
}
