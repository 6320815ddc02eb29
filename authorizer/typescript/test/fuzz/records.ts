/** The records that vectors give whole, where they meet a follower. */

import { trustsOf } from '../../src/conformance/chain.ts';
import { bytes, type Given, isGiven, list, number, optional, text } from '../../src/conformance/given.ts';
import type { Position } from '../../src/digests.ts';
import { type Envelope, parseEnvelope } from '../../src/log/envelope.ts';
import type { Trust } from '../../src/log/trust.ts';
import { Malformed } from '../../src/shape.ts';
import { fixtures, vectors } from '../support/vectors.ts';

const TRUSTS = trustsOf(fixtures('chain'));

export interface Seed {
  readonly trust: Trust;
  readonly held: Position | null;
  readonly envelope: Uint8Array;
}

export const SEEDS: readonly Seed[] = vectors('chain').flatMap(({ given }) => {
  if (optional(given, 'trust') === undefined) return [];
  const whole = list(given, 'records').filter((record) => optional(record, 'value') !== undefined);
  const held = optional(given, 'held');
  const about = { trust: trustNamed(text(given, 'trust')), held: isGiven(held) ? positionOf(held) : null };
  return whole.map((record) => ({ ...about, envelope: bytes(record, 'value') }));
});

/** The trust document of this name. */
export function trustNamed(name: string): Trust {
  const trust = TRUSTS.get(name);
  if (trust === undefined) throw new Error(`no trust ${name}`);
  return trust;
}

/** What an envelope carries; null: it is none. */
export function envelopeIn(data: Uint8Array): Envelope | null {
  try {
    return parseEnvelope(data);
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}

/** Bytes as a key of a set. */
export function hex(data: Uint8Array): string {
  return Buffer.from(data).toString('hex');
}

function positionOf(held: Given): Position {
  return { epoch: number(held, 'epoch'), revision: number(held, 'revision'), digest: text(held, 'digest') };
}
