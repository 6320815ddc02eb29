//! Target `token`: tokens that were changed, put together of others, or signed anew by the issuer itself.

use std::collections::HashSet;

use authorizer::base64url::{decode_url, encode_url};
use authorizer::keys::Verified;
use authorizer::outcome::{Deny, Step};
use authorizer::token::{read_token, take_apart, verify};
use authorizer::view::View;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;

use super::change::{Changes, changed, changes};
use super::corpus::{givens, views_of};
use super::signer::Signer;
use super::{fuzz, holds, is_json};

struct Seed {
    view: String,
    token: String,
    now: i64,
}

#[test]
fn a_token_is_verified_only_as_it_was_signed() {
    let (views, seeds) = (views_of("token"), seeds());
    let texts: Vec<Vec<u8>> = seeds.iter().map(|seed| seed.token.clone().into_bytes()).collect();
    let parts: Vec<Vec<u8>> = seeds.iter().flat_map(|seed| inner_parts(&seed.token)).collect();
    let signed: HashSet<&str> = seeds.iter().filter_map(|seed| signing_input(&seed.token)).collect();
    let whole = (any::<Index>(), changes(4)).prop_map(Made::Changed);
    let together =
        (any::<[Index; 3]>(), changes(3), changes(3)).prop_map(|(of, header, claims)| Made::Joined(of, header, claims));
    fuzz("token", &(any::<Index>(), prop_oneof![whole, together]), |(which, made)| {
        let seed = which.get(&seeds);
        let token = match made {
            Made::Changed((other, changes)) => changed(other.get(&seeds).token.as_bytes(), &changes, &texts),
            Made::Joined([header, claims, signature], first, second) => {
                let part =
                    |of: Index, at: usize| of.get(&seeds).token.split('.').nth(at).map(Vec::from).unwrap_or_default();
                let inner = |of: Index, at: usize, changes: &Changes| {
                    let part = part(of, at);
                    let text = std::str::from_utf8(&part).ok().and_then(decode_url);
                    text.map_or(part, |text| encode_url(&changed(&text, changes, &parts)).into_bytes())
                };
                [inner(header, 0, &first), inner(claims, 1, &second), part(signature, 2)].join(&b'.')
            }
        };
        let Ok(token) = String::from_utf8(token) else {
            return Ok(());
        };
        let verified = asked_twice(&token, &views[&seed.view], seed.now)?;
        holds(
            !verified || signing_input(&token).is_some_and(|input| signed.contains(input)),
            "verified what nobody signed",
        )
    });
}

#[test]
fn what_the_issuer_itself_signs_is_verified_only_within_its_bounds() {
    let (views, seeds, issuer) = (views_of("token"), seeds(), Signer::named("issuer-ed25519"));
    let parts: Vec<Vec<u8>> = seeds.iter().flat_map(|seed| inner_parts(&seed.token)).collect();
    let honest: Vec<&Seed> = seeds.iter().filter(|seed| inner_parts(&seed.token).len() == 2).collect();
    let ed25519 = br#"{"typ":"at+jwt","alg":"EdDSA","kid":"ed"}"#;
    fuzz("signed token", &(any::<Index>(), changes(2), changes(4)), |(which, first, second)| {
        let seed = which.get(&honest);
        let [header, claims] = [
            changed(ed25519, &first, &parts),
            changed(inner_parts(&seed.token).get(1).map_or(&[], Vec::as_slice), &second, &parts),
        ];
        let view = &views[&seed.view];
        if !asked_twice(&issuer.token(&header, &claims), view, seed.now)? {
            return Ok(());
        }
        holds(is_json(&header) && is_json(&claims), "verified what is no JSON")?;
        let (Ok(header), Ok(claims)) =
            (serde_json::from_slice::<Value>(&header), serde_json::from_slice::<Value>(&claims))
        else {
            return Ok(()); // a number of any size, where nobody looks
        };
        let Some(issuer) = claims["iss"].as_str().and_then(|url| view.issuer_of(url)).map(|one| &one.issuer) else {
            return holds(false, "verified a token of no issuer");
        };
        let (Some(exp), Some(iat)) = (claims["exp"].as_i64(), claims["iat"].as_i64()) else {
            return holds(false, "verified a token without times");
        };
        let skew = issuer.clock_skew;
        holds(exp > seed.now - skew && iat <= seed.now + skew && exp - iat <= issuer.max_lifetime, "out of time")?;
        let aud = &claims["aud"];
        let meant = aud.as_array().map_or_else(|| vec![aud], |all| all.iter().collect());
        holds(meant.iter().filter_map(|one| one.as_str()).any(|one| view.has_audience(one)), "meant for another")?;
        holds(header["alg"] == "EdDSA" && header.get("crit").is_none(), "verified under another header")
    });
}

#[derive(Clone, Debug)]
enum Made {
    Changed((Index, Changes)),
    Joined([Index; 3], Changes, Changes),
}

/// Whether the token is verified, the same with and without a memory of it.
fn asked_twice(token: &str, view: &View, now: i64) -> Result<bool, TestCaseError> {
    let mut memory = Verified::default();
    let first = outcome(token, view, now, &mut memory);
    holds(first == outcome(token, view, now, &mut memory), "verified in two ways")?;
    if let Err(Deny(step, _)) = first {
        holds((Step::Malformed..=Step::Aud).contains(&step), "denied at a step that is not a token's")?;
    }
    Ok(first.is_ok())
}

fn outcome(token: &str, view: &View, now: i64, memory: &mut Verified) -> Result<String, Deny> {
    let parts = take_apart(token)?;
    let verified = verify(read_token(&parts)?, view, now, memory)?;
    Ok(verified.issuer.name().to_owned())
}

fn seeds() -> Vec<Seed> {
    let read = |given: crate::Given| Seed {
        view: given.text("view").unwrap(),
        token: given.text("token").unwrap(),
        now: given.read("now").unwrap(),
    };
    givens("token").map(read).collect()
}

fn signing_input(token: &str) -> Option<&str> {
    token.rsplit_once('.').map(|(input, _)| input)
}

/// Header and claims, where they are base64url.
fn inner_parts(token: &str) -> Vec<Vec<u8>> {
    token.split('.').take(2).filter_map(decode_url).collect()
}
