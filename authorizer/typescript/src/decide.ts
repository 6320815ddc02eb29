/**
 * May this request pass? The steps of docs/reference/decision.md in their order; the first that fails ends it.
 *
 * `decide` is total: it allows, or it denies with one step and one reason, and throws nothing. Clock and freshness are
 * arguments; the caller may decide once, read the log if `whenStale` asks for it, and decide again.
 */

import { contains, parseAddress } from './addresses.ts';
import {
  bearerToken,
  choose,
  clientOfApiKey,
  clientOfCertificate,
  isConfirmed,
  type Presented,
} from './credentials.ts';
import { type Client, type Route, WHEN_STALE, type WhenStale } from './entities.ts';
import { apiOf, type Request, readEvent, UnreadableEvent } from './event.ts';
import { type Decision, type Deny, deny, type Freshness, isDeny } from './outcome.ts';
import { pathAllowed, pathFits } from './path.ts';
import { type VerifiedToken, verifyText } from './token.ts';
import type { RouteInView, View } from './view.ts';

/** Decide on one event (parsed JSON) under one view. `now` in whole UTC seconds. */
export function decide(event: unknown, view: View, freshness: Freshness, now: number): Decision {
  // A decision begins as a denial; it gains what each step has proven.
  const begun: Decision = {
    outcome: deny('event', 'malformed_request'),
    gateway: view.gatewayId,
    position: view.position,
    freshness,
    api: view.gateway?.api ?? apiOf(event),
    endpoint: null,
    traceId: null,
    route: null,
    pathFits: null,
    credential: null,
    clientId: null,
    subject: null,
    whenStale: null,
  };
  let request: Request;
  try {
    request = readEvent(event);
  } catch (error) {
    if (error instanceof UnreadableEvent) return begun; // 1
    throw error;
  }
  const soFar = { ...begun, endpoint: request.endpoint, traceId: request.traceId };
  if (view.gateway === null) return { ...soFar, outcome: deny('gateway', 'unknown_gateway') }; // 2
  if (view.gateway.api !== request.api) return { ...soFar, outcome: deny('gateway', 'malformed_request') };
  for (const routeKey of request.routeKeys) {
    const found = view.routes.get(routeKey);
    if (found !== undefined) return onRoute(request, found, view, now, { ...soFar, route: routeKey });
  }
  return { ...soFar, outcome: deny('route', 'unknown_route') }; // 3
}

function onRoute(request: Request, found: RouteInView, view: View, now: number, begun: Decision): Decision {
  let soFar = begun;
  const { route } = found;
  if (!pathAllowed(request, found)) return { ...soFar, outcome: deny('path', 'path_not_allowed') }; // 4
  soFar = { ...soFar, pathFits: pathFits(request.path, found.template) };
  if (route.requirement.demand === 'public') return { ...soFar, outcome: { effect: 'allow', scopes: [] } };
  const presented = choose(request, route);
  if (isDeny(presented)) return { ...soFar, outcome: presented }; // 5
  soFar = { ...soFar, credential: presented.kind };
  const caller = authenticate(presented, view, now);
  if (isDeny(caller)) return { ...soFar, outcome: caller }; // 6 to 17
  const { clientId, client, token } = caller;
  soFar = { ...soFar, clientId, subject: token?.subject ?? null };
  const denied = clientDenied(request, client, token, now) ?? claimsDenied(route, token);
  if (denied !== null) return { ...soFar, outcome: denied }; // 18 to 22
  const scopes = effectiveScopes(view, client, token, now);
  const whenStale = whenSatisfied(route, scopes, view);
  if (whenStale === null) return { ...soFar, outcome: deny('scope', 'insufficient_scope') }; // 23
  soFar = { ...soFar, whenStale };
  if (tooStale(whenStale, soFar.freshness, view.gateway?.denyAfter ?? 0)) {
    return { ...soFar, outcome: deny('stale', 'stale_policy') }; // 24
  }
  return { ...soFar, outcome: { effect: 'allow', scopes: [...scopes].sort() } };
}

/** Whose credential was presented; `token` is null for an API key or a certificate. */
interface Caller {
  readonly clientId: string;
  readonly client: Client;
  readonly token: VerifiedToken | null;
}

/** Steps 6 to 17: whose credential this is. */
function authenticate(presented: Presented, view: View, now: number): Caller | Deny {
  if (presented.kind === 'jwt') return bearerOf(presented.value, view, now);
  const byKey = presented.kind === 'api_key';
  const clientId = byKey ? clientOfApiKey(presented.value, view, now) : clientOfCertificate(presented.value, view);
  if (isDeny(clientId)) return clientId;
  const client = view.clients.get(clientId);
  if (client === undefined) return deny('client', byKey ? 'invalid_api_key' : 'invalid_certificate');
  return { clientId, client, token: null };
}

function bearerOf(authorization: string, view: View, now: number): Caller | Deny {
  const text = bearerToken(authorization);
  const token = isDeny(text) ? text : verifyText(text, view, now);
  if (isDeny(token)) return token;
  const clientId = token.clientId;
  const client = clientId === null ? undefined : view.clients.get(clientId);
  if (clientId === null || client === undefined || client.issuer !== token.issuerName) {
    return deny('client', 'unknown_client'); // 17
  }
  return { clientId, client, token };
}

/** Steps 18 to 21: whether the client, this token of it, or the place it calls from is denied. */
function clientDenied(request: Request, client: Client, token: VerifiedToken | null, now: number): Deny | null {
  if (!client.active) return deny('suspended', 'client_suspended'); // 18
  if (token !== null && isRevoked(token, client, now)) return deny('revoked', 'token_revoked'); // 19
  const cnf = token?.claim('cnf');
  if (cnf !== undefined && !isConfirmed(cnf, request.certificatePem)) return deny('cnf', 'invalid_certificate'); // 20
  if (client.addresses.length > 0 && !isWithin(request.sourceIp, client)) {
    return deny('address', 'address_not_allowed'); // 21
  }
  return null;
}

function isRevoked(token: VerifiedToken, client: Client, now: number): boolean {
  // No skew here: both seconds are the issuer's or the policy's, and a kill switch has no grace.
  if (client.tokensNotBefore !== null && token.issuedAt < client.tokensNotBefore) return true;
  return (
    now < (client.deniedJti.get(token.tokenId ?? '') ?? 0) || now < (client.deniedSub.get(token.subject ?? '') ?? 0)
  );
}

function isWithin(sourceIp: string | null, client: Client): boolean {
  const address = sourceIp === null ? null : parseAddress(sourceIp);
  return address !== null && client.addresses.some((network) => contains(network, address));
}

function claimsDenied(route: Route, token: VerifiedToken | null): Deny | null {
  for (const [name, value] of route.claims) {
    if (token?.claim(name) !== value) return deny('claims', 'claim_mismatch'); // 22
  }
  return null;
}

function effectiveScopes(view: View, client: Client, token: VerifiedToken | null, now: number): ReadonlySet<string> {
  const carried = token?.scopes ?? null;
  const effective = new Set<string>();
  for (const [scope, until] of client.scopes) {
    const granted = until === null || now < until;
    if (granted && view.scopes.get(scope)?.active === true && (carried === null || carried.has(scope))) {
      effective.add(scope);
    }
  }
  return effective;
}

/** Step 23: what the satisfied requirement asks for when stale; null when nothing satisfies it. */
function whenSatisfied(route: Route, scopes: ReadonlySet<string>, view: View): WhenStale | null {
  if (route.requirement.demand === 'any_client') return 'check';
  if (route.requirement.demand === 'public') return null;
  const strictest = route.requirement.sets
    .filter((set) => set.every((scope) => scopes.has(scope)))
    .map((set) => Math.max(...set.map((scope) => WHEN_STALE.indexOf(view.scopes.get(scope)?.whenStale ?? 'deny'))));
  return strictest.length === 0 ? null : (WHEN_STALE[Math.min(...strictest)] ?? null);
}

function tooStale(whenStale: WhenStale, freshness: Freshness, denyAfter: number): boolean {
  if (freshness.state === 'fresh' || whenStale !== 'deny' || !freshness.readFailed) return false;
  return freshness.state === 'floor' || freshness.age === null || freshness.age > denyAfter;
}
