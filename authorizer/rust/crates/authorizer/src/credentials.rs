//! Steps 5 and 6 for the request's headers, step 17 for API keys and certificates, step 20 for bound tokens.

use std::hint::black_box;

use crate::base64url::{decode_standard, encode_url};
use crate::digests::Digest;
use crate::entities::{CredentialKind, Route, Seconds, is_api_key_id};
use crate::event::Request;
use crate::outcome::{Deny, Step};
use crate::reasons::Reason;
use crate::strict_json::Value;
use crate::token::{TokenParts, take_apart};
use crate::view::{ClientInView, View};

/// Bytes of DER that a certificate may have.
pub const MAX_CERTIFICATE_LENGTH: usize = 16_384;

const BLANK: [char; 4] = [' ', '\t', '\r', '\n'];
const PEM_BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const PEM_END: &str = "-----END CERTIFICATE-----";

/// The one credential that counts, as it came: a header's value or a PEM text. Nothing in it is proven.
#[derive(Clone, Copy)]
pub struct Presented<'r> {
    /// Its kind.
    pub kind: CredentialKind,
    /// Its text.
    pub value: &'r str,
}

/// Step 5, `credential`: exactly one credential of a kind that the route allows.
pub fn choose<'r>(request: &'r Request<'_>, route: &Route) -> Result<Presented<'r>, Deny> {
    let allows = |kind| route.credentials.contains(&kind);
    let presented = [(CredentialKind::Jwt, &request.authorization), (CredentialKind::ApiKey, &request.api_key)];
    let mut counted = presented.into_iter().filter(|(kind, values)| values.first.is_some() && allows(*kind));
    if let Some((kind, values)) = counted.next() {
        let value = values.first.as_deref().unwrap_or_default();
        // RFC 9110 section 5.3: a list in one line equals several lines, and gateways join them with commas.
        if counted.next().is_some() || values.more || value.as_bytes().contains(&b',') {
            return Err(Deny(Step::Credential, Reason::MultipleCredentials));
        }
        return Ok(Presented { kind, value });
    }
    if let Some(pem) = request.certificate_pem.as_deref().filter(|_| allows(CredentialKind::Certificate)) {
        return Ok(Presented { kind: CredentialKind::Certificate, value: pem });
    }
    if presented.iter().any(|(_, values)| values.first.is_some()) {
        return Err(Deny(Step::Credential, Reason::CredentialNotAllowed));
    }
    Err(Deny(Step::Credential, Reason::MissingCredential))
}

/// Step 6: the token of an `Authorization` value (RFC 6750 section 2.1), taken apart; no other scheme, no other spacing.
pub fn bearer_token(value: &str) -> Result<TokenParts<'_>, Deny> {
    let malformed_request = Deny(Step::Malformed, Reason::MalformedRequest);
    let token = value.strip_prefix("Bearer ").filter(|token| !token.is_empty()).ok_or(malformed_request)?;
    // No token with a blank in it can be taken apart, so it is looked for only then.
    take_apart(token).map_err(|denied| if token.contains([' ', '\t']) { malformed_request } else { denied })
}

/// Step 17 for `<id>.<secret>`: found by its id, then compared whole in constant time.
pub fn client_of_api_key<'v>(value: &str, view: &'v View, now: Seconds) -> Result<&'v ClientInView, Deny> {
    let denied = Deny(Step::Client, Reason::InvalidApiKey);
    let (id, secret) = value.split_once('.').ok_or(denied)?;
    let well_formed = (1..=128).contains(&secret.len()) && secret.bytes().all(|byte| matches!(byte, 0x21..=0x7E));
    if !is_api_key_id(id) || !well_formed {
        return Err(denied);
    }
    let client = view.client_of_api_key(id).ok_or(denied)?;
    let key = client.api_key(id).ok_or(denied)?;
    let same = same_in_constant_time(&Digest::of(value.as_bytes()), &key.sha256);
    if same && now < key.expires { Ok(client) } else { Err(denied) }
}

/// Step 17 for a client certificate: the one client that lists its thumbprint.
pub fn client_of_certificate<'v>(pem: &str, view: &'v View) -> Result<&'v ClientInView, Deny> {
    thumbprint_of(pem)
        .and_then(|thumbprint| view.client_of_certificate(&thumbprint))
        .ok_or(Deny(Step::Client, Reason::InvalidCertificate))
}

/// Step 20: whether `cnf` is a certificate's thumbprint (RFC 8705 section 3.1) and the connection has that one.
pub fn confirmed(cnf: &Value<'_>, pem: Option<&str>) -> bool {
    let Value::Object(methods) = cnf else {
        return false;
    };
    let claimed = methods.get("x5t#S256").and_then(Value::as_text).filter(|_| methods.len() == 1);
    claimed.is_some_and(|claimed| pem.and_then(thumbprint_of).is_some_and(|thumbprint| thumbprint == claimed))
}

/// The `x5t#S256` of a PEM text with one certificate, if it is one. API Gateway has verified the certificate.
pub fn thumbprint_of(pem: &str) -> Option<String> {
    let body = pem.trim_matches(BLANK).strip_prefix(PEM_BEGIN)?.strip_suffix(PEM_END)?;
    let der = decode_standard(&body.replace(BLANK, ""))?;
    (1..=MAX_CERTIFICATE_LENGTH).contains(&der.len()).then(|| encode_url(&Digest::of(&der).0))
}

fn same_in_constant_time(one: &Digest, other: &Digest) -> bool {
    let differing = one.0.iter().zip(&other.0).fold(0, |differing, (one, other)| black_box(differing | (one ^ other)));
    differing == 0
}
