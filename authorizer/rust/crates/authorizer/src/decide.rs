//! May this request pass? The steps of docs/reference/decision.md in their order; the first that fails ends it.
//!
//! `decide` is total: it allows, or it denies with one step and one reason. Clock and freshness are arguments; the
//! caller may decide once, read the log if `when_stale` asks for it, and decide again.

use crate::credentials::{Presented, bearer_token, choose, client_of_api_key, client_of_certificate, confirmed};
use crate::entities::{Constant, CredentialKind, Requirement, Route, Seconds, WhenStale};
use crate::event::{Matched, Request, api_of, read_event};
use crate::keys::Verified;
use crate::outcome::{Allow, Decision, Deny, Freshness, FreshnessState, Step};
use crate::path::{Template, path_allowed, path_fits};
use crate::reasons::Reason;
use crate::strict_json::Value;
use crate::token::{VerifiedToken, read_token, verify};
use crate::view::{ClientInView, RouteRef, View};

/// Decides on one event, as JSON, under one view. `verified` remembers signatures, and nothing that decides.
pub fn decide<'a>(
    event: &'a [u8],
    view: &'a View,
    freshness: Freshness,
    now: Seconds,
    verified: &mut Verified,
) -> Decision<'a> {
    // A decision begins as a denial, and gains what each step has proven.
    let mut decision = Decision {
        outcome: Err(Deny(Step::Event, Reason::MalformedRequest)),
        gateway: &view.gateway_id,
        position: view.position,
        freshness,
        api: view.gateway.as_ref().map_or_else(|| api_of(event), |gateway| gateway.api),
        endpoint: None,
        trace: None,
        route: None,
        path_fits: None,
        credential: None,
        client_id: None,
        subject: None,
        when_stale: None,
    };
    let Ok(mut request) = read_event(event) else {
        return decision; // 1
    };
    decision.endpoint = request.endpoint.take();
    decision.trace = request.trace;
    decision.outcome = steps(&request, view, now, verified, &mut decision);
    decision
}

fn steps<'a>(
    request: &Request<'_>,
    view: &'a View,
    now: Seconds,
    verified: &mut Verified,
    so_far: &mut Decision<'a>,
) -> Result<Allow<'a>, Deny> {
    let gateway = view.gateway.as_ref().ok_or(Deny(Step::Gateway, Reason::UnknownGateway))?; // 2
    if gateway.api != request.api {
        return Err(Deny(Step::Gateway, Reason::MalformedRequest));
    }
    let declared = declared(request, view).ok_or(Deny(Step::Route, Reason::UnknownRoute))?; // 3
    so_far.route = Some(declared.key);
    let template = Template::of(declared.key);
    let shadows = view.shadows(declared);
    let stage = request.stage.as_deref();
    if !path_allowed(&request.path, &request.path_parameters, &request.method, stage, template, shadows) {
        return Err(Deny(Step::Path, Reason::PathNotAllowed)); // 4
    }
    so_far.path_fits = Some(path_fits(&request.path, template));
    if declared.route.requirement == Requirement::Public {
        return Ok(Allow(Vec::new()));
    }
    let presented = choose(request, declared.route)?; // 5
    so_far.credential = Some(presented.kind);
    on_credential(request, presented, declared, view, now, verified, so_far)
}

fn declared<'v>(request: &Request<'_>, view: &'v View) -> Option<RouteRef<'v>> {
    match &request.matched {
        Matched::RouteKey(key) => view.route_of(key),
        Matched::Resource(resource) => {
            let exact = view.route_of(&format!("{} {resource}", request.method));
            exact.or_else(|| view.route_of(&format!("ANY {resource}")))
        }
    }
}

fn on_credential<'a>(
    request: &Request<'_>,
    presented: Presented<'_>,
    declared: RouteRef<'a>,
    view: &'a View,
    now: Seconds,
    verified: &mut Verified,
    so_far: &mut Decision<'a>,
) -> Result<Allow<'a>, Deny> {
    let parts; // what a token borrows from
    let (client, token) = match presented.kind {
        CredentialKind::Jwt => {
            parts = bearer_token(presented.value)?;
            let token = verify(read_token(&parts)?, view, now, verified)?; // 6 to 16
            let client = token.client_id().and_then(|id| view.client(id));
            let client = client.filter(|client| token.issuer.serves(client));
            (client.ok_or(Deny(Step::Client, Reason::UnknownClient))?, Some(token)) // 17
        }
        CredentialKind::ApiKey => (client_of_api_key(presented.value, view, now)?, None),
        CredentialKind::Certificate => (client_of_certificate(presented.value, view)?, None),
    };
    so_far.client_id = Some(client.id());
    so_far.subject = token.as_ref().and_then(VerifiedToken::subject).map(Into::into);
    client_allowed(request, client, token.as_ref(), now)?; // 18 to 21
    if !claims_match(declared.route, token.as_ref()) {
        return Err(Deny(Step::Claims, Reason::ClaimMismatch)); // 22
    }
    let carried = token.as_ref().map(VerifiedToken::scopes);
    let effective = view.effective_scopes(client, carried.as_deref(), now);
    let when_stale = match declared.route.requirement {
        Requirement::AnyClient => Some(WhenStale::Check),
        Requirement::AnyOf(_) => view.when_satisfied(declared, &effective),
        Requirement::Public => None,
    };
    let when_stale = when_stale.ok_or(Deny(Step::Scope, Reason::InsufficientScope))?; // 23
    so_far.when_stale = Some(when_stale);
    if too_stale(when_stale, so_far.freshness, view.deny_after()) {
        return Err(Deny(Step::Stale, Reason::StalePolicy)); // 24
    }
    Ok(Allow(view.names(&effective)))
}

/// Steps 18 to 21: whether the client, this token of it, or the place it calls from is denied.
fn client_allowed(
    request: &Request<'_>,
    client: &ClientInView,
    token: Option<&VerifiedToken<'_, '_>>,
    now: Seconds,
) -> Result<(), Deny> {
    if !client.active {
        return Err(Deny(Step::Suspended, Reason::ClientSuspended)); // 18
    }
    if token.is_some_and(|token| revoked(token, client, now)) {
        return Err(Deny(Step::Revoked, Reason::TokenRevoked)); // 19
    }
    let cnf = token.and_then(|token| token.claims.get("cnf"));
    if cnf.is_some_and(|cnf| !confirmed(cnf, request.certificate_pem.as_deref())) {
        return Err(Deny(Step::Cnf, Reason::InvalidCertificate)); // 20
    }
    if !client.may_call_from(request.source_ip.as_deref()) {
        return Err(Deny(Step::Address, Reason::AddressNotAllowed)); // 21
    }
    Ok(())
}

fn revoked(token: &VerifiedToken<'_, '_>, client: &ClientInView, now: Seconds) -> bool {
    // No skew here: both seconds are the issuer's or the policy's, and a kill switch has no grace.
    let jti = token.claims.get("jti").and_then(Value::as_text);
    client.denies_issued_at(token.issued_at)
        || jti.is_some_and(|jti| client.denies_jti(jti, now))
        || token.subject().is_some_and(|sub| client.denies_sub(sub, now))
}

fn claims_match(route: &Route, token: Option<&VerifiedToken<'_, '_>>) -> bool {
    route.claims.iter().all(|(name, constant)| match (token.and_then(|token| token.claims.get(name)), constant) {
        (Some(Value::Text(held)), Constant::Text(wanted)) => **held == **wanted,
        (Some(Value::Integer(held)), Constant::Integer(wanted)) => held == wanted,
        (Some(Value::Bool(held)), Constant::Bool(wanted)) => held == wanted,
        _ => false,
    })
}

fn too_stale(when_stale: WhenStale, freshness: Freshness, deny_after: Seconds) -> bool {
    freshness.state != FreshnessState::Fresh
        && when_stale == WhenStale::Deny
        && freshness.read_failed
        && (freshness.state == FreshnessState::Floor || freshness.age.is_none_or(|age| age > deny_after))
}
