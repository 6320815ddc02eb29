//! Steps 6 to 16: an access token, from text to `VerifiedToken`. Only `verify` makes one.
//!
//! Strict compact JWS (RFC 7515, 8725, 9068) with own checks: JWT libraries disagree with each other about hostile
//! input, and three builds must not (docs/adr/0003-own-token-checks.md).

use crate::base64url::decode_url;
use crate::entities::{Issuer, KeyState, Seconds, is_visible};
use crate::keys::Verified;
use crate::outcome::{Deny, Step};
use crate::reasons::Reason;
use crate::strict_json::{self, Object, Value};
use crate::view::{IssuerInView, View};

/// Characters that a token may have.
pub const MAX_TOKEN_LENGTH: usize = 8192;

// Members that change how the rest is read; whoever ignores one reads another token (RFC 7515 section 4.1.11, RFC 7797).
const REFUSED_PARAMETERS: [&str; 3] = ["crit", "b64", "zip"];
const MALFORMED: Deny = Deny(Step::Malformed, Reason::MalformedToken);

/// The three parts of a token's text, decoded.
pub struct TokenParts<'t> {
    text: &'t str,
    signing_input: &'t str,
    header: Vec<u8>,
    claims: Vec<u8>,
    signature: Vec<u8>,
}

/// A token of the right form; nothing in it is proven.
pub struct UnverifiedToken<'p> {
    parts: &'p TokenParts<'p>,
    header: Object<'p>,
    claims: Object<'p>,
    expires_at: Seconds,
    issued_at: Seconds,
    not_before: Seconds,
}

/// A token that one of the view's issuers signed, that is valid now, and that is meant for this gateway.
pub struct VerifiedToken<'p, 'v> {
    /// Who signed it.
    pub issuer: &'v IssuerInView,
    /// Its claims.
    pub claims: Object<'p>,
    /// `iat`.
    pub issued_at: Seconds,
}

impl VerifiedToken<'_, '_> {
    /// `sub`, if the token has one.
    pub fn subject(&self) -> Option<&str> {
        self.claims.get("sub").and_then(Value::as_text)
    }

    /// The claim that the issuer names, if it is a string.
    pub fn client_id(&self) -> Option<&str> {
        self.claims.get(&self.issuer.issuer.client_id_claim).and_then(Value::as_text)
    }

    /// The scope tokens of the claim that the issuer names (RFC 6749 section 3.3).
    pub fn scopes(&self) -> Vec<&str> {
        match self.claims.get(&self.issuer.issuer.scope_claim) {
            Some(Value::Text(text)) => text.split(' ').collect(),
            Some(Value::List(items)) => items.iter().map(Value::as_text).collect::<Option<_>>().unwrap_or_default(),
            _ => Vec::new(),
        }
    }
}

/// Step 6, `malformed`: the token's text taken apart.
pub fn take_apart(text: &str) -> Result<TokenParts<'_>, Deny> {
    if text.len() > MAX_TOKEN_LENGTH {
        return Err(MALFORMED);
    }
    // A third dot is, like any other character, not in the alphabet of the parts.
    let (signing_input, signature) = text.rsplit_once('.').ok_or(MALFORMED)?;
    let (header, claims) = signing_input.split_once('.').ok_or(MALFORMED)?;
    Ok(TokenParts {
        text,
        signing_input,
        header: decode_url(header).ok_or(MALFORMED)?,
        claims: decode_url(claims).ok_or(MALFORMED)?,
        signature: decode_url(signature).ok_or(MALFORMED)?,
    })
}

/// Step 6, `malformed`: the token's header and the types of its claims.
pub fn read_token<'p>(parts: &'p TokenParts<'p>) -> Result<UnverifiedToken<'p>, Deny> {
    let header = object(&parts.header)?;
    let claims = object(&parts.claims)?;
    if REFUSED_PARAMETERS.iter().any(|name| header.has(name)) {
        return Err(MALFORMED);
    }
    let expires_at = time(claims.get("exp"))?;
    let issued_at = time(claims.get("iat"))?;
    let not_before = if claims.has("nbf") { time(claims.get("nbf"))? } else { 0 };
    let visible = |value: Option<&Value<'_>>| value.is_none_or(|value| value.as_text().is_some_and(is_visible));
    let well_typed = expires_at > issued_at
        && claims.get("iss").is_none_or(|iss| iss.as_text().is_some())
        && claims.get("aud").is_none_or(|aud| aud.as_text().is_some() || is_list_of_text(aud))
        && visible(claims.get("jti"))
        && visible(claims.get("sub"));
    if !well_typed {
        return Err(MALFORMED);
    }
    Ok(UnverifiedToken { parts, header, claims, expires_at, issued_at, not_before })
}

/// Steps 7 to 16: issuer, type, key, signature, times and audience.
pub fn verify<'p, 'v>(
    token: UnverifiedToken<'p>,
    view: &'v View,
    now: Seconds,
    verified: &mut Verified,
) -> Result<VerifiedToken<'p, 'v>, Deny> {
    let header = |name| token.header.get(name).and_then(Value::as_text);
    let Some(issuer) = token.claims.get("iss").and_then(Value::as_text).and_then(|iss| view.issuer_of(iss)) else {
        return Err(Deny(Step::Issuer, Reason::UntrustedIssuer)); // 7
    };
    if !header("typ").is_some_and(|typ| type_allowed(typ, &issuer.issuer)) {
        return Err(Deny(Step::Typ, Reason::WrongTokenType)); // 8
    }
    let Some((key, prepared)) = header("kid").and_then(|kid| issuer.key_of(kid)) else {
        return Err(Deny(Step::Kid, Reason::UnknownKey)); // 9
    };
    if header("alg") != Some(key.alg.as_str()) {
        return Err(Deny(Step::Alg, Reason::AlgorithmNotAllowed)); // 10: RFC 8725 section 3.1, the key says the algorithm
    }
    let ended = key.not_after.is_some_and(|not_after| now >= not_after);
    if ended || !matches!(key.state, KeyState::Active | KeyState::Retiring) {
        return Err(Deny(Step::KeyState, Reason::KeyNotActive)); // 11
    }
    let parts = token.parts;
    let good = || prepared.verifies(parts.signing_input.as_bytes(), &parts.signature);
    if !verified.ask(parts.text, prepared, good) {
        return Err(Deny(Step::Signature, Reason::InvalidSignature)); // 12
    }
    in_time(&token, &issuer.issuer, now)?;
    if !meant_for(view, token.claims.get("aud")) {
        return Err(Deny(Step::Aud, Reason::WrongAudience)); // 16
    }
    Ok(VerifiedToken { issuer, issued_at: token.issued_at, claims: token.claims })
}

fn in_time(token: &UnverifiedToken<'_>, issuer: &Issuer, now: Seconds) -> Result<(), Deny> {
    if token.expires_at <= now.saturating_sub(issuer.clock_skew) {
        return Err(Deny(Step::Exp, Reason::Expired)); // 13: RFC 7519 section 4.1.4, "on or after"
    }
    if token.issued_at.max(token.not_before) > now.saturating_add(issuer.clock_skew) {
        return Err(Deny(Step::Nbf, Reason::NotYetValid)); // 14
    }
    if token.expires_at - token.issued_at > issuer.max_lifetime {
        return Err(Deny(Step::Lifetime, Reason::LifetimeTooLong)); // 15
    }
    Ok(())
}

fn meant_for(view: &View, aud: Option<&Value<'_>>) -> bool {
    match aud {
        Some(Value::Text(aud)) => view.has_audience(aud),
        Some(Value::List(all)) => all.iter().filter_map(Value::as_text).any(|aud| view.has_audience(aud)),
        _ => false,
    }
}

fn object(part: &[u8]) -> Result<Object<'_>, Deny> {
    match strict_json::parse(part) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(MALFORMED),
    }
}

fn time(value: Option<&Value<'_>>) -> Result<Seconds, Deny> {
    match value {
        Some(Value::Integer(time)) if *time >= 0 => Ok(*time),
        _ => Err(MALFORMED),
    }
}

fn is_list_of_text(value: &Value<'_>) -> bool {
    matches!(value, Value::List(items) if items.iter().all(|item| item.as_text().is_some()))
}

fn type_allowed(typ: &str, issuer: &Issuer) -> bool {
    issuer.typ.iter().any(|allowed| media_type(allowed).eq_ignore_ascii_case(media_type(typ)))
}

/// RFC 7515 section 4.1.9: `application/` may be left out where no other slash follows.
fn media_type(text: &str) -> &str {
    match text.split_at_checked("application/".len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case("application/") && !rest.contains('/') => rest,
        _ => text,
    }
}
