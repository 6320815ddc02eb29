//! The canonical family: bytes, digests, entity values. An authorizer never canonicalises, so the writer of RFC 8785
//! is here.

use authorizer::digests::{Digest, state_digest};
use authorizer::entities::{Client, Constant, Entity, Gateway, Issuer, Jwk, Requirement, Route, Stated, read_entity};
use authorizer::json_text::write_text;
use authorizer::log::envelope::pae;
use authorizer::shape::Table;
use authorizer::strict_json::{self, Value as Strict};
use authorizer::view::Entities;
use serde_json::{Map, Value, json};

use crate::{Answer, Failure, Given, b64};

/// Answers one case.
pub fn answer(given: &Given) -> Answer {
    Ok(match given.text("operation")?.as_str() {
        "canonicalize" => {
            let data = given.bytes("json")?;
            let value = strict_json::parse(&data).map_err(|error| error.0)?;
            let mut canonical = String::new();
            write(&value, &mut canonical)?;
            json!({ "canonical": b64(canonical.as_bytes()) })
        }
        "digest" => json!({ "digest": Digest::of(&given.bytes("data")?).to_string() }),
        "state" => {
            let entities: Vec<Map<String, Value>> = given.read("entities")?;
            let text = |one: &Map<String, Value>, name: &str| {
                one.get(name).and_then(Value::as_str).map(String::from).ok_or("an entity without key or value")
            };
            let mut digests = entities
                .iter()
                .map(|one| Ok((text(one, "key")?, Digest::of(text(one, "value")?.as_bytes()))))
                .collect::<Result<Vec<_>, &str>>()?;
            digests.sort();
            json!({ "digest": state_digest(digests.iter().map(|(key, digest)| (key.as_str(), *digest))).to_string() })
        }
        "encode" => {
            let payload = given.bytes("payload")?;
            json!({ "encoded": b64(&pae(&given.text("payloadType")?, &payload)) })
        }
        "read_json" => outcome(strict_json::parse(&given.bytes("json")?).is_ok()),
        "read_entity" => match read_entity(&given.text("key")?, &given.text("value")?) {
            Err(_) => outcome(false),
            Ok(entity) => {
                let text = entity_json(&entity).to_string();
                let mut canonical = String::new();
                write(&strict_json::parse(text.as_bytes()).map_err(|error| error.0)?, &mut canonical)?;
                json!({ "outcome": "accepted", "canonical": b64(canonical.as_bytes()) })
            }
        },
        other => return Err(format!("no operation {other}").into()),
    })
}

/// Entities by key, as a fixture or case gives them.
pub fn entities(values: &Map<String, Value>) -> Result<Entities, Failure> {
    let read = |(key, value): (&String, &Value)| {
        let stated = Stated::read(key, value.as_str().ok_or("a value that is no text")?).map_err(|e| e.to_string())?;
        Ok((key.as_str().into(), stated.into()))
    };
    values.iter().map(read).collect()
}

fn outcome(accepted: bool) -> Value {
    json!({ "outcome": if accepted { "accepted" } else { "malformed" } })
}

/// Writes the RFC 8785 bytes of a value without opaque numbers.
fn write(value: &Strict<'_>, to: &mut String) -> Result<(), &'static str> {
    match value {
        Strict::Null => to.push_str("null"),
        Strict::Bool(value) => to.push_str(if *value { "true" } else { "false" }),
        Strict::Integer(number) => to.push_str(&number.to_string()),
        Strict::Opaque(_) => return Err("a number that gatefleet never writes"),
        Strict::Text(text) => write_text(to, text),
        Strict::List(items) => {
            to.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    to.push(',');
                }
                write(item, to)?;
            }
            to.push(']');
        }
        Strict::Object(object) => {
            let mut members: Vec<_> = object.iter().collect();
            members.sort_by_cached_key(|(name, _)| name.encode_utf16().collect::<Vec<_>>());
            to.push('{');
            for (at, (name, value)) in members.into_iter().enumerate() {
                if at > 0 {
                    to.push(',');
                }
                write_text(to, name);
                to.push(':');
                write(value, to)?;
            }
            to.push('}');
        }
    }
    Ok(())
}

/// The JSON object of an entity, the inverse of `read_entity`; what holds a default is left out.
fn entity_json(entity: &Entity) -> Value {
    match entity {
        Entity::Issuer(issuer) => issuer_json(issuer),
        Entity::Scope(scope) => {
            json!({ "state": if scope.active { "active" } else { "revoked" }, "when_stale": scope.when_stale.as_str() })
        }
        Entity::Client(client) => client_json(client),
        Entity::Gateway(gateway) => gateway_json(gateway),
    }
}

fn issuer_json(issuer: &Issuer) -> Value {
    let keys = table(&issuer.keys, |key| {
        let jwk = match &key.jwk {
            Jwk::Rsa { n, e } => json!({ "kty": "RSA", "n": n, "e": e }),
            Jwk::Ec { x, y } => json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y }),
            Jwk::Okp { x } => json!({ "kty": "OKP", "crv": "Ed25519", "x": x }),
        };
        let key_json = json!({ "alg": key.alg.as_str(), "jwk": jwk, "state": key.state.as_str() });
        with(key_json, "not_after", key.not_after.map(Value::from))
    });
    json!({
        "issuer": issuer.issuer, "typ": issuer.typ, "scope_claim": issuer.scope_claim,
        "client_id_claim": issuer.client_id_claim, "clock_skew": issuer.clock_skew,
        "max_lifetime": issuer.max_lifetime, "keys": keys,
    })
}

fn client_json(client: &Client) -> Value {
    let filled = |value: Value| {
        let empty = value.as_array().map_or(0, Vec::len) + value.as_object().map_or(0, Map::len) == 0;
        (!empty).then_some(value)
    };
    let grants = table(&client.scopes, |until| with(json!({}), "until", until.map(Value::from)));
    let keys = table(&client.api_keys, |key| json!({ "sha256": key.sha256.to_string(), "expires": key.expires }));
    let addresses: Vec<String> = client.addresses.iter().map(ToString::to_string).collect();
    let members = [
        ("issuer", client.issuer.as_deref().map(Value::from)),
        ("scopes", filled(grants)),
        ("tokens_not_before", client.tokens_not_before.map(Value::from)),
        ("denied_jti", filled(table(&client.denied_jti, |until| Value::from(*until)))),
        ("denied_sub", filled(table(&client.denied_sub, |until| Value::from(*until)))),
        ("addresses", filled(json!(addresses))),
        ("api_keys", filled(keys)),
        ("certificates", filled(json!(client.certificates))),
    ];
    let client = json!({ "state": if client.active { "active" } else { "suspended" } });
    members.into_iter().fold(client, |client, (name, value)| with(client, name, value))
}

fn gateway_json(gateway: &Gateway) -> Value {
    json!({
        "api": gateway.api.as_str(), "audience": gateway.audience, "policy": gateway.following.as_str(),
        "max_staleness": gateway.max_staleness, "deny_after": gateway.deny_after, "result_ttl": gateway.result_ttl,
        "routes": gateway.routes.iter().map(|(key, route)| (key.to_owned(), route_json(route))).collect::<Map<_, _>>(),
    })
}

fn route_json(route: &Route) -> Value {
    let demand = match &route.requirement {
        Requirement::Public => return json!({ "public": true }),
        Requirement::AnyClient => json!({ "any_client": true }),
        Requirement::AnyOf(sets) => json!({ "any_of": sets }),
    };
    let credentials: Vec<&str> = route.credentials.iter().map(|kind| kind.as_str()).collect();
    let claims = table(&route.claims, |constant| match constant {
        Constant::Text(text) => json!(text),
        Constant::Integer(number) => json!(number),
        Constant::Bool(value) => json!(value),
    });
    let demand = with(demand, "credentials", Some(json!(credentials)));
    with(demand, "claims", (!route.claims.is_empty()).then_some(claims))
}

fn table<T>(table: &Table<T>, json: impl Fn(&T) -> Value) -> Value {
    table.iter().map(|(name, value)| (name.to_owned(), json(value))).collect::<Map<_, _>>().into()
}

fn with(mut object: Value, name: &str, value: Option<Value>) -> Value {
    if let (Some(members), Some(value)) = (object.as_object_mut(), value) {
        members.insert(name.to_owned(), value);
    }
    object
}
