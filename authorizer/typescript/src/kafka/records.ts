/** Record batches, Kafka's message format v2: read out of a Fetch, and made for a Produce. */

import { Bytes, int8, int16, int32, int64, Unreadable, utf8, varint, varSized } from './bytes.ts';
import { crc32c } from './crc32c.ts';

/** A record as its topic holds it. `timestamp` tells it from its equal in a restored log. */
export interface FetchedRecord {
  readonly offset: number;
  readonly timestamp: bigint;
  readonly value: Uint8Array;
  readonly headers: ReadonlyMap<string, string>;
}

/** Some records, and where to go on. */
export interface Fetched {
  readonly records: readonly FetchedRecord[];
  readonly nextOffset: number;
}

// From the leader epoch, the first field after the length, to the count of records.
const BATCH_HEADER = 49;
const MAGIC = 2;
const COMPRESSION = 0x07;
const APPEND_TIME = 0x08;
const CONTROL = 0x20;
const MAX_HEADERS = 32; // more must not fill the memory

/** Records of a topic are compressed, which no authorizer reads. */
export class Compressed extends Unreadable {}

/** The records from `offset` on, at most about `most`. Throws `Unreadable` (docs/reference/kafka.md, "Responses"). */
export function recordsIn(data: Uint8Array, offset: number, most: number): Fetched {
  const batches = new Bytes(data);
  const records: FetchedRecord[] = [];
  let nextOffset = offset;
  let isFirst = true;
  while (batches.left > 0) {
    const batch = nextBatch(batches);
    if (batch === null) break;
    const end = batch.base + batch.lastDelta + 1;
    if (!Number.isSafeInteger(end)) throw new Unreadable('an offset above 2^53 - 1');
    if (isFirst ? end <= offset : batch.base < nextOffset)
      throw new Unreadable('a batch of records that were asked before');
    isFirst = false;
    for (const record of recordsOf(batch)) {
      if (record.offset < offset) continue;
      if (records.length >= most) return { records, nextOffset: (records.at(-1)?.offset ?? offset - 1) + 1 };
      records.push(record);
    }
    nextOffset = end;
  }
  if (isFirst && data.length > 0) throw new Unreadable('a batch of records longer than its response');
  return { records, nextOffset };
}

/** A batch of one record without headers, as a producer sends it; `timestamp` in ms. */
export function batchOf(timestamp: number, key: Uint8Array | null, value: Uint8Array): Buffer {
  const fields = [int8(0), varint(0), varint(0), varSized(key), varSized(value), varint(0)];
  const record = varSized(Buffer.concat(fields));
  const times = [int64(timestamp), int64(timestamp)];
  const covered = Buffer.concat([int16(0), int32(0), ...times, int64(-1), int16(-1), int32(-1), int32(1), record]);
  const rest = Buffer.concat([int32(-1), int8(MAGIC), int32(crc32c(covered) | 0), covered]);
  return Buffer.concat([int64(0), int32(rest.length), rest]);
}

interface Batch {
  readonly base: number;
  readonly attributes: number;
  readonly lastDelta: number;
  readonly baseTimestamp: bigint;
  readonly maxTimestamp: bigint;
  readonly count: number;
  readonly records: Bytes;
}

/** The next whole batch; null where Kafka cut it off. */
function nextBatch(batches: Bytes): Batch | null {
  if (batches.left < 12) return null;
  const base = batches.int64();
  const length = batches.int32();
  if (length < BATCH_HEADER) throw new Unreadable('a batch of records that is too short');
  if (length > batches.left) return null;
  const batch = new Bytes(batches.take(length));
  batch.skip(4);
  if (batch.int8() !== MAGIC) throw new Unreadable('records in another format than v2');
  batch.skip(4); // the CRC: envelopes are signed
  const attributes = batch.int16();
  const lastDelta = batch.int32();
  const [baseTimestamp, maxTimestamp] = [batch.int64(), batch.int64()];
  batch.skip(14);
  const count = batch.int32();
  if (base < 0n || base > Number.MAX_SAFE_INTEGER || lastDelta < 0) throw new Unreadable('a batch at no offset');
  return { base: Number(base), attributes, lastDelta, baseTimestamp, maxTimestamp, count, records: batch };
}

function* recordsOf(batch: Batch): Iterable<FetchedRecord> {
  const { attributes, base, count, records } = batch;
  if ((attributes & CONTROL) !== 0) return;
  if ((attributes & COMPRESSION) !== 0) throw new Compressed('records are compressed');
  if (count < 0) throw new Unreadable('a batch of less than no records');
  let before = -1;
  for (let index = 0; index < count; index++) {
    const record = new Bytes(records.take(records.varint()));
    record.skip(1);
    const time = record.varlong();
    const delta = record.varint();
    if (delta <= before || delta > batch.lastDelta)
      throw new Unreadable("a record at an offset that is not its batch's");
    before = delta;
    record.varSized(); // the key
    const value = record.varSized() ?? Buffer.alloc(0);
    const headers = headersOf(record);
    if (record.left > 0) throw new Unreadable('a record longer than what it holds');
    const timestamp =
      (attributes & APPEND_TIME) === 0 ? BigInt.asIntN(64, batch.baseTimestamp + time) : batch.maxTimestamp;
    yield { offset: base + delta, timestamp, value, headers };
  }
  if (records.left > 0) throw new Unreadable('a batch longer than its records');
}

/** Header values as text. A name that is none, or too many of them, leaves no headers at all: they are hints. */
function headersOf(record: Bytes): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  const count = record.varint();
  if (count < 0) throw new Unreadable('less than no headers');
  let named = count <= MAX_HEADERS;
  for (let index = 0; index < count; index++) {
    const name = record.take(record.varint());
    const value = record.varSized();
    if (!named) continue;
    try {
      headers.set(utf8(name), value?.toString() ?? '');
    } catch {
      named = false;
    }
  }
  return named ? headers : new Map();
}
