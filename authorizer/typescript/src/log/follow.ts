/**
 * Follows a log into one gateway's view, from its floor on: what an authorizer does between decisions.
 *
 * Thaw-aware: nothing here runs by itself, and nothing trusts that time passed while it ran. The caller asks at every
 * invocation whether a read is due by the wall clock, and makes at most one, bounded, before it decides.
 */

import type { Position } from '../digests.ts';
import type { Reads, Standing } from '../heartbeat.ts';
import type { Freshness } from '../outcome.ts';
import type { RefusalReason } from '../reasons.ts';
import { Holdings, NeedsSnapshot, View } from '../view.ts';
import { type Accepted, after, type ChainState, judge, type Verdict } from './chain.ts';
import { Parts } from './parts.ts';
import { type Floor, positionOf } from './payloads.ts';
import { type ReadBatch, Rebuild } from './rebuild.ts';
import { type Batch, type LogRecord, LogUnavailable, type RevisionSource } from './source.ts';
import type { Trust } from './trust.ts';

const LONGEST_PAUSE = 30_000; // ms between attempts to read a log that cannot be read

/** Milliseconds of UTC on the wall clock. */
export type Clock = () => number;

/** What a follower stands on: replaced whole, so a decision never sees half of a revision. */
interface Held {
  readonly view: View;
  readonly holdings: Holdings;
  readonly chain: ChainState;
}

/** One read of the log under way; `deadline` on the wall clock. */
interface Reading {
  readonly deadline: number;
  readonly result: Promise<boolean>;
}

/**
 * The policy of one gateway, from the floor on.
 *
 * `source` null serves from the floor alone. `jitter` gives a factor for each pause, so that a fleet does not come back
 * at once.
 */
export class Follower {
  readonly refusals = new Map<RefusalReason, number>();
  readonly #trust: Trust;
  readonly #source: RevisionSource | null;
  readonly #clock: Clock;
  readonly #jitter: () => number;
  #held: Held;
  #offset: number;
  #hinted: boolean;
  #parts = new Parts();
  #onLog = false;
  #rebuild: Rebuild | null = null;
  #reading: Reading | null = null;
  #attempts = 0;
  #failure: string | null = null;
  #lastSuccess: number | null = null;
  #failures = 0;
  #notBefore = Number.NEGATIVE_INFINITY;
  #reads = noReads();

  constructor(
    floor: Floor,
    trust: Trust,
    source: RevisionSource | null,
    clock: Clock,
    jitter: () => number = () => 0.5 + Math.random() / 2,
  ) {
    const holdings = Holdings.build(floor.gateway, floor.entities);
    const position = positionOf(floor);
    this.#held = { view: new View(holdings, position), holdings, chain: { position, refusedThrough: null } };
    this.#offset = floor.offset ?? 0;
    this.#hinted = this.#offset > 0;
    this.#trust = trust;
    this.#source = source;
    this.#clock = clock;
    this.#jitter = jitter;
  }

  /** The newest accepted policy. */
  get view(): View {
    return this.#held.view;
  }

  /** Why the latest read failed, for people; null after one that succeeded. */
  get failure(): string | null {
    return this.#failure;
  }

  /** How current the view is at `now`. */
  freshness(now: number): Freshness {
    const readFailed = this.#source === null || this.#failures > 0;
    if (this.#lastSuccess === null) return { state: 'floor', age: null, readFailed };
    const elapsed = now - this.#lastSuccess;
    // The clock was set back: nobody knows how long ago the last read was.
    if (elapsed < 0) return { state: 'stale', age: null, readFailed };
    const { gateway } = this.view;
    const recent = gateway !== null && elapsed <= gateway.maxStaleness * 1000;
    const fresh = recent && this.#held.chain.refusedThrough === null;
    return { state: fresh ? 'fresh' : 'stale', age: Math.ceil(elapsed / 1000), readFailed };
  }

  /** Where it stands at `now`, for a heartbeat. */
  standing(now: number): Standing {
    const { position, digest: view } = this.view;
    return { position, view, freshness: this.freshness(now), follows: this.#source !== null };
  }

  /** The reads that ended since this was asked last, and what they refused. */
  takeReads(): Reads {
    const reads = this.#reads;
    this.#reads = noReads();
    return reads;
  }

  /** Whether to read before deciding: the view is not fresh, and no pause after a failed read is running. */
  readDue(now: number): boolean {
    // A pause that is longer than any we set was set before the clock went back.
    const pausing = now < this.#notBefore && this.#notBefore <= now + LONGEST_PAUSE;
    return this.#source !== null && this.freshness(now).state !== 'fresh' && !pausing;
  }

  /**
   * Read the log to its end, at most `timeoutMs`; whether that succeeded. Never rejects.
   *
   * It succeeds when the end was reached, this follower's position was seen on this log, and no validly signed refusal
   * stands (docs/reference/log.md). Whatever was accepted until then counts either way.
   */
  read(timeoutMs: number): Promise<boolean> {
    if (this.#source === null) return Promise.resolve(false);
    const now = this.#clock();
    // A read that slept through its deadline, frozen, is given up: its connection is not to be trusted.
    if (this.#reading !== null && now <= this.#reading.deadline) return this.#reading.result;
    const deadline = now + timeoutMs;
    const result = this.#attempt(this.#source, deadline, now);
    this.#reading = { deadline, result };
    return result;
  }

  async #attempt(source: RevisionSource, deadline: number, started: number): Promise<boolean> {
    this.#attempts += 1;
    const attempt = this.#attempts;
    const isCurrent = () => attempt === this.#attempts;
    let succeeded = false;
    try {
      await this.#readToEnd(this.#bounded(source, deadline, isCurrent), deadline);
      succeeded = this.#onLog && this.#held.chain.refusedThrough === null;
      this.#failure = succeeded ? null : 'the log does not show this position, or holds policy that was refused';
    } catch (error) {
      // Nothing that a log or its source does ends a process that decides.
      if (isCurrent()) this.#failure = error instanceof Error ? error.message : String(error);
    }
    if (isCurrent() && succeeded) this.#reads.succeeded += 1;
    else this.#reads.failed += 1;
    if (!isCurrent()) return false;
    this.#reading = null;
    if (succeeded) {
      [this.#lastSuccess, this.#failures, this.#notBefore] = [started, 0, Number.NEGATIVE_INFINITY];
    } else {
      const pause = Math.min(LONGEST_PAUSE, 1000 * 2 ** this.#failures);
      this.#failures = Math.min(this.#failures + 1, 10);
      this.#notBefore = this.#clock() + pause * this.#jitter();
    }
    return succeeded;
  }

  /** Reads of the source that end at the deadline, whether the source keeps it or not. */
  #bounded(source: RevisionSource, deadline: number, isCurrent: () => boolean): ReadBatch {
    return async (offset) => {
      const left = deadline - this.#clock();
      if (left <= 0) throw new LogUnavailable('the end of the log was not reached in time');
      const batch = await within(left, source.read(offset, left));
      if (!isCurrent()) throw new LogUnavailable('given up');
      return batch;
    };
  }

  async #readToEnd(read: ReadBatch, deadline: number): Promise<void> {
    if (await this.#followToEnd(read, deadline)) return;
    this.#offset = 0;
    this.#beginAnew();
    await this.#followToEnd(read, deadline); // without a hint nothing misleads
  }

  /** Take records up to the end of the log; false where the floor's offset misled. */
  async #followToEnd(read: ReadBatch, deadline: number): Promise<boolean> {
    for (;;) {
      const batch = await read(this.#offset);
      // Truncated or recreated: it must show our position before it counts again.
      if (batch.rewound) this.#beginAnew();
      for (const record of batch.records) {
        this.#offset = record.offset; // one that cannot be applied in time is read again
        if (this.#clock() > deadline) throw new LogUnavailable('the end of the log was not reached in time');
        if (!(await this.#take(record, read))) return false;
      }
      this.#offset = batch.nextOffset;
      if (batch.atEnd) return this.#onLog || !this.#hinted;
    }
  }

  /** Forget what was seen of this log: it is read from its beginning. */
  #beginAnew(): void {
    [this.#hinted, this.#parts, this.#onLog, this.#rebuild] = [false, new Parts(), false, null];
  }

  /** Whether the floor's offset led elsewhere than to its revision, or past something. */
  #misled(verdict: Verdict): boolean {
    if (!this.#hinted) return false;
    if (this.#onLog) return verdict.outcome === 'refused' && verdict.reason === 'broken_chain';
    return verdict.outcome !== 'ignored' || verdict.digest !== this.view.position.digest;
  }

  /** Take one record; false where the floor's offset misled, and nothing was taken. */
  async #take(record: LogRecord, read: ReadBatch): Promise<boolean> {
    const [parts, taken] = this.#parts.take(record);
    if (taken.outcome !== 'pending') {
      const verdict = taken.outcome === 'whole' ? judge(this.#held.chain.position, taken.envelope, this.#trust) : taken;
      if (this.#misled(verdict)) return false;
      if (taken.outcome === 'refused') this.#count(taken.reason);
      else await this.#follow(verdict, read);
    }
    this.#parts = parts;
    return true;
  }

  async #follow(verdict: Verdict, read: ReadBatch): Promise<void> {
    const held = this.#held;
    const chain = after(held.chain, verdict);
    if (verdict.outcome === 'ignored') {
      this.#onLog ||= verdict.digest === held.view.position.digest;
      return;
    }
    if (verdict.outcome === 'refused') {
      this.#count(verdict.reason);
      this.#held = { ...held, chain };
      return;
    }
    this.#held = await this.#accepted(held, chain, verdict, read);
    this.#onLog = true;
  }

  async #accepted(held: Held, chain: ChainState, { body, position }: Accepted, read: ReadBatch): Promise<Held> {
    if (body.type !== 'revision') return { ...held, chain };
    const applied = held.holdings.apply(body.changes);
    const holdings = applied instanceof NeedsSnapshot ? await this.#rebuilt(position, read) : applied;
    return { view: new View(holdings, position), holdings, chain };
  }

  async #rebuilt(position: Position, read: ReadBatch): Promise<Holdings> {
    if (this.#rebuild?.target.digest !== position.digest) {
      this.#rebuild = new Rebuild(position, this.view.gatewayId, this.#trust);
    }
    const holdings = await this.#rebuild.finish(read);
    this.#rebuild = null;
    return holdings;
  }

  #count(reason: RefusalReason): void {
    const { refused } = this.#reads;
    for (const counts of [this.refusals, refused]) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
}

function noReads(): { succeeded: number; failed: number; readonly refused: Map<RefusalReason, number> } {
  return { succeeded: 0, failed: 0, refused: new Map() };
}

/** What a source gives, or `LogUnavailable` when it takes longer; what comes later is nobody's. */
async function within(ms: number, batch: Promise<Batch>): Promise<Batch> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LogUnavailable('the log did not answer in time')), ms);
  });
  try {
    return await Promise.race([batch, late]);
  } finally {
    clearTimeout(timer);
  }
}
