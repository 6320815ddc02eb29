//! The workload of a run (bench/authorizer/workload.py), as this build and its peers take it.

use std::sync::Arc;

use authorizer::digests::{Digest, Position};
use authorizer::entities::{Seconds, Stated};
use authorizer::strict_json::{Object, Value, parse};
use authorizer::view::Entities;

/// One token; its parts are ASCII, the signature base64url.
pub struct Token {
    /// Header and claims.
    pub signing_input: String,
    /// What signs them.
    pub signature: String,
}

impl Token {
    /// In its compact form.
    pub fn compact(&self) -> String {
        format!("{}.{}", self.signing_input, self.signature)
    }
}

/// What `workload.py` describes.
pub struct Workload {
    /// UTC seconds at which every token is valid.
    pub now: Seconds,
    /// Id of the gateway.
    pub gateway: String,
    /// Of the view.
    pub position: Position,
    /// Key and value of every entity.
    pub texts: Vec<(String, String)>,
    /// The event's JSON text; `TOKEN` stands where the token belongs.
    pub event: String,
    /// The route that it calls.
    pub route: String,
    /// The scope which that route demands.
    pub scope: String,
    /// Algorithm, public key (JWK) and tokens.
    pub signed: Vec<(String, Vec<(String, String)>, Vec<Token>)>,
}

impl Workload {
    /// Reads the file that the first argument names.
    pub fn read() -> Self {
        let path = std::env::args().nth(1).expect("the path of a workload, made by `python -m bench authorizer`");
        let data = std::fs::read(&path).expect("a readable workload");
        let Ok(Value::Object(given)) = parse(&data) else { panic!("{path}: no workload") };
        let position = object(&given, "position");
        Workload {
            now: integer(&given, "now"),
            gateway: text(&given, "gateway"),
            position: Position {
                epoch: integer(position, "epoch"),
                revision: integer(position, "revision"),
                digest: Digest::from_hex(&text(position, "digest")).expect("a digest"),
            },
            texts: texts(object(&given, "entities")),
            event: text(&given, "event"),
            route: text(&given, "route"),
            scope: text(&given, "scope"),
            signed: object(&given, "tokens")
                .iter()
                .map(|(alg, tokens)| (alg.to_owned(), jwk(&given, alg), tokens_of(tokens)))
                .collect(),
        }
    }

    /// The entities as a log or floor gives them.
    pub fn entities(&self) -> Entities {
        let read = |(key, value): &(String, String)| {
            (key.as_str().into(), Arc::new(Stated::read(key, value).expect("an entity")))
        };
        self.texts.iter().map(read).collect()
    }

    /// Bytes of all values as they stand on the log.
    pub fn source_bytes(&self) -> usize {
        self.texts.iter().map(|(_, value)| value.len()).sum()
    }

    /// Pairs of a route key and the id of a client that may call it, in an order that no cache foresees.
    pub fn calls(&self, count: usize) -> Vec<(String, String)> {
        let gateway = self.entities();
        let Some(authorizer::entities::Entity::Gateway(gateway)) =
            gateway.get(format!("gateway/{}", self.gateway).as_str()).map(|stated| stated.entity.clone())
        else {
            panic!("no gateway")
        };
        let routes: Vec<&str> =
            gateway.routes.iter().map(|(key, _)| key).filter(|key| key.starts_with("GET")).collect();
        let mut place = 0;
        (0..count)
            .map(|number| {
                place = (place + 7_919) % routes.len();
                let route = routes[place];
                let resource: usize =
                    route[12..].split('/').next().and_then(|digits| digits.parse().ok()).expect("orders-N");
                (route.to_owned(), format!("client-{:05}", (resource + number * 6_700) % 10_000))
            })
            .collect()
    }
}

fn object<'a, 'o>(of: &'o Object<'a>, name: &str) -> &'o Object<'a> {
    match of.get(name) {
        Some(Value::Object(inner)) => inner,
        _ => panic!("no object {name}"),
    }
}

fn text(of: &Object<'_>, name: &str) -> String {
    of.get(name).and_then(Value::as_text).expect(name).to_owned()
}

fn integer(of: &Object<'_>, name: &str) -> i64 {
    match of.get(name) {
        Some(Value::Integer(number)) => *number,
        _ => panic!("no number {name}"),
    }
}

fn texts(of: &Object<'_>) -> Vec<(String, String)> {
    of.iter().map(|(name, value)| (name.to_owned(), value.as_text().expect(name).to_owned())).collect()
}

fn jwk(given: &Object<'_>, alg: &str) -> Vec<(String, String)> {
    let Some(Value::List(keys)) = object(given, "jwks").get("keys") else { panic!("no keys") };
    let mut keys = keys.iter().filter_map(|key| if let Value::Object(key) = key { Some(key) } else { None });
    texts(keys.find(|key| text(key, "kid") == alg).expect(alg))
}

fn tokens_of(tokens: &Value<'_>) -> Vec<Token> {
    let Value::List(tokens) = tokens else { panic!("no tokens") };
    let token = |one: &Value<'_>| match one {
        Value::Object(one) => Token { signing_input: text(one, "signing_input"), signature: text(one, "signature") },
        _ => panic!("no token"),
    };
    tokens.iter().map(token).collect()
}
