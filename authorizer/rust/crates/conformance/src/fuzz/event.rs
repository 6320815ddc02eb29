//! Target `event`: what API Gateway could send, and what it never sends.

use std::collections::HashSet;

use authorizer::decide::decide;
use authorizer::entities::{CredentialKind, Requirement};
use authorizer::keys::Verified;
use authorizer::log_line::log_line;
use authorizer::outcome::{Decision, Freshness, FreshnessState};
use authorizer::reasons::Reason;
use authorizer::respond::{Response, respond};
use authorizer::view::View;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestCaseResult;
use serde_json::Value;

use super::change::{changed, changes};
use super::corpus::{asked, strings, views_of};
use super::{fuzz, holds};

const ID: &str = "0123456789abcdef0123456789abcdef";

#[test]
fn an_event_is_decided_once_and_never_allowed_without_a_credential_that_was_issued() {
    let (views, asked) = (views_of("decide"), asked());
    let events: Vec<Vec<u8>> = asked.iter().map(|one| one.event.clone()).collect();
    let kinds = [CredentialKind::Jwt, CredentialKind::ApiKey, CredentialKind::Certificate];
    let issued: HashSet<String> =
        events.iter().flat_map(|event| kinds.iter().flat_map(|kind| presented(event, *kind).unwrap())).collect();
    let states = prop_oneof![Just(FreshnessState::Fresh), Just(FreshnessState::Stale), Just(FreshnessState::Floor)];
    let freshness = (states, any::<Option<u16>>(), any::<bool>()).prop_map(|(state, age, read_failed)| Freshness {
        state,
        age: age.map(i64::from),
        read_failed,
    });
    fuzz("event", &(any::<Index>(), changes(6), freshness), |(which, changes, freshness)| {
        let one = which.get(&asked);
        let event = changed(&one.event, &changes, &events);
        let view = &views[&one.view];
        let mut verified = Verified::default();
        let decision = decide(&event, view, freshness, one.now, &mut verified);
        holds(decision == decide(&event, view, freshness, one.now, &mut verified), "decided in two ways")?;
        answered(&decision)?;
        if decision.allowed() { allowed_for_a_reason(&event, &decision, view, &issued) } else { Ok(()) }
    });
}

/// The response and the log line say what was decided.
fn answered(decision: &Decision<'_>) -> TestCaseResult {
    let line: Value = serde_json::from_str(&log_line(decision, ID, 0, 0)).unwrap();
    holds(line["decision"] == if decision.allowed() { "allow" } else { "deny" }, "the log line says otherwise")?;
    let Response::Body(body) = respond(decision, ID) else {
        return holds(!decision.allowed(), "allowed, and answered 401");
    };
    let body: Value = serde_json::from_str(&body).unwrap();
    let effect = &body["policyDocument"]["Statement"][0]["Effect"];
    let said = body["isAuthorized"] == true || effect == "Allow";
    let denied = body["isAuthorized"] == false || effect == "Deny";
    holds(said == decision.allowed() && denied != said, "the response says otherwise")?;
    let reason = body["context"]["reason"].as_str().and_then(Reason::named);
    holds(reason == decision.outcome.as_ref().err().map(|denied| denied.1), "another reason than the one decided")
}

fn allowed_for_a_reason(
    event: &[u8],
    decision: &Decision<'_>,
    view: &View,
    issued: &HashSet<String>,
) -> TestCaseResult {
    let route = decision.route.and_then(|key| view.route_of(key)).map(|declared| declared.route);
    let Some(route) = route else {
        return holds(false, "allowed without a route");
    };
    if route.requirement == Requirement::Public {
        return holds(decision.client_id.is_none(), "a client of a public route");
    }
    let kind = decision.credential;
    holds(kind.is_some_and(|kind| route.credentials.contains(&kind)), "a credential that the route does not take")?;
    let client = decision.client_id.and_then(|id| view.client(id));
    holds(client.is_some_and(|client| client.active), "allowed a client that is not active")?;
    if kind == Some(CredentialKind::Jwt) && client.is_some_and(|client| !client.has_issuer()) {
        return holds(false, "a token of a client without an issuer");
    }
    // What serde does not read (a lone surrogate where nobody looks) leaves this unknown.
    let presented = kind.and_then(|kind| presented(event, kind));
    holds(presented.is_none_or(|all| all.iter().any(|one| issued.contains(one))), "a credential of nobody")
}

/// What an event presents as a credential of this kind, wherever in it; certificates without white space.
fn presented(event: &[u8], kind: CredentialKind) -> Option<Vec<String>> {
    let place = match kind {
        CredentialKind::Jwt => "authorization",
        CredentialKind::ApiKey => "x-api-key",
        CredentialKind::Certificate => "clientcertpem",
    };
    let mut found = Vec::new();
    members_named(place, &serde_json::from_slice(event).ok()?, &mut found);
    let plain = |text: String| {
        if text.contains("CERTIFICATE") { text.replace([' ', '\t', '\r', '\n'], "") } else { text }
    };
    Some(found.into_iter().map(plain).collect())
}

fn members_named(place: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if name.eq_ignore_ascii_case(place) {
                    strings(member, found);
                } else {
                    members_named(place, member, found);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| members_named(place, item, found)),
        _ => {}
    }
}
