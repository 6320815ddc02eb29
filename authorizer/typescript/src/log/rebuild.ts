/**
 * Gives a gateway's holdings at an accepted position from the log itself, for a view that needs more than it held.
 *
 * It starts at the log's beginning, or at a snapshot where that is not genesis, and keeps its place when time runs out:
 * the next bounded read goes on from there. INVARIANT: the chain that leads to the position ends in the very payload
 * that was accepted, so this adds entities and never another history.
 */

import type { Position } from '../digests.ts';
import type { Entry } from '../entities.ts';
import { Holdings } from '../view.ts';
import { adoptBase, after, type ChainState, judge, type Verdict } from './chain.ts';
import { Parts } from './parts.ts';
import { type Batch, type LogRecord, LogUnavailable } from './source.ts';
import type { Trust } from './trust.ts';

/** Where records come from, within a deadline. */
export type ReadBatch = (offset: number) => Promise<Batch>;

/** One rebuild, under way. */
export class Rebuild {
  readonly target: Position;
  readonly #gatewayId: string;
  readonly #trust: Trust;
  readonly #entries = new Map<string, Entry>();
  #chain: ChainState = { position: null, refusedThrough: null };
  #parts = new Parts();
  #offset = 0;

  constructor(target: Position, gatewayId: string, trust: Trust) {
    this.target = target;
    this.#gatewayId = gatewayId;
    this.#trust = trust;
  }

  /** Go on to the target. Throws `LogUnavailable` when the log does not lead there (in time). */
  async finish(read: ReadBatch): Promise<Holdings> {
    for (;;) {
      const batch = await read(this.#offset);
      if (batch.rewound && this.#offset > 0)
        throw new LogUnavailable('the log was recreated while the view was rebuilt');
      for (const record of batch.records) {
        this.#take(record);
        if (this.#reached()) return Holdings.build(this.#gatewayId, this.#entries);
      }
      if (batch.atEnd) throw new LogUnavailable('the log does not lead to the revision that the view needs');
      this.#offset = batch.nextOffset;
    }
  }

  #take(record: LogRecord): void {
    const [parts, taken] = this.#parts.take(record);
    this.#parts = parts;
    if (taken.outcome !== 'whole') return;
    const verdict = this.#verdict(taken.envelope);
    if (verdict.outcome !== 'accepted') return;
    if (verdict.body.type === 'revision') {
      for (const [key, entry] of verdict.body.changes) {
        if (entry === null) this.#entries.delete(key);
        else this.#entries.set(key, entry);
      }
    } else if (verdict.body.type === 'snapshot' && this.#chain.position === null) {
      for (const [key, entry] of verdict.body.entities) this.#entries.set(key, entry);
    }
    this.#chain = after(this.#chain, verdict);
  }

  #verdict(envelope: Uint8Array): Verdict {
    const verdict = judge(this.#chain.position, envelope, this.#trust);
    const mayBegin = this.#chain.position === null && verdict.outcome === 'refused';
    return mayBegin ? adoptBase(null, envelope, this.#trust) : verdict;
  }

  #reached(): boolean {
    const { position } = this.#chain;
    return (
      position?.epoch === this.target.epoch &&
      position.revision === this.target.revision &&
      position.digest === this.target.digest
    );
  }
}
