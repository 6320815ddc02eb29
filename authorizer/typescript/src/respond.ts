/**
 * A decision as API Gateway wants it: a simple response, a policy, or the error that becomes 401.
 *
 * HTTP APIs take payload format 2.0's simple response. REST APIs answer 401 only to the error `Unauthorized`, and 403
 * to a Deny, whose context reaches the gateway response (docs/reference/decision.md, "The response").
 */

import { positionText } from './digests.ts';
import type { Endpoint } from './event.ts';
import type { Decision } from './outcome.ts';
import { isParameter } from './path.ts';
import { statusOf } from './reasons.ts';

// Anything else could mean something in an IAM policy (`*`, `?`, `${…}`), where `?` stands for any one character.
const NOT_LITERAL = /[^A-Za-z0-9._~:@,+-]/g;

/** A REST API's failed authentication: the Lambda function fails with exactly this message. */
export const UNAUTHORIZED = 'Unauthorized';

/** What travels to the access log, the gateway responses and the back end. */
export type Context = Readonly<Record<string, string>>;

/** An HTTP API's simple response. */
export interface SimpleResponse {
  readonly isAuthorized: boolean;
  readonly context: Context;
}

/** A REST API's policy. */
export interface PolicyResponse {
  readonly principalId: string;
  readonly policyDocument: {
    readonly Version: '2012-10-17';
    readonly Statement: readonly [
      { readonly Action: 'execute-api:Invoke'; readonly Effect: 'Allow' | 'Deny'; readonly Resource: string },
    ];
  };
  readonly context: Context;
}

/** The answer to API Gateway. `decisionId`: 32 random hex digits, made by the caller. */
export function respond(decision: Decision, decisionId: string): SimpleResponse | PolicyResponse | typeof UNAUTHORIZED {
  const { outcome, endpoint } = decision;
  const context = contextOf(decision, decisionId);
  if (decision.api === 'http') return { isAuthorized: outcome.effect === 'allow', context };
  if (outcome.effect === 'deny' && statusOf(outcome.reason) === 401) return UNAUTHORIZED;
  if (endpoint === null) return UNAUTHORIZED; // a REST event whose `methodArn` was never read has failed above
  const Effect = outcome.effect === 'allow' ? 'Allow' : 'Deny';
  const Resource = resource(endpoint, decision.route);
  return {
    principalId: decision.clientId ?? '-',
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Action: 'execute-api:Invoke', Effect, Resource }],
    },
    context,
  };
}

/** The ARN that a policy names: the deployed API and the declared template, nothing of the request. */
export function resource(endpoint: Endpoint, routeKey: string | null): string {
  const { partition, region, account, apiId, stage } = endpoint;
  const deployed = `arn:${partition}:execute-api:${region}:${account}:${apiId}/${stage}`;
  if (routeKey === null) return `${deployed}/*/*`;
  const [method, path = ''] = routeKey.split(' ', 2);
  const segments = path.slice(1).split('/');
  const template = segments.map((one) => (isParameter(one) ? '*' : one.replace(NOT_LITERAL, '?')));
  return `${deployed}/${method === 'ANY' ? '*' : method}/${template.join('/')}`;
}

function contextOf(decision: Decision, decisionId: string): Context {
  const context: Record<string, string> = {
    decision_id: decisionId,
    revision: positionText(decision.position),
    freshness: decision.freshness.state,
  };
  if (decision.outcome.effect === 'deny') {
    context['reason'] = decision.outcome.reason;
    return context;
  }
  if (decision.clientId !== null) context['client_id'] = decision.clientId;
  if (decision.subject !== null) context['subject'] = decision.subject;
  context['scopes'] = decision.outcome.scopes.join(' ');
  return context;
}
