//! The entities of an environment: what a value on the log means (docs/reference/log.md, "Entities").
//!
//! Keys are `issuer/<name>`, `scope/<scope>`, `client/<client_id>`, `gateway/<team>/<gateway>` and `hold/…`. Values are
//! closed: an unknown member is refused, because a member that a reader skips is a restriction that it does not enforce.

use std::sync::Arc;

use crate::addresses::Network;
use crate::digests::Digest;
use crate::reasons::spelled;
use crate::routes::Routes;
use crate::shape::{
    Malformed, Members, Read, Table, hex_digest, kept, list_of, map_of, matching, natural, one_of, only_true, string,
    text,
};
use crate::strict_json::{self, Value};

spelled! {
    /// JWS algorithms a key may have (RFC 7518 section 3.1, RFC 8037); none of them symmetric.
    Algorithm { Rs256 = "RS256", Ps256 = "PS256", Es256 = "ES256", EdDsa = "EdDSA", }
}
spelled! {
    /// Life of an issuer's key; it verifies while active or retiring.
    KeyState { Next = "next", Active = "active", Retiring = "retiring", Revoked = "revoked", }
}
spelled! {
    /// What a scope asks for when the policy is not fresh, weakest first.
    WhenStale { Serve = "serve", Check = "check", Deny = "deny", }
}
spelled! {
    /// How a client can authenticate.
    CredentialKind { Jwt = "jwt", ApiKey = "api_key", Certificate = "certificate", }
}
spelled! {
    /// API Gateway's two kinds: HTTP APIs (payload format 2.0) and REST APIs (`REQUEST` authorizers).
    ApiKind { Http = "http", Rest = "rest", }
}
spelled! {
    /// Whether a gateway follows the log or serves from its floor alone.
    Following { Follow = "follow", FloorOnly = "floor_only", }
}

/// UTC seconds, or a duration in seconds.
pub type Seconds = i64;

/// One signature key of an issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerKey {
    /// The algorithm that its signatures have.
    pub alg: Algorithm,
    /// Public members only (RFC 7517).
    pub jwk: Jwk,
    /// Where in its life it is.
    pub state: KeyState,
    /// It verifies before this second.
    pub not_after: Option<Seconds>,
}

/// The members of a public key, as base64url.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Jwk {
    /// RFC 7518 section 6.3.1.
    Rsa {
        /// Modulus.
        n: Box<str>,
        /// Exponent.
        e: Box<str>,
    },
    /// RFC 7518 section 6.2.1, on P-256.
    Ec {
        /// Coordinate.
        x: Box<str>,
        /// Coordinate.
        y: Box<str>,
    },
    /// RFC 8037 section 2, Ed25519.
    Okp {
        /// The encoded point.
        x: Box<str>,
    },
}

/// Who signs access tokens: `issuer` equals `iss` byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// The URL that is `iss`.
    pub issuer: Box<str>,
    /// Media types of its tokens.
    pub typ: Box<[Box<str>]>,
    /// Name of the claim with the scopes.
    pub scope_claim: Box<str>,
    /// Name of the claim with the client's id.
    pub client_id_claim: Box<str>,
    /// Tolerated difference of clocks.
    pub clock_skew: Seconds,
    /// Longest `exp - iat`.
    pub max_lifetime: Seconds,
    /// By `kid`.
    pub keys: Table<IssuerKey>,
}

/// One scope; a revoked one counts for nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Not revoked.
    pub active: bool,
    /// What it asks for when the policy is not fresh.
    pub when_stale: WhenStale,
}

/// An API key: SHA-256 over `<id>.<secret>`, and when it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Over the whole header value.
    pub sha256: Digest,
    /// It counts before this second.
    pub expires: Seconds,
}

/// An OAuth client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Not suspended.
    pub active: bool,
    /// Name of the issuer of its access tokens.
    pub issuer: Option<Box<str>>,
    /// Each granted scope and the second its grant ends (none: it does not end).
    pub scopes: Table<Option<Seconds>>,
    /// Tokens issued before it are denied.
    pub tokens_not_before: Option<Seconds>,
    /// Until when a `jti` is denied.
    pub denied_jti: Table<Seconds>,
    /// Until when a `sub` is denied.
    pub denied_sub: Table<Seconds>,
    /// From where it may call; empty: from anywhere.
    pub addresses: Box<[Network]>,
    /// By id.
    pub api_keys: Table<ApiKey>,
    /// `x5t#S256` of each.
    pub certificates: Box<[Box<str>]>,
}

/// What a route demands of its callers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Requirement {
    /// Nothing; API Gateway calls no authorizer for it.
    Public,
    /// Any known, active client, whatever its scopes.
    AnyClient,
    /// At least one of the sets of scopes, whole.
    AnyOf(Box<[Box<[Box<str>]>]>),
}

impl Requirement {
    /// The sets of scopes of which one is enough; none where no scope is asked for.
    pub fn sets(&self) -> &[Box<[Box<str>]>] {
        match self {
            Requirement::AnyOf(sets) => sets,
            Requirement::Public | Requirement::AnyClient => &[],
        }
    }
}

/// A claim's constant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Constant {
    /// A string.
    Text(Box<str>),
    /// An integer.
    Integer(i64),
    /// A boolean.
    Bool(bool),
}

/// What one route key demands: `claims` are token claims that must equal a constant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Route {
    /// Of the caller.
    pub requirement: Requirement,
    /// Kinds of credentials that it takes; none for a public route.
    pub credentials: Box<[CredentialKind]>,
    /// Of the token.
    pub claims: Table<Constant>,
}

/// One team's gateway: routes by route key, freshness bounds and result TTL in seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway {
    /// Its kind of API.
    pub api: ApiKind,
    /// What `aud` may be.
    pub audience: Box<[Box<str>]>,
    /// Whether it follows the log.
    pub following: Following,
    /// Age above which a view is not fresh.
    pub max_staleness: Seconds,
    /// Age above which `deny` scopes are denied.
    pub deny_after: Seconds,
    /// How long API Gateway may keep an answer.
    pub result_ttl: Seconds,
    /// By route key.
    pub routes: Routes,
}

impl Gateway {
    /// Every scope that a route of the gateway names, with repetitions.
    pub fn scopes_named(&self) -> impl Iterator<Item = &str> {
        self.routes.demands().iter().flat_map(|route| route.requirement.sets()).flatten().map(AsRef::as_ref)
    }
}

/// One entity, as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entity {
    /// `issuer/<name>`
    Issuer(Arc<Issuer>),
    /// `scope/<scope>`
    Scope(Scope),
    /// `client/<client_id>`
    Client(Arc<Client>),
    /// `gateway/<team>/<gateway>`
    Gateway(Arc<Gateway>),
}

/// An entity and the digest of the value that it was read from; the text itself is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    /// The entity.
    pub entity: Entity,
    /// SHA-256 of its value.
    pub digest: Digest,
}

impl Stated {
    /// Reads the value of one entity.
    pub fn read(key: &str, value: &str) -> Read<Self> {
        Ok(Stated { entity: read_entity(key, value)?, digest: Digest::of(value.as_bytes()) })
    }
}

spelled! {
    /// The first segment of an entity key.
    Kind { Issuer = "issuer", Scope = "scope", Client = "client", Gateway = "gateway", }
}

/// The kind of an entity key and the name after it.
pub fn kind_of(key: &str) -> Option<(Kind, &str)> {
    let (kind, name) = key.split_once('/')?;
    Some((Kind::named(kind)?, name))
}

/// Refuses an entity key that is none of the four known forms.
pub fn check_key(key: &str) -> Read<Kind> {
    let known = kind_of(key).filter(|(kind, name)| match kind {
        Kind::Issuer => is_name(name),
        Kind::Scope => is_scope(name),
        Kind::Client => is_client_id(name),
        Kind::Gateway => is_gateway_id(name),
    });
    known.map(|(kind, _)| kind).ok_or_else(|| Malformed::new("a key of no known form").within(key))
}

/// Reads the value of one entity; refuses a key or value that is not of the contract's form.
pub fn read_entity(key: &str, value: &str) -> Read<Entity> {
    let kind = check_key(key)?;
    let parsed = strict_json::parse(value.as_bytes()).map_err(Malformed::from);
    let entity = parsed.and_then(|parsed| {
        Ok(match kind {
            Kind::Issuer => Entity::Issuer(Arc::new(issuer(parsed)?)),
            Kind::Scope => Entity::Scope(scope(parsed)?),
            Kind::Client => Entity::Client(Arc::new(client(parsed)?)),
            Kind::Gateway => Entity::Gateway(Arc::new(gateway(parsed)?)),
        })
    });
    entity.map_err(|error| error.within(key))
}

// --- forms ------------------------------------------------------------------------------------------------------------

/// `[a-z0-9-]`, 1 to 63, no hyphen at an end.
pub fn is_name(text: &str) -> bool {
    let inner = text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    (1..=63).contains(&text.len()) && inner && !text.starts_with('-') && !text.ends_with('-')
}

/// `<team>/<gateway>`, both names.
pub fn is_gateway_id(text: &str) -> bool {
    text.split_once('/').is_some_and(|(team, gateway)| is_name(team) && is_name(gateway))
}

/// 1 to 256 characters, each U+0020 to U+007E.
pub fn is_visible(text: &str) -> bool {
    (1..=256).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, 0x20..=0x7E))
}

/// 1 to 64 of `A-Z a-z 0-9 _ -`.
pub fn is_api_key_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(is_base64url)
}

// RFC 6749 appendix A.4: scope-token = 1*( %x21 / %x23-5B / %x5D-7E )
fn is_scope(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E))
}

fn is_client_id(text: &str) -> bool {
    let inner = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
    (1..=128).contains(&text.len()) && inner && text.starts_with(|first: char| first.is_ascii_alphanumeric())
}

fn is_kid(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, 0x21..=0x7E))
}

fn is_route_key(text: &str) -> bool {
    let declared = text.split_once(' ').is_some_and(|(method, path)| {
        matches!(method, "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" | "ANY")
            && path.starts_with('/')
            && path.len() <= 512
            && path.bytes().all(|byte| matches!(byte, 0x21..=0x7E))
    });
    declared || text == "$default"
}

fn is_thumbprint(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(is_base64url)
}

fn is_key_member(text: &str) -> bool {
    (1..=1400).contains(&text.len()) && text.bytes().all(is_base64url)
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

// --- reading ----------------------------------------------------------------------------------------------------------

fn issuer(value: Value<'_>) -> Read<Issuer> {
    let mut members = Members::of(value)?;
    let issuer = Issuer {
        issuer: members.take("issuer", kept(is_visible))?,
        typ: members.take("typ", list_of(1, kept(is_visible)))?,
        scope_claim: members.take("scope_claim", kept(is_visible))?,
        client_id_claim: members.take("client_id_claim", kept(is_visible))?,
        clock_skew: members.take("clock_skew", natural)?,
        max_lifetime: members.take("max_lifetime", natural)?,
        keys: members.take("keys", map_of(1, is_kid, issuer_key))?,
    };
    members.done().map(|()| issuer)
}

fn issuer_key(value: Value<'_>) -> Read<IssuerKey> {
    let mut members = Members::of(value)?;
    let alg = members.take("alg", one_of(Algorithm::named))?;
    let key = IssuerKey {
        alg,
        jwk: members.take("jwk", |value| jwk(value, alg))?,
        state: members.take("state", one_of(KeyState::named))?,
        not_after: members.optional("not_after", natural)?,
    };
    members.done().map(|()| key)
}

fn jwk(value: Value<'_>, alg: Algorithm) -> Read<Jwk> {
    let mut members = Members::of(value)?;
    let jwk = match alg {
        Algorithm::Rs256 | Algorithm::Ps256 => {
            members.take("kty", matching(|kty| kty == "RSA"))?;
            Jwk::Rsa { n: members.take("n", kept(is_key_member))?, e: members.take("e", kept(is_key_member))? }
        }
        Algorithm::Es256 => {
            members.take("kty", matching(|kty| kty == "EC"))?;
            members.take("crv", matching(|crv| crv == "P-256"))?;
            Jwk::Ec { x: members.take("x", kept(is_key_member))?, y: members.take("y", kept(is_key_member))? }
        }
        Algorithm::EdDsa => {
            members.take("kty", matching(|kty| kty == "OKP"))?;
            members.take("crv", matching(|crv| crv == "Ed25519"))?;
            Jwk::Okp { x: members.take("x", kept(is_key_member))? }
        }
    };
    members.done().map(|()| jwk) // a private member (RFC 7518 section 6) is refused like any other unknown one
}

fn active_or<'a>(other: &'static str) -> impl Fn(Value<'a>) -> Read<bool> {
    move |value| match string(value)?.as_ref() {
        "active" => Ok(true),
        state if state == other => Ok(false),
        _ => Err(Malformed::new("not one of the known values")),
    }
}

fn scope(value: Value<'_>) -> Read<Scope> {
    let mut members = Members::of(value)?;
    let scope = Scope {
        active: members.take("state", active_or("revoked"))?,
        when_stale: members.take("when_stale", one_of(WhenStale::named))?,
    };
    members.done().map(|()| scope)
}

fn client(value: Value<'_>) -> Read<Client> {
    let mut members = Members::of(value)?;
    let client = Client {
        active: members.take("state", active_or("suspended"))?,
        issuer: members.optional("issuer", kept(is_name))?,
        scopes: members.optional("scopes", map_of(1, is_scope, grant_until))?.unwrap_or_default(),
        tokens_not_before: members.optional("tokens_not_before", natural)?,
        denied_jti: members.optional("denied_jti", map_of(1, is_visible, natural))?.unwrap_or_default(),
        denied_sub: members.optional("denied_sub", map_of(1, is_visible, natural))?.unwrap_or_default(),
        addresses: members.optional("addresses", list_of(1, network))?.unwrap_or_default(),
        api_keys: members.optional("api_keys", map_of(1, is_api_key_id, api_key))?.unwrap_or_default(),
        certificates: members.optional("certificates", list_of(1, kept(is_thumbprint)))?.unwrap_or_default(),
    };
    members.done().map(|()| client)
}

fn grant_until(value: Value<'_>) -> Read<Option<Seconds>> {
    let mut members = Members::of(value)?;
    let until = members.optional("until", natural)?;
    members.done().map(|()| until)
}

fn network(value: Value<'_>) -> Read<Network> {
    // A zone (RFC 4007) means nothing to another host; libraries differ in how they spell IPv4 within IPv6.
    Network::read(&string(value)?)
        .ok_or_else(|| Malformed::new("not the one form of an IP network (RFC 5952, RFC 4632)"))
}

fn api_key(value: Value<'_>) -> Read<ApiKey> {
    let mut members = Members::of(value)?;
    let key = ApiKey { sha256: members.take("sha256", hex_digest)?, expires: members.take("expires", natural)? };
    members.done().map(|()| key)
}

fn gateway(value: Value<'_>) -> Read<Gateway> {
    let mut members = Members::of(value)?;
    let gateway = Gateway {
        api: members.take("api", one_of(ApiKind::named))?,
        audience: members.take("audience", list_of(1, kept(is_visible)))?,
        following: members.take("policy", one_of(Following::named))?,
        max_staleness: members.take("max_staleness", natural)?,
        deny_after: members.take("deny_after", natural)?,
        result_ttl: members.take("result_ttl", natural)?,
        routes: members.take("routes", map_of(0, is_route_key, route))?.into(),
    };
    members.done().map(|()| gateway)
}

fn route(value: Value<'_>) -> Read<Route> {
    let mut members = Members::of(value)?;
    let demands = ["public", "any_client", "any_of"].into_iter().filter(|name| members.has(name)).collect::<Vec<_>>();
    let requirement = match demands.as_slice() {
        ["public"] => {
            members.take("public", only_true)?;
            members.done()?;
            return Ok(Route {
                requirement: Requirement::Public,
                credentials: Box::default(),
                claims: Table::default(),
            });
        }
        ["any_client"] => members.take("any_client", only_true).map(|()| Requirement::AnyClient)?,
        ["any_of"] => Requirement::AnyOf(members.take("any_of", list_of(1, list_of(1, kept(is_scope))))?),
        _ => return Err(Malformed::new("exactly one of public, any_client and any_of")),
    };
    let route = Route {
        requirement,
        credentials: members.take("credentials", list_of(1, one_of(CredentialKind::named)))?,
        claims: members.optional("claims", map_of(1, is_visible, constant))?.unwrap_or_default(),
    };
    members.done().map(|()| route)
}

fn constant(value: Value<'_>) -> Read<Constant> {
    match value {
        Value::Bool(value) => Ok(Constant::Bool(value)),
        Value::Integer(value) => Ok(Constant::Integer(value)),
        other => text(other).map(|text| Constant::Text(text.into())),
    }
}
