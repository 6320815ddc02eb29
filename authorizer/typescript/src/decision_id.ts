/** Ids of decisions: random, so that none can be guessed, chosen by a client, or met twice. */

import { randomFillSync } from 'node:crypto';

const ID_LENGTH = 16; // bytes
// Asking for random bytes costs as much as reading an event, however few they are.
const AT_ONCE = 256;

const drawn = Buffer.alloc(AT_ONCE * ID_LENGTH);
let left = 0;

/** A new id: 32 hex digits. */
export function decisionId(): string {
  if (left === 0) {
    randomFillSync(drawn);
    left = AT_ONCE;
  }
  left -= 1;
  return drawn.toString('hex', left * ID_LENGTH, (left + 1) * ID_LENGTH);
}
