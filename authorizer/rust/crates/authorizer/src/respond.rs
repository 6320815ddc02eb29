//! A decision as API Gateway wants it: a simple response, a policy, or the error that becomes 401.
//!
//! HTTP APIs take payload format 2.0's simple response. REST APIs answer 401 only to the error `Unauthorized`, and 403
//! to a Deny, whose context reaches the gateway response (docs/reference/decision.md, "The response").

use crate::entities::ApiKind;
use crate::event::Endpoint;
use crate::json_text::JsonObject;
use crate::outcome::{Decision, Deny};
use crate::path::is_parameter;

/// What the Lambda function says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// A JSON object.
    Body(String),
    /// A REST API's failed authentication: the function fails with exactly the message [`UNAUTHORIZED`].
    Unauthorized,
}

/// The message that API Gateway turns into 401.
pub const UNAUTHORIZED: &str = "Unauthorized";

/// The answer to API Gateway. `decision_id`: 32 random hex digits, made by the caller.
pub fn respond(decision: &Decision<'_>, decision_id: &str) -> Response {
    let mut body = JsonObject::new();
    if decision.api == ApiKind::Http {
        body.raw("isAuthorized", decision.allowed());
    } else {
        let authenticated = !matches!(decision.outcome, Err(Deny(_, reason)) if reason.status() == 401);
        let Some(endpoint) = decision.endpoint.as_ref().filter(|_| authenticated) else {
            return Response::Unauthorized; // a REST event whose `methodArn` was never read has failed authentication
        };
        body.text("principalId", decision.client_id.unwrap_or("-")).object("policyDocument", |policy| {
            policy.text("Version", "2012-10-17").only("Statement", |statement| {
                statement
                    .text("Action", "execute-api:Invoke")
                    .text("Effect", if decision.allowed() { "Allow" } else { "Deny" })
                    .text("Resource", &resource(endpoint, decision.route));
            });
        });
    }
    body.object("context", |context| fill_context(context, decision, decision_id));
    Response::Body(body.finish())
}

/// The ARN that a policy names: the deployed API and the declared template, nothing of the request.
pub fn resource(endpoint: &Endpoint<'_>, route_key: Option<&str>) -> String {
    let mut arn = String::from(endpoint.deployment());
    let Some((method, path)) = route_key.and_then(|key| key.split_once(' ')) else {
        arn.push_str("/*/*");
        return arn;
    };
    arn.push('/');
    arn.push_str(if method == "ANY" { "*" } else { method });
    for segment in path.strip_prefix('/').unwrap_or(path).split('/') {
        arn.push('/');
        if is_parameter(segment) {
            arn.push('*');
        } else {
            arn.extend(segment.chars().map(|character| if is_literal(character) { character } else { '?' }));
        }
    }
    arn
}

/// Anything else could mean something in an IAM policy (`*`, `?`, `${…}`), where `?` stands for any one character.
fn is_literal(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-._~:@,+".contains(character)
}

fn fill_context(context: &mut JsonObject, decision: &Decision<'_>, decision_id: &str) {
    context
        .text("decision_id", decision_id)
        .plain("revision", decision.position)
        .text("freshness", decision.freshness.state.as_str());
    match &decision.outcome {
        Err(Deny(_, reason)) => context.text("reason", reason.as_str()),
        Ok(allow) => context
            .optional("client_id", decision.client_id)
            .optional("subject", decision.subject.as_deref())
            .text("scopes", &allow.0.join(" ")),
    };
}
