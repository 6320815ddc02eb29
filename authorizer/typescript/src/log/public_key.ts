/**
 * Public keys of the log: Ed25519 (RFC 8032) and ECDSA on P-256 with SHA-256.
 *
 * A key is known by the SHA-256 of its SubjectPublicKeyInfo (RFC 5280 section 4.1), and by one encoding only: a second
 * encoding would be a second id, and one key could then stand for two in a threshold.
 */

import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { digest } from '../digests.ts';
import { isPoint } from '../p256.ts';

/** What a key of the log can be. */
export const KEY_ALGORITHMS = ['ed25519', 'ecdsa-p256'] as const;
export type KeyAlgorithm = (typeof KEY_ALGORITHMS)[number];

// The bytes before the key itself: RFC 8410 section 4; RFC 5480 section 2, an uncompressed point of a named curve.
const ED25519_SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const P256_SPKI = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex');

/** One verification key; only `readPublicKey` makes one, so its SPKI is its one accepted encoding. */
export class PublicKey {
  readonly alg: KeyAlgorithm;
  /** SHA-256 of the SPKI, lowercase hex. */
  readonly keyid: string;
  readonly #key: KeyObject;

  constructor(alg: KeyAlgorithm, spki: Uint8Array) {
    this.alg = alg;
    this.keyid = digest(spki);
    this.#key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  }

  /** Whether `signature` over `message` is this key's: 64 bytes, or a DER ECDSA-Sig-Value over SHA-256. */
  verifies(signature: Uint8Array, message: Uint8Array): boolean {
    try {
      return verify(this.alg === 'ed25519' ? null : 'sha256', message, this.#key, signature);
    } catch {
      return false;
    }
  }
}

/** Read a DER SubjectPublicKeyInfo; null when it is no Ed25519 or P-256 key in its usual encoding. */
export function readPublicKey(spki: Uint8Array): PublicKey | null {
  const alg = algorithmOf(Buffer.from(spki));
  if (alg === null) return null;
  try {
    return new PublicKey(alg, spki);
  } catch {
    return null;
  }
}

function algorithmOf(spki: Buffer): KeyAlgorithm | null {
  if (spki.length === ED25519_SPKI.length + 32 && spki.subarray(0, -32).equals(ED25519_SPKI)) return 'ed25519';
  const isP256 = spki.length === P256_SPKI.length + 64 && spki.subarray(0, -64).equals(P256_SPKI);
  return isP256 && isPoint(spki.subarray(-64, -32), spki.subarray(-32)) ? 'ecdsa-p256' : null;
}
