/** Signs with the published test keys, which sign nothing else. */

import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { digest } from '../../src/digests.ts';
import { pae } from '../../src/log/envelope.ts';

const FOLDER = new URL('../../../../contract/vectors/testkeys/', import.meta.url);

/** An Ed25519 key. */
export class Signer {
  readonly #key: KeyObject;

  /** The test key of this name. */
  constructor(name: string) {
    this.#key = createPrivateKey(readFileSync(new URL(`${name}.pem`, FOLDER)));
  }

  /** A token with this header and these claims. */
  token(header: Uint8Array, claims: Uint8Array): string {
    const input = [header, claims].map((part) => Buffer.from(part).toString('base64url')).join('.');
    return `${input}.${sign(null, Buffer.from(input), this.#key).toString('base64url')}`;
  }

  /** An envelope with this payload. */
  envelope(payloadType: string, payload: Uint8Array): Uint8Array {
    const keyid = digest(createPublicKey(this.#key).export({ format: 'der', type: 'spki' }));
    const sig = sign(null, pae(payloadType, payload), this.#key).toString('base64');
    const envelope = { payload: Buffer.from(payload).toString('base64'), payloadType, signatures: [{ keyid, sig }] };
    return Buffer.from(JSON.stringify(envelope));
  }
}
