/** Target `token`: tokens that were changed, put together of others, or signed anew by the issuer itself. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeUrl } from '../../src/base64url.ts';
import { viewsOf } from '../../src/conformance/decisions.ts';
import { number, text } from '../../src/conformance/given.ts';
import { type VerifiedToken, verifyText } from '../../src/token.ts';
import type { View } from '../../src/view.ts';
import { fixtures, vectors } from '../support/vectors.ts';
import { type Change, changed, changes } from './change.ts';
import { fuzz } from './fuzz.ts';
import { Signer } from './signer.ts';

const VIEWS = viewsOf(fixtures('token'));
const SEEDS = vectors('token').map(({ given }) => ({
  view: VIEWS.get(text(given, 'view')),
  token: text(given, 'token'),
  now: number(given, 'now'),
}));
const TEXTS = SEEDS.map(({ token }) => Buffer.from(token));
const PARTS = SEEDS.flatMap(({ token }) => innerParts(token));
const SIGNED = new Set(SEEDS.map(({ token }) => signingInput(token)));
const STEPS = 'malformed issuer typ kid alg key_state signature exp nbf lifetime aud'.split(' ');

test('a token is verified only as it was signed', () => {
  const seed = fc.constantFrom(...SEEDS);
  const whole = fc.tuple(seed, changes(4)).map(([{ token }, made]) => utf8(changed(Buffer.from(token), made, TEXTS)));
  const parts = fc.tuple(seed, changes(3), seed, changes(3), seed);
  const together = parts.map(([header, first, claims, second, signature]) =>
    [inner(header.token, 0, first), inner(claims.token, 1, second), signature.token.split('.')[2] ?? ''].join('.'),
  );
  fuzz('token', fc.tuple(seed, fc.oneof(whole, together)), ([{ view, now }, token]) => {
    if (verified(token, view, now) !== null) assert.ok(SIGNED.has(signingInput(token)), 'verified what nobody signed');
  });
});

test('what the issuer itself signs is verified only within its bounds', () => {
  const issuer = new Signer('issuer-ed25519');
  const header = Buffer.from('{"typ":"at+jwt","alg":"EdDSA","kid":"ed"}');
  const honest = SEEDS.filter(({ token }) => innerParts(token).length === 2);
  const cases = fc.tuple(fc.constantFrom(...honest), changes(2), changes(4));
  fuzz('signed token', cases, ([{ view, token, now }, first, second]) => {
    const made = changed(header, first, PARTS);
    const claims = changed(innerParts(token)[1] ?? Buffer.alloc(0), second, PARTS);
    const read = verified(issuer.token(made, claims), view, now);
    if (read === null) return;
    const said = JSON.parse(utf8(claims)) as Record<string, unknown>;
    const about = JSON.parse(utf8(made)) as Record<string, unknown>;
    const [exp, iat, { clockSkew, maxLifetime }] = [Number(said['exp']), Number(said['iat']), read.issuer];
    assert.equal(said['iss'], read.issuer.issuer);
    assert.ok(exp > now - clockSkew && iat <= now + clockSkew && exp - iat <= maxLifetime, 'out of time');
    assert.ok([said['aud']].flat().some((one) => typeof one === 'string' && view?.audience.has(one)));
    assert.ok(about['alg'] === 'EdDSA' && !Object.hasOwn(about, 'crit'), 'verified under another header');
  });
});

/** The token, if it is verified; the same when it is asked again. */
function verified(token: string, view: View | undefined, now: number): VerifiedToken | null {
  assert.ok(view !== undefined);
  const outcome = verifyText(token, view, now);
  const again = verifyText(token, view, now);
  if (!('effect' in outcome)) {
    assert.ok(!('effect' in again));
    return outcome;
  }
  assert.deepEqual(again, outcome);
  assert.ok(STEPS.includes(outcome.step), outcome.step);
  return null;
}

function inner(token: string, at: number, made: readonly Change[]): string {
  const part = token.split('.')[at] ?? '';
  const read = decodeUrl(part);
  return read === null ? part : Buffer.from(changed(read, made, PARTS)).toString('base64url');
}

function signingInput(token: string): string {
  return token.slice(0, Math.max(0, token.lastIndexOf('.')));
}

/** Header and claims, where they are base64url. */
function innerParts(token: string): readonly Buffer[] {
  const parts = token.split('.').slice(0, 2).map(decodeUrl);
  return parts.filter((part) => part !== null);
}

function utf8(data: Uint8Array): string {
  return Buffer.from(data).toString();
}
