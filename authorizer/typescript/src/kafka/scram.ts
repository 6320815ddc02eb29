/** SCRAM (RFC 5802, RFC 7677) as Kafka speaks it: pure, but for the salted password, which takes milliseconds. */

import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto';
import { decodeStandard } from '../base64url.ts';

export const SCRAM_MECHANISMS = ['SCRAM-SHA-512', 'SCRAM-SHA-256'] as const;

export type ScramMechanism = (typeof SCRAM_MECHANISMS)[number];

/** A server's message that is not SCRAM's, or proves nothing. It never quotes the message. */
export class ScramRefused extends Error {
  readonly at: 'server_first' | 'server_final';

  constructor(at: 'server_first' | 'server_final', what: string) {
    super(`SCRAM: ${what}`);
    this.at = at;
  }
}

/** What a password is turned into for one salt: both keys of RFC 5802 section 3. */
interface Keys {
  readonly client: Buffer;
  readonly server: Buffer;
}

const DIGESTS = { 'SCRAM-SHA-512': ['sha512', 64], 'SCRAM-SHA-256': ['sha256', 32] } as const;
const FEWEST_ITERATIONS = 4096; // RFC 7677 section 4
const MOST_ITERATIONS = 1_000_000;
const KEPT = 2;
// "n,,": neither channel binding nor another identity.
const GS2_HEADER = 'n,,';

/** Remembers the keys of the newest salts, so that a password is hashed thousands of times once only. */
export class ScramKeys {
  readonly #kept = new Map<string, Keys>();

  async of(mechanism: ScramMechanism, password: string, salt: Buffer, iterations: number): Promise<Keys> {
    const [hash, length] = DIGESTS[mechanism];
    // The password is part of the name by its digest: a rotated one has keys of its own.
    const secret = createHash('sha256').update(password).digest('base64');
    const name = [mechanism, salt.toString('base64'), iterations, secret].join();
    const kept = this.#kept.get(name);
    if (kept !== undefined) return kept;
    const salted = await new Promise<Buffer>((resolve, reject) => {
      pbkdf2(password, salt, iterations, length, hash, (error, key) => (error === null ? resolve(key) : reject(error)));
    });
    const keys = { client: hmac(hash, salted, 'Client Key'), server: hmac(hash, salted, 'Server Key') };
    this.#kept.set(name, keys);
    for (const oldest of [...this.#kept.keys()].slice(0, -KEPT)) this.#kept.delete(oldest);
    return keys;
  }
}

/** One authentication: two messages out, two in. */
export class Scram {
  readonly #mechanism: ScramMechanism;
  readonly #password: string;
  readonly #keys: ScramKeys;
  readonly #nonce: string;
  readonly #firstBare: string;
  #serverSignature: Buffer | null = null;

  constructor(mechanism: ScramMechanism, username: string, password: string, nonce: string, keys: ScramKeys) {
    this.#mechanism = mechanism;
    this.#password = password;
    this.#keys = keys;
    this.#nonce = nonce;
    this.#firstBare = `n=${username.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}`;
  }

  /** client-first-message. */
  get clientFirst(): string {
    return GS2_HEADER + this.#firstBare;
  }

  /** client-final-message, in answer to server-first-message. Rejects with `ScramRefused`. */
  async clientFinal(serverFirst: string): Promise<string> {
    const { nonce, salt, iterations } = readFirst(serverFirst, this.#nonce);
    const [hash] = DIGESTS[this.#mechanism];
    const { client, server } = await this.#keys.of(this.#mechanism, this.#password, salt, iterations);
    const withoutProof = `c=${Buffer.from(GS2_HEADER).toString('base64')},r=${nonce}`;
    const signed = [this.#firstBare, serverFirst, withoutProof].join();
    const signature = hmac(hash, createHash(hash).update(client).digest(), signed);
    const proof = client.map((byte, at) => byte ^ (signature[at] ?? 0));
    this.#serverSignature = hmac(hash, server, signed);
    return `${withoutProof},p=${Buffer.from(proof).toString('base64')}`;
  }

  /** Whether the server knew the password, by server-final-message. Throws `ScramRefused` when it did not. */
  verify(serverFinal: string): void {
    const told = /^v=([^,]+)(?:,|$)/.exec(serverFinal)?.[1];
    const signature = decodeStandard(told ?? '');
    const expected = this.#serverSignature;
    if (expected === null || signature?.length !== expected.length || !timingSafeEqual(signature, expected)) {
      throw new ScramRefused('server_final', 'the server does not prove that it knows the password');
    }
  }
}

function readFirst(serverFirst: string, ours: string): { nonce: string; salt: Buffer; iterations: number } {
  const [, nonce = '', told = '', count] =
    /^r=([!-+\--~]+),s=([^,]+),i=([1-9][0-9]{0,6})(?:,|$)/.exec(serverFirst) ?? [];
  if (!nonce.startsWith(ours) || nonce.length === ours.length) refuse('a nonce that is not ours');
  const salt = decodeStandard(told);
  if (salt === null || salt.length === 0) return refuse('a salt that is none');
  const iterations = Number(count);
  if (iterations < FEWEST_ITERATIONS || iterations > MOST_ITERATIONS) refuse(`${iterations} iterations`);
  return { nonce, salt, iterations };
}

function refuse(what: string): never {
  throw new ScramRefused('server_first', what);
}

function hmac(hash: string, key: Buffer, text: string): Buffer {
  return createHmac(hash, key).update(text).digest();
}
