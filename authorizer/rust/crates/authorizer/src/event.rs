//! Step 1, `event`: the two forms in which API Gateway calls a Lambda authorizer, read into one `Request`.
//!
//! AWS documents them under "Control access to HTTP APIs with Lambda authorizers" (payload format 2.0) and "Input to an
//! API Gateway Lambda authorizer" (`REQUEST`). Only the members that a step needs are read, in place and without a tree
//! of the rest; of another type than documented, they make the whole event unreadable.

use std::borrow::Cow;

use crate::entities::ApiKind;
use crate::strict_json::{Kind, NotStrictJson, Scanner, Text, Value};
use crate::trace::TraceId;

const AUTHORIZATION: &str = "authorization";
const API_KEY: &str = "x-api-key";
const TRACEPARENT: &str = "traceparent";
/// API Gateway nests four levels; more than this is nobody's event.
const MAX_DEPTH: usize = 513;

/// The event is of no form this authorizer knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnreadableEvent;

impl From<NotStrictJson> for UnreadableEvent {
    fn from(_: NotStrictJson) -> Self {
        UnreadableEvent
    }
}

type Readable<T> = Result<T, UnreadableEvent>;
type Scanned<T> = Result<T, NotStrictJson>;

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

/// Reads an event.
pub fn read_event(event: &[u8]) -> Readable<Request<'_>> {
    let members = members_of(event)?;
    if members.kind.required()? != "REQUEST" {
        return Err(UnreadableEvent);
    }
    let context = members.context.required()?;
    let path_parameters = members.path_parameters.optional()?.unwrap_or_default();
    let path_parameters = path_parameters.into_iter().map(Member::required).collect::<Readable<_>>()?;
    if members.version == Member::Absent {
        let endpoint = endpoint(members.method_arn.required()?)?;
        let headers = members.many_headers.optional()?;
        let headers = headers.map_or_else(|| members.headers.optional(), |many| Ok(Some(many)))?;
        let headers = headers.unwrap_or_default();
        let identity = context.identity.optional()?.unwrap_or_default();
        return Ok(Request {
            api: ApiKind::Rest,
            matched: Matched::Resource(members.resource.required()?),
            method: members.method.required()?,
            path: rooted(members.path.required()?)?,
            stage: Some(Cow::Owned(endpoint.stage().into())),
            endpoint: Some(endpoint),
            path_parameters,
            authorization: headers.authorization.credentials()?,
            api_key: headers.api_key.credentials()?,
            source_ip: identity.source_ip.optional()?,
            certificate_pem: pem(identity.certificate)?,
            trace: headers.traceparent.trace(),
        });
    }
    if members.version.required()? != "2.0" {
        return Err(UnreadableEvent);
    }
    let http = context.http.required()?;
    let headers = members.headers.optional()?.unwrap_or_default();
    Ok(Request {
        api: ApiKind::Http,
        matched: Matched::RouteKey(members.route_key.required()?),
        method: http.method.required()?,
        path: rooted(members.raw_path.required()?)?,
        stage: context.stage.optional()?,
        endpoint: None,
        path_parameters,
        authorization: headers.authorization.credentials()?,
        api_key: headers.api_key.credentials()?,
        certificate_pem: pem(context.authentication.optional()?.unwrap_or_default().certificate)?,
        source_ip: http.source_ip.optional()?,
        trace: headers.traceparent.trace(),
    })
}

fn pem(certificate: Member<MemberText<'_>>) -> Readable<Option<Cow<'_, str>>> {
    certificate.optional()?.unwrap_or_default().optional()
}

/// The form that an event claims; of one that is neither, the form in which it is denied.
pub fn api_of(event: &[u8]) -> ApiKind {
    match members_of(event) {
        Ok(Members { version: Member::Is(version), .. }) if version == "2.0" => ApiKind::Http,
        _ => ApiKind::Rest,
    }
}

// --- members ----------------------------------------------------------------------------------------------------------

/// A member of an object, read where it stands and judged where it is needed: a form has members that the other one has
/// not, and of what no step needs nothing is asked but that it is JSON.
#[derive(Debug, Default, PartialEq)]
enum Member<T> {
    #[default]
    Absent,
    Null,
    Is(T),
    /// Of another type; or there twice, so that it could be either.
    Other,
}

type MemberText<'a> = Member<Cow<'a, str>>;

impl<T> Member<T> {
    fn required(self) -> Readable<T> {
        if let Member::Is(value) = self { Ok(value) } else { Err(UnreadableEvent) }
    }

    fn optional(self) -> Readable<Option<T>> {
        match self {
            Member::Absent | Member::Null => Ok(None),
            Member::Is(value) => Ok(Some(value)),
            Member::Other => Err(UnreadableEvent),
        }
    }

    /// Reads the value that is next.
    fn fill<'a>(
        &mut self,
        scanner: &mut Scanner<'a>,
        kind: Kind,
        read: impl FnOnce(&mut Scanner<'a>) -> Scanned<Option<T>>,
    ) -> Scanned<()> {
        let value = match scanner.next_kind()? {
            found if found == kind => read(scanner)?.map_or(Member::Other, Member::Is),
            Kind::Literal if scanner.literal()? == Value::Null => Member::Null,
            Kind::Literal => Member::Other,
            _ => scanner.skip().map(|()| Member::Other)?,
        };
        *self = if matches!(self, Member::Absent) { value } else { Member::Other };
        Ok(())
    }
}

impl<'a> MemberText<'a> {
    fn text(&mut self, scanner: &mut Scanner<'a>) -> Scanned<()> {
        self.fill(scanner, Kind::Text, |scanner| Ok(whole(scanner.text()?)))
    }
}

impl<T: Default> Member<T> {
    /// Reads an object, each member by its name; a name that is no text is "".
    fn object<'a>(
        &mut self,
        scanner: &mut Scanner<'a>,
        mut member: impl FnMut(&mut T, &str, &mut Scanner<'a>) -> Scanned<()>,
    ) -> Scanned<()> {
        self.fill(scanner, Kind::Object, |scanner| {
            let mut found = T::default();
            scanner.members(|scanner, name| member(&mut found, &whole(name).unwrap_or_default(), scanner))?;
            Ok(Some(found))
        })
    }
}

fn whole(text: Text<'_>) -> Option<Cow<'_, str>> {
    if let Text::Whole(text) = text { Some(text) } else { None }
}

/// What is read of an event.
#[derive(Default)]
struct Members<'a> {
    version: MemberText<'a>,
    kind: MemberText<'a>,
    context: Member<Context<'a>>,
    route_key: MemberText<'a>,
    raw_path: MemberText<'a>,
    method_arn: MemberText<'a>,
    method: MemberText<'a>,
    resource: MemberText<'a>,
    path: MemberText<'a>,
    path_parameters: Member<Vec<MemberText<'a>>>,
    headers: Member<Headers<'a>>,
    many_headers: Member<Headers<'a>>,
}

/// What is read of `requestContext`.
#[derive(Debug, Default)]
struct Context<'a> {
    http: Member<Caller<'a>>,
    stage: MemberText<'a>,
    authentication: Member<Caller<'a>>,
    identity: Member<Caller<'a>>,
}

/// What is read of the objects in it.
#[derive(Debug, Default)]
struct Caller<'a> {
    method: MemberText<'a>,
    source_ip: MemberText<'a>,
    certificate: Member<MemberText<'a>>,
}

impl<'a> Caller<'a> {
    fn member(&mut self, name: &str, scanner: &mut Scanner<'a>) -> Scanned<()> {
        match name {
            "method" => self.method.text(scanner),
            "sourceIp" => self.source_ip.text(scanner),
            "clientCert" => self.certificate.object(scanner, |pem, name, scanner| match name {
                "clientCertPem" => pem.text(scanner),
                _ => scanner.skip(),
            }),
            _ => scanner.skip(),
        }
    }
}

fn members_of(event: &[u8]) -> Readable<Members<'_>> {
    let text = std::str::from_utf8(event).map_err(|_| UnreadableEvent)?;
    let mut scanner = Scanner::new(text, MAX_DEPTH);
    let mut members = Member::<Members<'_>>::default();
    members.object(&mut scanner, |members, name, scanner| match name {
        "version" => members.version.text(scanner),
        "type" => members.kind.text(scanner),
        "routeKey" => members.route_key.text(scanner),
        "rawPath" => members.raw_path.text(scanner),
        "methodArn" => members.method_arn.text(scanner),
        "httpMethod" => members.method.text(scanner),
        "resource" => members.resource.text(scanner),
        "path" => members.path.text(scanner),
        "pathParameters" => members.path_parameters.object(scanner, |values, _, scanner| {
            let mut value = MemberText::default();
            value.text(scanner)?;
            values.push(value);
            Ok(())
        }),
        "headers" => members.headers.object(scanner, Headers::one),
        "multiValueHeaders" => members.many_headers.object(scanner, Headers::many),
        "requestContext" => members.context.object(scanner, |context, name, scanner| match name {
            "http" => context.http.object(scanner, Caller::member),
            "stage" => context.stage.text(scanner),
            "authentication" => context.authentication.object(scanner, Caller::member),
            "identity" => context.identity.object(scanner, Caller::member),
            _ => scanner.skip(),
        }),
        _ => scanner.skip(),
    })?;
    scanner.end()?;
    members.required()
}

/// What is read of the headers: those that can hold a credential, and `traceparent`.
#[derive(Debug, Default)]
struct Headers<'a> {
    authorization: Header<'a>,
    api_key: Header<'a>,
    traceparent: Header<'a>,
}

impl<'a> Headers<'a> {
    /// Reads a member of `headers`: a value.
    fn one(&mut self, name: &str, scanner: &mut Scanner<'a>) -> Scanned<()> {
        match self.named(name) {
            Some(header) => header.add(scanner),
            None => scanner.skip(),
        }
    }

    /// Reads a member of `multiValueHeaders`: a list of values.
    fn many(&mut self, name: &str, scanner: &mut Scanner<'a>) -> Scanned<()> {
        let Some(header) = self.named(name) else {
            return scanner.skip();
        };
        if scanner.next_kind()? != Kind::List {
            header.unreadable = true;
            return scanner.skip();
        }
        let mut empty = true;
        scanner.items(|scanner| {
            empty = false;
            header.add(scanner)
        })?;
        header.empty |= empty;
        Ok(())
    }

    fn named(&mut self, name: &str) -> Option<&mut Header<'a>> {
        let headers = [
            (AUTHORIZATION, &mut self.authorization),
            (API_KEY, &mut self.api_key),
            (TRACEPARENT, &mut self.traceparent),
        ];
        headers.into_iter().find(|(one, _)| name.eq_ignore_ascii_case(one)).map(|(_, header)| header)
    }
}

/// One header, however often it is there.
#[derive(Debug, Default)]
struct Header<'a> {
    values: Values<'a>,
    /// It holds something else than text.
    unreadable: bool,
    /// It is there without a value.
    empty: bool,
}

impl<'a> Header<'a> {
    fn add(&mut self, scanner: &mut Scanner<'a>) -> Scanned<()> {
        let mut value = MemberText::default();
        value.text(scanner)?;
        match value {
            Member::Is(_) if self.values.first.is_some() => self.values.more = true,
            Member::Is(value) => self.values.first = Some(value),
            _ => self.unreadable = true,
        }
        Ok(())
    }

    fn credentials(self) -> Readable<Values<'a>> {
        if self.unreadable { Err(UnreadableEvent) } else { Ok(self.values) }
    }

    /// The trace of a `traceparent` that is there once; of any other it is none, and no step minds.
    fn trace(self) -> Option<TraceId> {
        let once = !self.unreadable && !self.empty && !self.values.more;
        self.values.first.filter(|_| once).and_then(|text| TraceId::of(&text))
    }
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
