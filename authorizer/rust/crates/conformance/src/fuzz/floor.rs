//! Target `floor`: what is baked beside an authorizer, changed on the way or signed in another shape.

use std::collections::HashSet;

use authorizer::decide::decide;
use authorizer::digests::state_digest;
use authorizer::keys::Verified;
use authorizer::log::follow::Follower;
use authorizer::log::opening::open_floor;
use authorizer::log::payloads::PayloadType;
use proptest::prelude::*;
use proptest::sample::Index;

use super::change::{changed, changes};
use super::corpus::asked;
use super::envelope::{Seed, payload, seeds, trusts_of_vectors};
use super::signer::Signer;
use super::{fuzz, holds};

#[test]
fn a_floor_that_was_changed_is_no_floor() {
    let (trusts, floors) = (trusts_of_vectors(), floors());
    let texts: Vec<Vec<u8>> = floors.iter().map(|(seed, _)| seed.envelope.clone()).collect();
    let signed: HashSet<&[u8]> = floors.iter().map(|(_, payload)| payload.as_slice()).collect();
    fuzz("floor", &(any::<Index>(), changes(4)), |(which, changes)| {
        let (seed, _) = which.get(&floors);
        let envelope = changed(&seed.envelope, &changes, &texts);
        let opened = open_floor(&envelope, &trusts[&seed.trust]);
        holds(opened == open_floor(&envelope, &trusts[&seed.trust]), "opened in two ways")?;
        let read = payload(&Seed { trust: seed.trust.clone(), held: None, envelope });
        holds(
            opened.is_err() || read.is_some_and(|(_, payload)| signed.contains(payload.as_slice())),
            "opened what nobody signed",
        )
    });
}

#[test]
fn whatever_a_publisher_signs_as_a_floor_is_refused_or_decides() {
    let (trusts, floors, publisher) = (trusts_of_vectors(), floors(), Signer::named("publish-a"));
    let (trust, asked) = (&trusts["one-signer"], asked());
    let payloads: Vec<Vec<u8>> = floors.iter().map(|(_, payload)| payload.clone()).collect();
    fuzz("signed floor", &(any::<Index>(), changes(4), any::<Index>()), |(which, changes, event)| {
        let payload = changed(which.get::<Vec<u8>>(&payloads), &changes, &payloads);
        let Ok(floor) = open_floor(&publisher.envelope(PayloadType::Floor.as_str(), &payload), trust) else {
            return Ok(());
        };
        let entities = floor.entities.iter().map(|(key, stated)| (key.as_ref(), stated.digest));
        holds(floor.view == state_digest(entities) && floor.trust <= trust.version, "a floor that is not one")?;
        let follower = Follower::new(&floor, trust.clone(), false);
        let asked = event.get(&asked);
        let decision =
            decide(&asked.event, follower.view(), follower.freshness(0), asked.now, &mut Verified::default());
        holds(!decision.allowed() || follower.view().gateway.is_some(), "allowed by a floor without its gateway")
    });
}

fn floors() -> Vec<(Seed, Vec<u8>)> {
    let floor = |seed: Seed| {
        payload(&seed).filter(|(kind, _)| kind == PayloadType::Floor.as_str()).map(|(_, payload)| (seed, payload))
    };
    seeds().into_iter().filter_map(floor).collect()
}
