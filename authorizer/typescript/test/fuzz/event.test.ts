/** Target `event`: what API Gateway could send, and what it never sends. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { number, optional, text } from '../../src/conformance/given.ts';
import { decide } from '../../src/decide.ts';
import type { CredentialKind } from '../../src/entities.ts';
import { logLine } from '../../src/log_line.ts';
import type { Decision, Freshness } from '../../src/outcome.ts';
import { respond, UNAUTHORIZED } from '../../src/respond.ts';
import type { View } from '../../src/view.ts';
import { vectors, views } from '../support/vectors.ts';
import { changed, changes } from './change.ts';
import { fuzz } from './fuzz.ts';

const ID = '0123456789abcdef0123456789abcdef';
const VIEWS = views();
const ASKED = vectors('decide').map(({ given }) => ({
  view: VIEWS.get(text(given, 'view')),
  event: Buffer.from(JSON.stringify(optional(given, 'event') ?? null)),
  now: number(given, 'now'),
}));
const EVENTS = ASKED.map(({ event }) => event);
/** The member, in lower case, in which an event has a credential of the kind. */
const PLACES = { jwt: 'authorization', api_key: 'x-api-key', certificate: 'clientcertpem' } as const;
const KINDS: readonly CredentialKind[] = ['jwt', 'api_key', 'certificate'];
const ISSUED = new Set(
  EVENTS.flatMap((event) => KINDS.flatMap((kind) => presented(JSON.parse(event.toString()), kind))),
);

test('an event is decided once and never allowed without a credential that was issued', () => {
  const freshness: fc.Arbitrary<Freshness> = fc.record({
    state: fc.constantFrom('fresh', 'stale', 'floor'),
    age: fc.option(fc.nat(65535)),
    readFailed: fc.boolean(),
  });
  const cases = fc.record({ asked: fc.constantFrom(...ASKED), made: changes(6), freshness });
  fuzz('event', cases, ({ asked: { view, event, now }, made, freshness }) => {
    assert.ok(view !== undefined);
    const given = parsed(changed(event, made, EVENTS));
    if (given === undefined) return; // the runtime fails before it asks anybody
    const decision = decide(given, view, freshness, now);
    assert.deepEqual(decide(given, view, freshness, now), decision);
    answered(decision);
    if (decision.outcome.effect === 'allow') allowedForAReason(given, decision, view);
  });
});

/** The response and the log line say what was decided. */
function answered(decision: Decision): void {
  const { outcome } = decision;
  const line = JSON.parse(logLine(decision, ID, { now: 0, latencyMs: 0 })) as { decision: string };
  assert.equal(line.decision, outcome.effect);
  const said = respond(decision, ID);
  if (said === UNAUTHORIZED) {
    assert.equal(outcome.effect, 'deny');
    return;
  }
  const allowed = 'isAuthorized' in said ? said.isAuthorized : said.policyDocument.Statement[0].Effect === 'Allow';
  assert.equal(allowed, outcome.effect === 'allow');
  assert.equal(said.context['reason'], outcome.effect === 'deny' ? outcome.reason : undefined);
}

function allowedForAReason(event: unknown, { route, credential, clientId }: Decision, view: View): void {
  const declared = view.gateway?.routes.get(route ?? '');
  assert.ok(declared !== undefined, 'allowed without a route');
  if (declared.requirement.demand === 'public') {
    assert.equal(clientId, null);
    return;
  }
  assert.ok(credential !== null && declared.credentials.includes(credential));
  assert.equal(view.clients.get(clientId ?? '')?.active, true);
  assert.ok(
    presented(event, credential).some((one) => ISSUED.has(one)),
    'a credential of nobody',
  );
}

/** What an event presents as a credential of this kind, wherever in it; certificates without white space. */
function presented(value: unknown, kind: CredentialKind): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    name.toLowerCase() === PLACES[kind] ? texts(member) : presented(member, kind),
  );
}

function texts(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(texts);
  if (typeof value !== 'string') return [];
  return [value.includes('CERTIFICATE') ? value.replace(/[ \t\r\n]/g, '') : value];
}

function parsed(event: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(event).toString()) as unknown;
  } catch {
    return undefined;
  }
}
