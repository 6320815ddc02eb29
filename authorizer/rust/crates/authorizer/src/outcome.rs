//! What a decision is made of: steps, allow or deny, freshness (docs/reference/decision.md, "The steps").

use crate::digests::Position;
use crate::entities::{ApiKind, CredentialKind, Seconds, WhenStale};
use crate::event::Endpoint;
use crate::reasons::{Reason, spelled};
use crate::trace::TraceId;

spelled! {
    /// The steps of a decision, in their order; the first that fails ends it.
    Step {
        Event = "event",
        Gateway = "gateway",
        Route = "route",
        Path = "path",
        Credential = "credential",
        Malformed = "malformed",
        Issuer = "issuer",
        Typ = "typ",
        Kid = "kid",
        Alg = "alg",
        KeyState = "key_state",
        Signature = "signature",
        Exp = "exp",
        Nbf = "nbf",
        Lifetime = "lifetime",
        Aud = "aud",
        Client = "client",
        Suspended = "suspended",
        Revoked = "revoked",
        Cnf = "cnf",
        Address = "address",
        Claims = "claims",
        Scope = "scope",
        Stale = "stale",
    }
}

/// Denied at this step for this reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deny(pub Step, pub Reason);

/// Allowed with these effective scopes, sorted; none for a public route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow<'a>(pub Vec<&'a str>);

spelled! {
    /// How current the view is; `floor` when nothing has been read since start.
    FreshnessState { Fresh = "fresh", Stale = "stale", Floor = "floor", }
}

/// How current the view is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// Fresh, stale, or the floor.
    pub state: FreshnessState,
    /// Seconds since the last successful read, rounded up; none: there was none, or nobody knows.
    pub age: Option<Seconds>,
    /// The latest attempt to read the log failed.
    pub read_failed: bool,
}

/// The outcome and what may be said of it. Members stay empty until their step has passed.
///
/// `client_id` and `subject` are proven, never merely claimed; `path_fits` is counted and never denies; `api` and
/// `endpoint` are what a response needs. Nothing of the request's headers, path or query is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision<'a> {
    /// Allowed, or denied at one step for one reason.
    pub outcome: Result<Allow<'a>, Deny>,
    /// `<team>/<gateway>`
    pub gateway: &'a str,
    /// The view's.
    pub position: Position,
    /// As the caller said.
    pub freshness: Freshness,
    /// The form of the response.
    pub api: ApiKind,
    /// The deployed API, for a policy.
    pub endpoint: Option<Endpoint<'a>>,
    /// Which trace the request says it belongs to; from step 2 on.
    pub trace: Option<TraceId>,
    /// The declared route key; from step 3 on.
    pub route: Option<&'a str>,
    /// Whether the path fits the route's template; from step 4 on.
    pub path_fits: Option<bool>,
    /// From step 5 on.
    pub credential: Option<CredentialKind>,
    /// From step 18 on.
    pub client_id: Option<&'a str>,
    /// The token's `sub`; from step 18 on.
    pub subject: Option<String>,
    /// What the satisfied requirement asks for when stale; from step 24 on.
    pub when_stale: Option<WhenStale>,
}

impl Decision<'_> {
    /// Whether the request may pass.
    pub fn allowed(&self) -> bool {
        self.outcome.is_ok()
    }
}
