/**
 * What a user would write instead: a JWT library, a `Map` of routes and one of clients.
 *
 * Same events, same tokens, and of a token the same is asked: issuer, type, algorithm, key, signature, times, lifetime,
 * audience, client, scopes. Neither writes a line about the decision, nor follows anything.
 */

import { randomUUID } from 'node:crypto';
import { JwtVerifier } from 'aws-jwt-verify';
import { createLocalJWKSet, type JWTPayload, jwtVerify } from 'jose';
import type { Workload } from './workload.ts';

const SKEW = 30; // seconds, as the issuer of the workload has it
const LIFETIME = 3600;

/** Takes an event's JSON and gives the response's. */
export type Peer<Answer> = (event: string) => Answer;

/** `jose` with a local key set; it gives promises, for it verifies by WebCrypto. */
export function jose(given: Workload): Peer<Promise<string>> {
  const keys = createLocalJWKSet({ keys: [...given.jwks.keys] as never[] });
  const asked = {
    issuer: given.issuer,
    audience: given.audience,
    typ: 'at+jwt',
    algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
    requiredClaims: ['exp', 'iat', 'client_id'],
    clockTolerance: SKEW,
  };
  const policy = policyOf(given);
  return async (text) => {
    const event = JSON.parse(text) as Event;
    const { payload } = await jwtVerify(bearer(event), keys, asked);
    return answer(event, payload, policy);
  };
}

/** `aws-jwt-verify` with its keys loaded; it verifies by `node:crypto`, and knows no PS256. */
export function awsJwtVerify(given: Workload): Peer<string> {
  const verifier = JwtVerifier.create({
    issuer: given.issuer,
    audience: given.audience,
    jwksUri: 'https://login.example.com/jwks.json',
    graceSeconds: SKEW,
    customJwtCheck: ({ header }) => {
      if (header['typ'] !== 'at+jwt') throw new Error('typ');
    },
  });
  verifier.cacheJwks({ keys: [...given.jwks.keys] as never[] });
  const policy = policyOf(given);
  return (text) => {
    const event = JSON.parse(text) as Event;
    return answer(event, verifier.verifySync(bearer(event)) as JWTPayload, policy);
  };
}

interface Event {
  readonly routeKey: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface Policy {
  readonly routes: ReadonlyMap<string, readonly (readonly string[])[]>;
  readonly clients: ReadonlyMap<string, ReadonlySet<string>>;
}

function policyOf({ entities, gateway }: Workload): Policy {
  const { routes } = JSON.parse(entities[`gateway/${gateway}`] ?? '{}') as {
    routes: Record<string, { any_of: string[][] }>;
  };
  const clients = Object.entries(entities).filter(([key]) => key.startsWith('client/'));
  return {
    routes: new Map(Object.entries(routes).map(([key, route]) => [key, route.any_of])),
    clients: new Map(
      clients.map(([key, value]) => [
        key.slice('client/'.length),
        new Set(Object.keys((JSON.parse(value) as { scopes: object }).scopes)),
      ]),
    ),
  };
}

function bearer(event: Event): string {
  return (event.headers['authorization'] ?? '').slice('Bearer '.length);
}

function answer(event: Event, claims: JWTPayload, { routes, clients }: Policy): string {
  const granted = clients.get(String(claims['client_id']));
  const carried = new Set(String(claims['scope']).split(' '));
  const lives = (claims.exp ?? 0) - (claims.iat ?? 0);
  const isAuthorized =
    lives > 0 &&
    lives <= LIFETIME &&
    (routes.get(event.routeKey) ?? []).some((set) => set.every((one) => carried.has(one) && granted?.has(one)));
  const context = {
    decision_id: randomUUID(),
    client_id: claims['client_id'],
    subject: claims.sub,
    scopes: [...carried].filter((one) => granted?.has(one)).join(' '),
  };
  return JSON.stringify({ isAuthorized, context });
}
