import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IssuerKey } from '../src/entities.ts';
import { MOST, VerifiedSignatures } from '../src/keys.ts';

function aKey(): IssuerKey {
  return { alg: 'EdDSA', jwk: new Map(), state: 'active', notAfter: null };
}

test('a token is remembered under its key and under no other', () => {
  const verified = new VerifiedSignatures();
  const [one, other] = [aKey(), aKey()];
  assert.ok(verified.ask('token', one, () => true));
  assert.ok(verified.ask('token', one, () => assert.fail('asked again')));
  assert.ok(!verified.ask('token', other, () => false));
  assert.ok(!verified.ask('token ', one, () => false));
});

test('a bad signature is not remembered', () => {
  const [verified, key] = [new VerifiedSignatures(), aKey()];
  assert.ok(!verified.ask('token', key, () => false));
  assert.ok(verified.ask('token', key, () => true));
});

test('what is remembered is bounded, what is used stays, and what is not is forgotten', () => {
  const [verified, key] = [new VerifiedSignatures(), aKey()];
  for (let number = 0; number < 10 * MOST; number += 1) {
    assert.ok(verified.ask('kept', key, () => number === 0));
    verified.ask(String(number), key, () => true);
    assert.ok(verified.size <= 2 * MOST);
  }
  assert.ok(!verified.ask('0', key, () => false));
});
