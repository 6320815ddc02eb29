//! The families view, token, decide and respond.

use std::collections::HashMap;
use std::sync::Arc;

use authorizer::decide::decide;
use authorizer::digests::{Digest, Position};
use authorizer::entities::{CredentialKind, Stated, WhenStale};
use authorizer::keys::Verified;
use authorizer::log::chain::NOTHING;
use authorizer::log_line::log_line;
use authorizer::outcome::{Decision, Deny, Freshness, FreshnessState};
use authorizer::respond::{Response, UNAUTHORIZED, respond};
use authorizer::token::{read_token, take_apart, verify};
use authorizer::view::View;
use serde_json::{Map, Value, json};

use crate::canonical::entities;
use crate::{Answer, Failure, Given};

/// Views by name.
pub type Views = HashMap<String, View>;

/// Makes the views of fixtures.
pub fn views(fixtures: &Given) -> Result<Views, Failure> {
    let mut views = Views::new();
    for (name, fixture) in fixtures.inner("views")?.0 {
        let fixture = Given::of(&fixture)?;
        let (entities, position) = (entities(&fixture.read("entities")?)?, position(&fixture.inner("position")?)?);
        views.insert(name, View::build(&fixture.text("gateway")?, &entities, position));
    }
    Ok(views)
}

/// Reads epoch, revision and digest.
pub fn position(given: &Given) -> Result<Position, Failure> {
    Ok(Position {
        epoch: given.read("epoch")?,
        revision: given.read("revision")?,
        digest: Digest::from_hex(&given.text("digest")?).ok_or("no digest")?,
    })
}

/// Answers a case of `view`.
pub fn view(given: &Given) -> Answer {
    let mut view = View::build(&given.text("gateway")?, &entities(&given.read("entities")?)?, NOTHING);
    let revisions: Vec<Vec<Map<String, Value>>> =
        if given.0.contains_key("revisions") { given.read("revisions")? } else { Vec::new() };
    for changes in revisions {
        let mut read: Vec<(Arc<str>, Option<Arc<Stated>>)> = Vec::new();
        for change in changes {
            let key = change.get("key").and_then(Value::as_str).ok_or("a change without key")?;
            let stated = change.get("value").and_then(Value::as_str).map(|value| Stated::read(key, value));
            read.push((key.into(), stated.transpose().map_err(|error| error.to_string())?.map(Arc::new)));
        }
        if let Err(needs) = view.apply(read.iter().map(|(key, stated)| (key, stated.as_ref())), NOTHING) {
            return Ok(json!({ "needs_snapshot": needs.0 }));
        }
    }
    let keys: Vec<String> = view.keys().collect();
    Ok(json!({ "keys": keys, "absent": view.absent(), "digest": view.digest().to_string() }))
}

/// Answers a case of `token`.
pub fn token(given: &Given, views: &Views, verified: &mut Verified) -> Answer {
    let (text, view, now) = (given.text("token")?, view_of(given, views)?, given.read("now")?);
    let outcome = take_apart(&text).and_then(|parts| {
        let token = verify(read_token(&parts)?, view, now, verified)?;
        Ok(token.issuer.name().to_owned())
    });
    Ok(match outcome {
        Ok(issuer) => json!({ "effect": "allow", "issuer": issuer }),
        Err(denied) => denied_json(denied).into(),
    })
}

/// Answers a case of `decide`.
pub fn decision(given: &Given, views: &Views, verified: &mut Verified) -> Answer {
    Ok(decision_json(&decided(given, views, verified)?))
}

/// Answers a case of `respond`.
pub fn response(given: &Given, views: &Views, verified: &mut Verified) -> Answer {
    let decision = decided(given, views, verified)?;
    let id = given.text("decision_id")?;
    let line = log_line(&decision, &id, given.read("now")?, given.read("latency_ms")?);
    let log: Value = serde_json::from_str(&line)?;
    Ok(match respond(&decision, &id) {
        Response::Body(body) => json!({ "response": serde_json::from_str::<Value>(&body)?, "log": log }),
        Response::Unauthorized => json!({ "error": UNAUTHORIZED, "log": log }),
    })
}

fn decided<'a>(given: &'a Given, views: &'a Views, verified: &mut Verified) -> Result<Decision<'a>, Failure> {
    let event = given.0.get("event").ok_or("no event")?.get().as_bytes();
    let freshness = given.inner("freshness")?;
    let freshness = Freshness {
        state: FreshnessState::named(&freshness.text("state")?).ok_or("no state of freshness")?,
        age: if freshness.0.contains_key("age") { freshness.read("age")? } else { None },
        read_failed: freshness.read("read_failed")?,
    };
    Ok(decide(event, view_of(given, views)?, freshness, given.read("now")?, verified))
}

fn view_of<'a>(given: &Given, views: &'a Views) -> Result<&'a View, Failure> {
    views.get(&given.text("view")?).ok_or_else(|| "no such view in the fixtures".into())
}

fn denied_json(Deny(step, reason): Deny) -> Map<String, Value> {
    let members = [("effect", "deny"), ("step", step.as_str()), ("reason", reason.as_str())];
    members.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect()
}

/// A decision as vectors write it; what is not there yet is left out.
fn decision_json(decision: &Decision<'_>) -> Value {
    let mut members = match &decision.outcome {
        Err(denied) => denied_json(*denied),
        Ok(allow) => Map::from_iter([("effect".to_owned(), json!("allow")), ("scopes".to_owned(), json!(allow.0))]),
    };
    let said = [
        ("route", decision.route),
        ("path", decision.path_fits.map(|fits| if fits { "fits" } else { "differs" })),
        ("credential", decision.credential.map(CredentialKind::as_str)),
        ("client_id", decision.client_id),
        ("subject", decision.subject.as_deref()),
        ("when_stale", decision.when_stale.map(WhenStale::as_str)),
    ];
    members.extend(said.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into()))));
    members.into()
}
