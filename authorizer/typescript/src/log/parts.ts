/**
 * Envelopes above the record limit, cut into parts and put together again (docs/reference/log.md, "Parts").
 *
 * Headers are unsigned: they only say which bytes may belong together. The announced digest says whether they do.
 */

import { digest } from '../digests.ts';
import { HEX_DIGEST } from '../shape.ts';
import { MAX_ENVELOPE } from './envelope.ts';
import { type Refused, refused } from './opening.ts';
import type { LogRecord } from './source.ts';

const ENVELOPE_HEADER = 'gatefleet-envelope';
const PART_HEADER = 'gatefleet-part';

const MAX_PART = 768 * 1024;
const MAX_PARTS = 64;
const MAX_INCOMPLETE = 4;
const MAX_INCOMPLETE_BYTES = 32 * 1024 * 1024;

const PART = /^(0|[1-9][0-9]?)\/([1-9][0-9]?)$/;

/** A whole envelope: one record, or the last of its parts. */
export interface Whole {
  readonly outcome: 'whole';
  readonly envelope: Uint8Array;
}

/** A part that completes nothing yet. */
export interface Pending {
  readonly outcome: 'pending';
}

interface Incomplete {
  readonly envelope: string;
  readonly count: number;
  readonly values: readonly Uint8Array[];
  readonly size: number;
}

interface Place {
  readonly envelope: string;
  readonly index: number;
  readonly count: number;
}

/** The envelopes of which a reader holds some parts, oldest first: at most 4 of them, and 32 MiB. Immutable. */
export class Parts {
  readonly #held: readonly Incomplete[];

  constructor(held: readonly Incomplete[] = []) {
    this.#held = held;
  }

  /** How many envelopes are incomplete. */
  get size(): number {
    return this.#held.length;
  }

  /** Add the next record of the log: a whole envelope passes through, a part is held until its last one came. */
  take(record: LogRecord): readonly [Parts, Whole | Pending | Refused] {
    const place = placeOf(record.headers);
    if (place === null) return [this, { outcome: 'whole', envelope: record.value }];
    return 'outcome' in place ? [this, place] : this.#add(record.value, place);
  }

  #add(value: Uint8Array, { envelope, index, count }: Place): readonly [Parts, Whole | Pending | Refused] {
    const others = this.#held.filter((one) => one.envelope !== envelope);
    const held = this.#held.find((one) => one.envelope === envelope);
    const begun = index === 0 ? { envelope, count, values: [], size: 0 } : held;
    if (begun === undefined || index !== begun.values.length || count !== begun.count) {
      return [new Parts(others), malformed(`part ${index}/${count} does not follow what came of its envelope`)];
    }
    if (value.length === 0 || value.length > MAX_PART) {
      return [new Parts(others), malformed(`part ${index}/${count} of ${value.length} bytes`)];
    }
    const grown = { envelope, count, values: [...begun.values, value], size: begun.size + value.length };
    if (grown.size > MAX_ENVELOPE) {
      return [new Parts(others), refused('too_large', `parts of more than ${MAX_ENVELOPE} bytes`)];
    }
    if (index === count - 1) {
      const whole = Buffer.concat(grown.values);
      const announced = digest(whole) === envelope;
      return [
        new Parts(others),
        announced ? { outcome: 'whole', envelope: whole } : malformed('parts whose digest is not the announced one'),
      ];
    }
    const kept = index === 0 ? [...others, grown] : this.#held.map((one) => (one === begun ? grown : one));
    return [new Parts(bounded(kept, grown)), { outcome: 'pending' }];
  }
}

function placeOf(headers: ReadonlyMap<string, string>): Place | Refused | null {
  const [envelope, part] = [headers.get(ENVELOPE_HEADER), headers.get(PART_HEADER)];
  if (envelope === undefined && part === undefined) return null;
  const form = PART.exec(part ?? '');
  if (form === null || envelope === undefined || !HEX_DIGEST.test(envelope)) {
    return malformed('part headers of another form');
  }
  const [index, count] = [Number(form[1]), Number(form[2])];
  if (index >= count || count > MAX_PARTS) return malformed(`part ${index} of ${count}`);
  return { envelope, index, count };
}

/** The one just added to stays: alone it is within both bounds. */
function bounded(held: readonly Incomplete[], newest: Incomplete): readonly Incomplete[] {
  const kept = [...held];
  const size = () => kept.reduce((sum, one) => sum + one.size, 0);
  while (kept.length > MAX_INCOMPLETE || size() > MAX_INCOMPLETE_BYTES) {
    kept.splice(
      kept.findIndex((one) => one !== newest),
      1,
    );
  }
  return kept;
}

function malformed(what: string): Refused {
  return refused('malformed', what);
}
