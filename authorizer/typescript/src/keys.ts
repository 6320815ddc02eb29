/**
 * Signature verification under an issuer's key: exact lengths and ranges here, the primitive from `node:crypto`.
 *
 * Step 12 of docs/reference/decision.md. A key that the contract does not call usable verifies nothing: versions of
 * OpenSSL differ in what they take for a key or a signature, so nothing is left to them but the mathematics.
 */

import { constants, createPublicKey, type JsonWebKey, verify as verifies } from 'node:crypto';
import { decodeUrl } from './base64url.ts';
import type { IssuerKey } from './entities.ts';
import { integer, isPoint, isScalar } from './p256.ts';

/** Takes message and signature, and says whether the signature is good. */
type Verifier = (message: Uint8Array, signature: Uint8Array) => boolean;

const ED25519_ORDER = Buffer.from('1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed', 'hex');
const ED25519_FIELD = 2n ** 255n - 19n;
// RFC 8032 gives no rule for points of small order; under such a "key" anybody can sign.
const SMALL_ORDER_Y: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  ED25519_FIELD - 1n,
  littleEndian(Buffer.from('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', 'hex')),
  littleEndian(Buffer.from('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a', 'hex')),
]);

// A view's entities are immutable and outlive it, so a key is made ready once for as long as anybody holds it.
const verifiers = new WeakMap<IssuerKey, Verifier | Unusable>();
type Unusable = 'unusable';

/** Whether `signature` over `message` is good under `key`; never when the key is unusable. */
export function signedBy(key: IssuerKey, message: Uint8Array, signature: Uint8Array): boolean {
  let verifier = verifiers.get(key);
  if (verifier === undefined) {
    verifier = verifierOf(key);
    verifiers.set(key, verifier);
  }
  return verifier !== 'unusable' && verifier(message, signature);
}

/**
 * Remembers that exact tokens verified under exact keys, and nothing else: every other step runs each time.
 *
 * Bounded: two generations of at most `MOST` tokens each; what is asked for again moves to the younger one.
 */
export class VerifiedSignatures {
  #young = new Map<string, IssuerKey>();
  #old: ReadonlyMap<string, IssuerKey> = new Map();

  /** How many tokens are remembered. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** Whether the signature of this token is good under this key; `verify` is asked unless it is remembered. */
  ask(token: string, key: IssuerKey, verify: () => boolean): boolean {
    if (this.#young.get(token) === key) return true;
    const good = this.#old.get(token) === key || verify();
    if (good) {
      if (this.#young.size >= MOST) [this.#old, this.#young] = [this.#young, new Map()];
      this.#young.set(token, key);
    }
    return good;
  }
}

export const MOST = 512;

// --- details ---------------------------------------------------------------------------------------------------------

/** What verifies under a key; a key that the contract does not call usable never reaches the platform. */
export function verifierOf(key: IssuerKey): Verifier | Unusable {
  const member = (name: string): Buffer => decodeUrl(key.jwk.get(name) ?? '') ?? Buffer.alloc(0);
  const jwk = Object.fromEntries(key.jwk);
  switch (key.alg) {
    case 'RS256':
    case 'PS256':
      return rsa(key.alg, jwk, member('n'), member('e'));
    case 'ES256':
      return p256(jwk, member('x'), member('y'));
    case 'EdDSA':
      return ed25519(jwk, member('x'));
  }
}

function rsa(alg: 'RS256' | 'PS256', jwk: JsonWebKey, modulus: Buffer, exponent: Buffer): Verifier | Unusable {
  const [first, last] = [modulus.at(0) ?? 0, modulus.at(-1) ?? 0];
  const bits = 8 * modulus.length - (Math.clz32(first) - 24);
  if (exponent.toString('hex') !== '010001' || first === 0 || last % 2 === 0 || bits < 2048 || bits > 4096) {
    return 'unusable';
  }
  const ofLength = (signature: Uint8Array) => (signature.length === modulus.length ? signature : null);
  // For an RSA key by itself the padding is that of PKCS#1 v1.5. RFC 7518 section 3.5: the salt is as long as the digest.
  const scheme = alg === 'RS256' ? null : { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  return primitive(jwk, 'sha256', ofLength, scheme);
}

function p256(jwk: JsonWebKey, x: Buffer, y: Buffer): Verifier | Unusable {
  return isPoint(x, y) ? primitive(jwk, 'sha256', derOf) : 'unusable';
}

function ed25519(jwk: JsonWebKey, x: Buffer): Verifier | Unusable {
  const y = littleEndian(x) & (2n ** 255n - 1n);
  if (x.length !== 32 || y >= ED25519_FIELD || SMALL_ORDER_Y.has(y)) return 'unusable';
  return primitive(jwk, null, (signature) => (signature.length === 64 && sBelowOrder(signature) ? signature : null));
}

/** A verifier of what `admitted` lets through: the signature as the primitive wants it, or null. */
function primitive(
  jwk: JsonWebKey,
  algorithm: 'sha256' | null,
  admitted: (signature: Uint8Array) => Uint8Array | null,
  scheme: { padding: number; saltLength: number } | null = null,
): Verifier | Unusable {
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    // A key by itself costs half of what one beside options does: they are read again at each call.
    const under = scheme === null ? key : { key, ...scheme };
    return (message, signature) => {
      try {
        const good = admitted(signature);
        return good !== null && verifies(algorithm, message, under, good);
      } catch {
        return false;
      }
    };
  } catch {
    return 'unusable';
  }
}

/** Whether S, the last 32 bytes in little-endian, is below the group order (RFC 8032 section 5.1.7). */
export function sBelowOrder(signature: Uint8Array): boolean {
  for (let at = 0; at < 32; at += 1) {
    const difference = (signature[63 - at] ?? 0) - (ED25519_ORDER[at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** `r ‖ s` (RFC 7518 section 3.4) as ECDSA-Sig-Value (RFC 5480 section 2.2.3); null unless both are from 1 to n − 1. */
export function derOf(signature: Uint8Array): Uint8Array | null {
  if (signature.length !== 64 || !isScalar(signature, 0) || !isScalar(signature, 32)) return null;
  const der = new Uint8Array(72);
  const length = derInteger(der, derInteger(der, 2, signature, 0), signature, 32);
  [der[0], der[1]] = [0x30, length - 2];
  return der.subarray(0, length);
}

/** Write the 32 bytes from `from` on as an INTEGER to `der`, from `to` on; where it ends. */
function derInteger(der: Uint8Array, to: number, bytes: Uint8Array, from: number): number {
  let first = from;
  while (bytes[first] === 0) first += 1;
  const sign = (bytes[first] ?? 0) < 0x80 ? 0 : 1; // it is positive
  const length = sign + from + 32 - first;
  [der[to], der[to + 1]] = [0x02, length];
  for (let at = first; at < from + 32; at += 1) der[to + 2 + sign + at - first] = bytes[at] ?? 0;
  return to + 2 + length;
}

function littleEndian(bytes: Uint8Array): bigint {
  return integer(bytes.toReversed());
}
