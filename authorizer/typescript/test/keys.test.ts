import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { IssuerKey } from '../src/entities.ts';
import { derOf, MOST, sBelowOrder, VerifiedSignatures, verifierOf } from '../src/keys.ts';
import { isPoint, isScalar } from '../src/p256.ts';

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

test('a modulus is odd, of 2,048 to 4,096 bits, and its exponent is 65,537', () => {
  const usable = (bits: number, last = 1, e = 'AQAB', zeros = 0) => {
    const modulus = Buffer.alloc(Math.ceil(bits / 8) + zeros, 0xff);
    modulus.fill(0, 0, zeros);
    modulus[zeros] = 0xff >> ((8 - (bits % 8)) % 8);
    modulus[modulus.length - 1] = last;
    const jwk = new Map([
      ['kty', 'RSA'],
      ['n', modulus.toString('base64url')],
      ['e', e],
    ] as const);
    return verifierOf({ ...aKey(), alg: 'RS256', jwk }) !== 'unusable';
  };
  for (const bits of [2048, 2049, 2055, 2056, 4095, 4096]) assert.ok(usable(bits), `${bits}`);
  for (const bits of [0, 7, 2040, 2047, 4097, 4104]) assert.ok(!usable(bits), `${bits}`);
  assert.ok(!usable(2048, 2) && !usable(2048, 0) && !usable(2048, 1, 'Aw') && !usable(2048, 1, 'AQAB', 1));
});

test('a point of small order, or whose y is not reduced, is no key', () => {
  const usable = (point: Uint8Array) => {
    const jwk = new Map([
      ['kty', 'OKP'],
      ['crv', 'Ed25519'],
      ['x', Buffer.from(point).toString('base64url')],
    ] as const);
    return verifierOf({ ...aKey(), jwk }) !== 'unusable';
  };
  const point = (first: number, middle: number, last: number) =>
    Buffer.alloc(32, middle).fill(first, 0, 1).fill(last, 31);
  for (const sign of [0, 0x80]) {
    for (const first of [0, 1]) assert.ok(!usable(point(first, 0, sign)), `${first}`);
    for (const first of [0xec, 0xed, 0xee, 0xff]) assert.ok(!usable(point(first, 0xff, 0x7f | sign)), `${first}`);
    assert.ok(usable(point(0xeb, 0xff, 0x7f | sign)) && usable(point(2, 0, sign)));
  }
  assert.ok(!usable(Buffer.alloc(31, 9)) && !usable(Buffer.alloc(33, 9)));
});

test('S of an Ed25519 signature is below the group order', () => {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const below = (s: bigint) => sBelowOrder(Buffer.concat([Buffer.alloc(32, 0xff), bytes(s).toReversed()]));
  for (const s of [0n, 1n, order - 1n, order - 256n, 2n ** 252n]) assert.ok(below(s), `${s}`);
  for (const s of [order, order + 1n, order + 256n, 2n ** 256n - 1n]) assert.ok(!below(s), `${s}`);
});

const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

test('r and s of an ES256 signature are from 1 to n - 1', () => {
  const good = [1n, 255n, 256n, P256_ORDER - 1n, P256_ORDER - 256n, 2n ** 255n];
  const bad = [0n, P256_ORDER, P256_ORDER + 1n, P256_ORDER + 256n, 2n ** 256n - 1n];
  for (const one of good) {
    for (const other of [...good, ...bad]) {
      const pair = Buffer.concat([bytes(one), bytes(other)]);
      assert.ok(isScalar(pair, 0));
      assert.equal(isScalar(pair, 32), good.includes(other), `${other}`);
      assert.equal(derOf(pair) !== null, good.includes(other), `${one} ${other}`);
      assert.equal(derOf(Buffer.concat([bytes(other), bytes(one)])) !== null, good.includes(other), `${other} ${one}`);
    }
  }
  const pair = Buffer.concat([bytes(1n), bytes(1n)]);
  assert.ok(
    derOf(pair.subarray(0, 63)) === null &&
      derOf(Buffer.concat([pair, pair])) === null &&
      derOf(Buffer.alloc(0)) === null,
  );
});

test('a signature in DER has the shortest integers, positive', () => {
  const scalar = fc.bigInt({ min: 1n, max: P256_ORDER - 1n });
  const short = fc.bigInt({ min: 1n, max: 70_000n });
  fc.assert(
    fc.property(fc.oneof(scalar, short), fc.oneof(scalar, short), (r, s) => {
      const integers = [r, s].map((one) => {
        const digits = one.toString(16);
        const padded = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
        const positive = (padded[0] ?? 0) < 0x80 ? padded : Buffer.concat([Buffer.alloc(1), padded]);
        return Buffer.concat([Buffer.of(2, positive.length), positive]);
      });
      const body = Buffer.concat(integers);
      const der = derOf(Buffer.concat([bytes(r), bytes(s)]));
      assert.deepEqual(Buffer.from(der ?? []), Buffer.concat([Buffer.of(0x30, body.length), body]));
    }),
  );
});

test('coordinates are 32 bytes below the prime, on the curve', () => {
  const field = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
  // x = 0 is on the curve: y is a square root of b.
  const y = bytes(0x66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4n);
  assert.ok(isPoint(bytes(0n), y));
  assert.ok(!isPoint(bytes(field), y) && !isPoint(bytes(1n), y) && !isPoint(y, bytes(0n)));
  assert.ok(!isPoint(Buffer.alloc(33), y) && !isPoint(bytes(0n), Buffer.concat([Buffer.alloc(1), y])));
});

/** 32 bytes, the most significant first. */
function bytes(number: bigint): Buffer {
  return Buffer.from(number.toString(16).padStart(64, '0'), 'hex');
}
