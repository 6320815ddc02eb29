//! Step 1, `event`: the two forms in which API Gateway calls a Lambda authorizer, read into one `Request`.
//!
//! AWS documents them under "Control access to HTTP APIs with Lambda authorizers" (payload format 2.0) and "Input to an
//! API Gateway Lambda authorizer" (`REQUEST`). Only the members that a step needs are read, in place and without a tree
//! of the rest; of another type than documented, they make the whole event unreadable.

use std::borrow::Cow;

use crate::entities::ApiKind;
use crate::strict_json::{Kind, NotStrictJson, Scanner, Text};
use crate::trace::TraceId;

const AUTHORIZATION: &str = "authorization";
const API_KEY: &str = "x-api-key";
const TRACEPARENT: &str = "traceparent";
/// API Gateway nests four levels; more than this is nobody's event.
const MAX_LEVELS: usize = 512;

/// The event is of no form this authorizer knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnreadableEvent;

impl From<NotStrictJson> for UnreadableEvent {
    fn from(_: NotStrictJson) -> Self {
        UnreadableEvent
    }
}

type Readable<T> = Result<T, UnreadableEvent>;

/// The deployed API that called, as `methodArn` names it; nothing in it is the request's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint<'a> {
    method_arn: Cow<'a, str>,
    api_end: usize,
    stage_end: usize,
}

impl Endpoint<'_> {
    /// `arn:<partition>:execute-api:<region>:<account>:<api id>/<stage>`
    pub fn deployment(&self) -> &str {
        self.method_arn.get(..self.stage_end).unwrap_or_default()
    }

    /// The stage.
    pub fn stage(&self) -> &str {
        self.method_arn.get(self.api_end + 1..self.stage_end).unwrap_or_default()
    }
}

/// What the steps need of an event.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The form of the event.
    pub api: ApiKind,
    /// The route that API Gateway matched.
    pub matched: Matched<'a>,
    /// The request's method.
    pub method: Cow<'a, str>,
    /// The request's path; begins with `/`.
    pub path: Cow<'a, str>,
    /// The stage, if the event names one.
    pub stage: Option<Cow<'a, str>>,
    /// Only of a REST API.
    pub endpoint: Option<Endpoint<'a>>,
    /// Values of the path parameters.
    pub path_parameters: Vec<Cow<'a, str>>,
    /// Values of `authorization`.
    pub authorization: Values<'a>,
    /// Values of `x-api-key`.
    pub api_key: Values<'a>,
    /// The client's certificate.
    pub certificate_pem: Option<Cow<'a, str>>,
    /// Where the request comes from.
    pub source_ip: Option<Cow<'a, str>>,
    /// Which trace it belongs to, if it says so in the one valid way.
    pub trace: Option<TraceId>,
}

/// What API Gateway matched, as the event says it.
#[derive(Clone, Debug)]
pub enum Matched<'a> {
    /// An HTTP API says the route key.
    RouteKey(Cow<'a, str>),
    /// A REST API says the resource; its method may be the request's or `ANY`.
    Resource(Cow<'a, str>),
}

/// The values of one header: the first, and whether there are more.
#[derive(Clone, Debug, Default)]
pub struct Values<'a> {
    /// The first value.
    pub first: Option<Cow<'a, str>>,
    /// Whether there is another one.
    pub more: bool,
}

impl<'a> Values<'a> {
    fn add(&mut self, value: Cow<'a, str>) {
        if self.first.is_none() {
            self.first = Some(value);
        } else {
            self.more = true;
        }
    }
}

/// Reads an event.
pub fn read_event(event: &[u8]) -> Readable<Request<'_>> {
    let text = std::str::from_utf8(event).map_err(|_| UnreadableEvent)?;
    let [version, kind, context, route_key, raw_path, method_arn, method, resource, path, parameters, headers, many] =
        pick(
            text,
            [
                "version",
                "type",
                "requestContext",
                "routeKey",
                "rawPath",
                "methodArn",
                "httpMethod",
                "resource",
                "path",
                "pathParameters",
                "headers",
                "multiValueHeaders",
            ],
        )?;
    if required_text(kind)? != "REQUEST" {
        return Err(UnreadableEvent);
    }
    let path_parameters = path_parameters(parameters)?;
    let context = context.ok_or(UnreadableEvent)?;
    if let Some(version) = version {
        if required_text(Some(version))? != "2.0" {
            return Err(UnreadableEvent);
        }
        let [http, stage, authentication] = pick(context, ["http", "stage", "authentication"])?;
        let [method, source_ip] = pick(http.ok_or(UnreadableEvent)?, ["method", "sourceIp"])?;
        let Headers { authorization, api_key, trace, .. } = single_valued(headers)?;
        return Ok(Request {
            api: ApiKind::Http,
            matched: Matched::RouteKey(required_text(route_key)?),
            method: required_text(method)?,
            path: rooted(required_text(raw_path)?)?,
            stage: optional_text(stage)?,
            endpoint: None,
            path_parameters,
            authorization,
            api_key,
            certificate_pem: certificate(authentication)?,
            source_ip: optional_text(source_ip)?,
            trace,
        });
    }
    let [identity] = pick(context, ["identity"])?;
    let [source_ip] = pick_optional(identity, ["sourceIp"])?;
    let endpoint = endpoint(required_text(method_arn)?)?;
    let Headers { authorization, api_key, trace, .. } = match there(many) {
        Some(many) => many_valued(many)?,
        None => single_valued(headers)?,
    };
    Ok(Request {
        api: ApiKind::Rest,
        matched: Matched::Resource(required_text(resource)?),
        method: required_text(method)?,
        path: rooted(required_text(path)?)?,
        stage: Some(Cow::Owned(endpoint.stage().into())),
        endpoint: Some(endpoint),
        path_parameters,
        authorization,
        api_key,
        certificate_pem: certificate(identity)?,
        source_ip: optional_text(source_ip)?,
        trace,
    })
}

/// The form that an event claims; of one that is neither, the form in which it is denied.
pub fn api_of(event: &[u8]) -> ApiKind {
    let version = std::str::from_utf8(event).map_err(|_| UnreadableEvent).and_then(|text| pick(text, ["version"]));
    match version {
        Ok([Some(version)]) if required_text(Some(version)).is_ok_and(|version| version == "2.0") => ApiKind::Http,
        _ => ApiKind::Rest,
    }
}

// --- members, as the text of their values -----------------------------------------------------------------------------

/// The values of some members of an object. A member that is there twice could be either, and is refused.
fn pick<'a, const N: usize>(object: &'a str, names: [&str; N]) -> Readable<[Option<&'a str>; N]> {
    let mut picked = [None; N];
    let mut scanner = Scanner::new(object);
    if scanner.next_kind()? != Kind::Object {
        return Err(UnreadableEvent);
    }
    scanner.members(|scanner, name| {
        let value = scanner.skip(MAX_LEVELS)?;
        if let Text::Whole(name) = name {
            for (slot, _) in picked.iter_mut().zip(names).filter(|(_, one)| name == *one) {
                if slot.replace(value).is_some() {
                    return Err(NotStrictJson("duplicate member"));
                }
            }
        }
        Ok(())
    })?;
    scanner.end()?;
    Ok(picked)
}

fn pick_optional<'a, const N: usize>(value: Option<&'a str>, names: [&str; N]) -> Readable<[Option<&'a str>; N]> {
    there(value).map_or(Ok([None; N]), |object| pick(object, names))
}

fn there(value: Option<&str>) -> Option<&str> {
    value.filter(|value| *value != "null")
}

fn required_text(value: Option<&str>) -> Readable<Cow<'_, str>> {
    let mut scanner = Scanner::new(value.ok_or(UnreadableEvent)?);
    if scanner.next_kind()? != Kind::Text {
        return Err(UnreadableEvent);
    }
    match scanner.text()? {
        Text::Whole(text) => Ok(text),
        Text::Broken => Err(UnreadableEvent),
    }
}

fn optional_text(value: Option<&str>) -> Readable<Option<Cow<'_, str>>> {
    there(value).map(|value| required_text(Some(value))).transpose()
}

fn path_parameters(value: Option<&str>) -> Readable<Vec<Cow<'_, str>>> {
    let mut values = Vec::new();
    each_member(value, |_, value| {
        values.push(required_text(Some(value))?);
        Ok(())
    })?;
    Ok(values)
}

fn certificate(value: Option<&str>) -> Readable<Option<Cow<'_, str>>> {
    let [certificate] = pick_optional(value, ["clientCert"])?;
    let [pem] = pick_optional(certificate, ["clientCertPem"])?;
    optional_text(pem)
}

/// What is read of the headers.
#[derive(Default)]
struct Headers<'a> {
    authorization: Values<'a>,
    api_key: Values<'a>,
    trace: Option<TraceId>,
    traced: bool,
}

impl<'a> Headers<'a> {
    /// The values of a header that can hold a credential.
    fn credential(&mut self, name: &str) -> Option<&mut Values<'a>> {
        if name.eq_ignore_ascii_case(AUTHORIZATION) {
            return Some(&mut self.authorization);
        }
        name.eq_ignore_ascii_case(API_KEY).then_some(&mut self.api_key)
    }

    /// Takes a `traceparent`, of whatever type; a second one makes both of them none.
    fn add_traceparent(&mut self, value: Option<&str>) {
        let text = value.and_then(|value| required_text(Some(value)).ok());
        self.trace = text.filter(|_| !self.traced).and_then(|text| TraceId::of(&text));
        self.traced = true;
    }
}

fn single_valued(headers: Option<&str>) -> Readable<Headers<'_>> {
    let mut found = Headers::default();
    each_member(headers, |name, value| {
        if let Some(header) = found.credential(name) {
            header.add(required_text(Some(value))?);
        } else if name.eq_ignore_ascii_case(TRACEPARENT) {
            found.add_traceparent(Some(value));
        }
        Ok(())
    })?;
    Ok(found)
}

fn many_valued(headers: &str) -> Readable<Headers<'_>> {
    let mut found = Headers::default();
    each_member(Some(headers), |name, value| {
        if let Some(header) = found.credential(name) {
            let mut scanner = Scanner::new(value);
            if scanner.next_kind()? != Kind::List {
                return Err(UnreadableEvent);
            }
            scanner.items(|scanner| {
                let value = scanner.skip(MAX_LEVELS)?;
                header.add(required_text(Some(value)).map_err(|_| NotStrictJson("not a string"))?);
                Ok(())
            })?;
        } else if name.eq_ignore_ascii_case(TRACEPARENT) {
            found.add_traceparent(only_item(value));
        }
        Ok(())
    })?;
    Ok(found)
}

/// The one item of a list that has one.
fn only_item(list: &str) -> Option<&str> {
    let mut scanner = Scanner::new(list);
    if scanner.next_kind().ok()? != Kind::List {
        return None;
    }
    let (mut item, mut more) = (None, false);
    let read = scanner.items(|scanner| {
        more = item.replace(scanner.skip(MAX_LEVELS)?).is_some();
        Ok(())
    });
    read.ok().and(item).filter(|_| !more)
}

/// Calls `each` with name and value of the members of an object, if there is one. A name that is no text is "".
fn each_member<'a>(object: Option<&'a str>, mut each: impl FnMut(&str, &'a str) -> Readable<()>) -> Readable<()> {
    let Some(object) = there(object) else {
        return Ok(());
    };
    let mut scanner = Scanner::new(object);
    if scanner.next_kind()? != Kind::Object {
        return Err(UnreadableEvent);
    }
    Ok(scanner.members(|scanner, name| {
        let value = scanner.skip(MAX_LEVELS)?;
        let name = if let Text::Whole(name) = &name { name.as_ref() } else { "" };
        each(name, value).map_err(|UnreadableEvent| NotStrictJson("not of the type that belongs there"))
    })?)
}

// --- values -----------------------------------------------------------------------------------------------------------

fn rooted(path: Cow<'_, str>) -> Readable<Cow<'_, str>> {
    if path.starts_with('/') { Ok(path) } else { Err(UnreadableEvent) }
}

/// Reads `arn:<partition>:execute-api:<region>:<account>:<api id>/<stage>/…`.
fn endpoint(method_arn: Cow<'_, str>) -> Readable<Endpoint<'_>> {
    let mut slashes = method_arn.match_indices('/').map(|(at, _)| at);
    let (api_end, stage_end) = slashes.next().zip(slashes.next()).ok_or(UnreadableEvent)?;
    let endpoint = Endpoint { method_arn, api_end, stage_end };
    let api = endpoint.method_arn.get(..api_end).unwrap_or_default();
    let parts: Vec<&str> = api.split(':').collect();
    let ["arn", partition, "execute-api", region, account, api_id] = parts.as_slice() else {
        return Err(UnreadableEvent);
    };
    let lower = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    let good = of(partition, 64, lower)
        && of(region, 64, lower)
        && account.len() == 12
        && of(account, 12, |byte| byte.is_ascii_digit())
        && of(api_id, 128, |byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && of(endpoint.stage(), 128, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'$'));
    if good { Ok(endpoint) } else { Err(UnreadableEvent) }
}

fn of(text: &str, most: usize, allowed: impl Fn(u8) -> bool) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn http(headers: &str) -> Vec<u8> {
        format!(
            r#"{{"version":"2.0","type":"REQUEST","routeKey":"GET /","rawPath":"/","headers":{headers},
               "requestContext":{{"http":{{"method":"GET"}}}}}}"#
        )
        .into_bytes()
    }

    #[test]
    fn strings_with_lone_surrogates_deny_where_they_are_read_and_nowhere_else() {
        assert!(read_event(&http(r#"{"\ud800":"a","x":"\ud800","\udfff\ud800":[1]}"#)).is_ok());
        assert!(read_event(&http(r#"{"Authorization":"\ud800"}"#)).is_err());
        assert!(read_event(&http(r#"{"traceparent":"\ud800"}"#)).is_ok_and(|request| request.trace.is_none()));
    }

    #[test]
    fn a_member_that_is_there_twice_is_refused() {
        assert!(read_event(br#"{"version":"2.0","version":"2.0"}"#).is_err());
        let event = http(r#"{"authorization":"a","authorization":"a"}"#);
        assert!(read_event(&event).unwrap().authorization.more);
    }

    #[test]
    fn a_deep_event_is_unreadable_and_ends_nothing() {
        let deep = format!(r#"{{"x":{}"#, "[".repeat(1_000_000));
        assert!(read_event(deep.as_bytes()).is_err());
        assert_eq!(api_of(deep.as_bytes()), ApiKind::Rest);
    }
}
