/**
 * The log as an Apache Kafka topic of one partition, read by offset without a group (docs/reference/kafka.md).
 *
 * A log that was recreated or restored may be as long as the old one. So every read starts one record early, and when
 * that is not the record which the last read ended with, the batch says `rewound`.
 */

import { digest } from '../digests.ts';
import { type Batch, LogUnavailable, type RevisionSource } from '../log/source.ts';
import { earliest, type FetchAnswer, fetch } from './calls.ts';
import type { Cluster } from './cluster.ts';
import { Deadline } from './deadline.ts';
import { OFFSET_OUT_OF_RANGE, refusal } from './errors.ts';
import { Leader } from './leader.ts';
import type { FetchedRecord } from './records.ts';

/** The record that a read ended with, and the offset that the caller was told to go on from. */
interface Last {
  readonly offset: number;
  readonly nextOffset: number;
  readonly timestamp: bigint;
  readonly digest: string;
}

/** Reads the policy topic of one cluster. */
export class KafkaSource implements RevisionSource {
  readonly #topic: string;
  readonly #leader: Leader;
  #last: Last | null = null;

  constructor(cluster: Cluster, topic: string) {
    this.#topic = topic;
    this.#leader = new Leader(cluster, topic);
  }

  /** Read from `offset`, at most about 4 MiB and `timeoutMs`. On a warm connection it is one round trip. */
  async read(offset: number, timeoutMs: number): Promise<Batch> {
    try {
      return await this.#read(offset, Deadline.in(timeoutMs));
    } catch (error) {
      if (error instanceof LogUnavailable) throw error;
      throw new LogUnavailable(`Kafka: ${error instanceof Error ? error.message : error}`);
    }
  }

  async close(): Promise<void> {
    this.#leader.close();
  }

  async #read(offset: number, deadline: Deadline): Promise<Batch> {
    const last = this.#last?.nextOffset === offset ? this.#last : null;
    const first = last?.offset ?? Math.max(0, offset - 1);
    let span = await this.#fetch(first, deadline);
    if (!isGone(span, offset, last) && first < offset && span.nextOffset <= offset && offset < span.highWatermark) {
      return this.#batch(await this.#fetchThere(offset, deadline), offset, false);
    }
    if (isGone(span, offset, last)) {
      const begin = await this.#earliest(deadline);
      span = await this.#fetch(begin, deadline);
      // Without a record of ours to look for, its absence alone tells nothing of a log that begins where we go on.
      const isRewound = last !== null || begin !== offset || span.highWatermark < offset;
      if (span.error !== 0) throw refusal(span.error, 'lost the beginning of the log while it was read');
      return this.#batch(span, isRewound ? begin : offset, isRewound);
    }
    return this.#batch(span, offset, false);
  }

  #batch(span: FetchAnswer, from: number, rewound: boolean): Batch {
    const nextOffset = Math.max(span.nextOffset, from);
    const newest = span.records.at(-1);
    if (newest !== undefined) this.#last = lastOf(newest, nextOffset);
    const records = span.records.filter((record) => record.offset >= from);
    return { records, nextOffset, atEnd: nextOffset >= span.highWatermark, rewound };
  }

  async #fetch(offset: number, deadline: Deadline): Promise<FetchAnswer> {
    const answer = await this.#leader.ask(fetch(this.#topic, offset), deadline);
    if (answer.error !== 0 && answer.error !== OFFSET_OUT_OF_RANGE) throw refusal(answer.error, 'gives no records');
    return answer;
  }

  /** What stands from `offset` on, where a response had room for no more than the record before. */
  async #fetchThere(offset: number, deadline: Deadline): Promise<FetchAnswer> {
    const span = await this.#fetch(offset, deadline);
    if (span.error !== 0) throw refusal(span.error, 'lost records while they were read');
    return span;
  }

  async #earliest(deadline: Deadline): Promise<number> {
    const { error, offset } = await this.#leader.ask(earliest(this.#topic), deadline);
    if (error !== 0) throw refusal(error, 'does not say where the log begins');
    return offset;
  }
}

/** Whether the log is another than the one that was read before. */
function isGone({ error, highWatermark, records }: FetchAnswer, offset: number, last: Last | null): boolean {
  if (error === OFFSET_OUT_OF_RANGE || highWatermark < offset) return true;
  if (last === null) return false;
  const [first] = records;
  if (first?.offset !== last.offset || first.timestamp !== last.timestamp) return true;
  return digest(first.value) !== last.digest;
}

function lastOf({ offset, timestamp, value }: FetchedRecord, nextOffset: number): Last {
  return { offset, nextOffset, timestamp, digest: digest(value) };
}
