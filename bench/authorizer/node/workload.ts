/** The workload of a run (bench/authorizer/workload.py), as this build and its peers take it. */

import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Algorithm, type Entry, readEntry } from '../../../authorizer/typescript/src/entities.ts';

/** One token; its two parts are ASCII, the signature base64url. */
export interface Token {
  readonly signing_input: string;
  readonly signature: string;
}

/** What `workload.py` describes. */
export interface Workload {
  readonly now: number;
  readonly gateway: string;
  readonly position: { readonly epoch: number; readonly revision: number; readonly digest: string };
  readonly entities: Readonly<Record<string, string>>;
  readonly event: string;
  readonly route: string;
  readonly scope: string;
  readonly issuer: string;
  readonly audience: string;
  readonly jwks: { readonly keys: readonly JsonWebKey[] };
  readonly tokens: Readonly<Record<Algorithm, readonly Token[]>>;
}

/** Read the workload that the first argument names. */
export function workload(): Workload {
  const [path = ''] = process.argv.slice(2);
  return JSON.parse(readFileSync(path, 'utf8')) as Workload;
}

/** Entities as a follower holds them. */
export function entriesOf(entities: Workload['entities']): ReadonlyMap<string, Entry> {
  return new Map(Object.entries(entities).map(([key, value]) => [key, readEntry(key, value)]));
}

/** The public key of an algorithm. */
export function publicKey({ jwks }: Workload, alg: Algorithm): KeyObject {
  const key = jwks.keys.find((one) => one['kid'] === alg);
  if (key === undefined) throw new Error(`no key for ${alg}`);
  return createPublicKey({ key, format: 'jwk' });
}

/** The events of an algorithm's tokens, as JSON texts. */
export function eventsOf({ event, tokens }: Workload, alg: Algorithm): readonly string[] {
  return tokens[alg].map((token) => event.replace('TOKEN', `${token.signing_input}.${token.signature}`));
}

/** `r ‖ s` (RFC 7518 section 3.4) as ECDSA-Sig-Value (RFC 5480 section 2.2.3), which `node:crypto` takes quicker. */
export function derOf(signature: Buffer): Buffer {
  const integers = [signature.subarray(0, 32), signature.subarray(32)].map((bytes) => {
    const digits = bytes.subarray(bytes.findIndex((byte) => byte !== 0));
    const positive = (digits[0] ?? 0) < 0x80 ? digits : Buffer.concat([Buffer.alloc(1), digits]);
    return Buffer.concat([Buffer.from([0x02, positive.length]), positive]);
  });
  const body = Buffer.concat(integers);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}
