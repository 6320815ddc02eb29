/** Digests and positions: what two parties compare to know that they hold the same policy. */

import { createHash, hash } from 'node:crypto';

export const GENESIS_PARENT = '0'.repeat(64);

/** Where a follower stands on the chain: epoch, revision and the SHA-256 of that revision's payload bytes. */
export interface Position {
  readonly epoch: number;
  readonly revision: number;
  readonly digest: string;
}

/** A position for people: `<epoch>/<revision>`. */
export function positionText(position: Position): string {
  return `${position.epoch}/${position.revision}`;
}

/** SHA-256 in lowercase hex; of a string its UTF-8. */
export function digest(data: Uint8Array | string): string {
  return hash('sha256', data, 'hex');
}

/**
 * SHA-256 over key ‖ 0x00 ‖ SHA-256(value) of all entities, in byte order of the (ASCII) keys.
 *
 * Over every entity of an environment this is the state, over those of one gateway's view the view digest.
 */
export function stateDigest(values: ReadonlyMap<string, string>): string {
  const whole = createHash('sha256');
  for (const key of [...values.keys()].sort()) {
    whole.update(`${key}\0`, 'ascii');
    whole.update(hash('sha256', values.get(key) ?? '', 'buffer'));
  }
  return whole.digest('hex');
}
