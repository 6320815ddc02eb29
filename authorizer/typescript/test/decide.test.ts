import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Views, viewsOf } from '../src/conformance/decisions.ts';
import { type Given, isGiven, number, object, optional, text } from '../src/conformance/given.ts';
import { decide } from '../src/decide.ts';
import { logLine } from '../src/log_line.ts';
import type { Decision, Freshness } from '../src/outcome.ts';
import { respond } from '../src/respond.ts';
import type { View } from '../src/view.ts';
import { fixtures, vectors, views } from './support/vectors.ts';

const VIEWS = views();
const FRESH: Freshness = { state: 'fresh', age: 0, readFailed: false };
const CASES = vectors('decide').filter((one) => optional(one.given, 'view') !== 'absent');
const ALLOWED = CASES.filter((one) => optional(one.expect, 'effect') === 'allow');
const NOW = 1793534400;

function viewOf(given: Given): View {
  const view = VIEWS.get(text(given, 'view'));
  assert.ok(view !== undefined);
  return view;
}

/** A decision, answered and written down as well: nothing of that may throw either. */
function decided(event: unknown, view: View, now: number): Decision {
  const decision = decide(event, view, FRESH, now);
  respond(decision, '0'.repeat(32));
  logLine(decision, '0'.repeat(32), { now, latencyMs: 1 });
  return decision;
}

test('no event makes a decision throw, and one made of anything is never allowed', () => {
  fc.assert(
    fc.property(fc.oneof(fc.anything({ withNullPrototype: true }), fc.jsonValue()), (event) => {
      for (const view of VIEWS.values()) assert.equal(decided(event, view, NOW).outcome.effect, 'deny');
    }),
    { numRuns: 5000 },
  );
});

test('a token that verified before is held against everything else again', () => {
  const expired = (given: Given) => decided(optional(given, 'event'), viewOf(given), number(given, 'now') + 1e8);
  const under = (given: Given, changed: Views) => {
    const view = changed.get(text(given, 'view'));
    assert.ok(view !== undefined);
    return decided(optional(given, 'event'), view, number(given, 'now'));
  };
  const revoked = viewsWith((issuer) => issuer.replaceAll(/"state":"(?:active|retiring)"/g, '"state":"revoked"'));
  const swapped = viewsWith((issuer) => issuer.replaceAll(/"(n|x)":"[^"]{8}/g, '"$1":"AQIDBAUG'));
  let tokens = 0;
  for (const { given } of ALLOWED.filter(({ given }) => tokenIn(given) !== null)) {
    if (decided(optional(given, 'event'), viewOf(given), number(given, 'now')).credential !== 'jwt') continue;
    tokens += 1;
    assert.deepEqual(expired(given).outcome, { effect: 'deny', step: 'exp', reason: 'expired' });
    assert.deepEqual(under(given, revoked).outcome, { effect: 'deny', step: 'key_state', reason: 'key_not_active' });
    assert.deepEqual(under(given, swapped).outcome, { effect: 'deny', step: 'signature', reason: 'invalid_signature' });
  }
  assert.ok(tokens > 20);
});

test('names of prototypes are nobody: no route, key, client, issuer or header has them', () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];
  for (const { given } of ALLOWED) {
    for (const name of names) {
      const event = structuredClone(optional(given, 'event'));
      assert.ok(isGiven(event));
      const routed = { ...event, routeKey: name, httpMethod: name, resource: name };
      assert.equal(decided(routed, viewOf(given), NOW).outcome.effect, 'deny');
      // A parser that sets prototypes would make these members the event's own.
      const inherited = Object.create(event) as object;
      assert.equal(decided(inherited, viewOf(given), NOW).outcome.effect, 'deny');
    }
  }
});

/** The fixtures' views, with every issuer's value changed. */
function viewsWith(changed: (issuer: string) => string): Views {
  const given = structuredClone(fixtures('decide')) as { views: Record<string, { entities: Record<string, string> }> };
  for (const { entities } of Object.values(given.views)) {
    for (const [key, value] of Object.entries(entities)) if (key.startsWith('issuer/')) entities[key] = changed(value);
  }
  return viewsOf(given);
}

function tokenIn(given: Given): string | null {
  const headers = optional(object(given, 'event'), 'headers');
  const value = isGiven(headers) ? (optional(headers, 'authorization') ?? optional(headers, 'Authorization')) : null;
  return typeof value === 'string' && value.startsWith('Bearer ') ? value.slice('Bearer '.length) : null;
}
