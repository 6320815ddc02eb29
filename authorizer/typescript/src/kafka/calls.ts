/**
 * What is asked of a broker, and what it may answer: fixed versions, none flexible (docs/reference/kafka.md).
 *
 * Pure: a call is its request's bytes and a reader of its response's.
 */

import { Bytes, int8, int16, int32, int64, one, sized, string, Unreadable } from './bytes.ts';
import { type Fetched, recordsIn } from './records.ts';

/** Where a broker listens. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** One request, and how its response is read. */
export interface Call<T> {
  readonly api: number;
  readonly version: number;
  readonly body: Uint8Array;
  /** The longest response. */
  readonly limit: number;
  /** Reads the body of the response. Throws `Unreadable`. */
  read(body: Bytes): T;
}

/** What every answer begins with: Kafka's error code, 0 for none. */
export interface Answer {
  readonly error: number;
}

export interface FetchAnswer extends Answer, Fetched {
  readonly highWatermark: number;
}

export interface MetadataAnswer extends Answer {
  readonly leader: Endpoint | null;
}

export interface AuthenticateAnswer extends Answer {
  readonly message: string | null;
  readonly data: Buffer;
  readonly sessionLifetimeMs: number;
}

const CLIENT_ID = 'gatefleet';
const REPLICA = -1; // none: a consumer
const EARLIEST = -2;
const PARTITION = 0;
const FETCH_BYTES = 4 * 1024 * 1024;
const FETCH_LIMIT = 18 * 1024 * 1024; // a record of the longest envelope, and what is around it
const LIMIT = 1024 * 1024;
const MOST_RECORDS = 10_000;
const UNKNOWN_TOPIC_OR_PARTITION = 3;

/** The bytes of a request, their length first. */
export function requestOf(call: Call<unknown>, correlationId: number): Buffer {
  const header = [int16(call.api), int16(call.version), int32(correlationId), string(CLIENT_ID)];
  return sized(Buffer.concat([...header, call.body]));
}

/** What a response, without its length, says. Throws `Unreadable`. */
export function answerIn<T>(call: Call<T>, correlationId: number, response: Uint8Array): T {
  const body = new Bytes(response);
  if (body.int32() !== correlationId) throw new Unreadable('an answer to another request');
  const answer = call.read(body);
  if (body.left > 0) throw new Unreadable('an answer longer than it is');
  return answer;
}

/** The length of a response once its first four bytes are there, else null. Throws `Unreadable`. */
export function responseLength(stream: Buffer, limit: number): number | null {
  if (stream.length < 4) return null;
  const length = stream.readInt32BE();
  if (length < 4 || length > limit) throw new Unreadable(`a response of ${length} bytes`);
  return length;
}

/** Fetch v4: records from `offset` on, at once. */
export function fetch(topic: string, offset: number, most = MOST_RECORDS): Call<FetchAnswer> {
  const bounds = [int32(REPLICA), int32(0), int32(1), int32(FETCH_BYTES), int8(0)];
  const partition = Buffer.concat([int32(PARTITION), int64(offset), int32(FETCH_BYTES)]);
  const read = (body: Bytes) => {
    body.skip(4);
    return partitionOf(body, topic, () => {
      const error = body.int16();
      const [end] = [body.int64(), body.int64()];
      body.nullableArray(() => body.skip(16));
      const batches = body.nullableSized() ?? Buffer.alloc(0);
      if (error !== 0) return { error, highWatermark: 0, nextOffset: offset, records: [] };
      return { error, highWatermark: natural(end), ...recordsIn(batches, offset, most) };
    });
  };
  const body = Buffer.concat([...bounds, about(topic, partition)]);
  return { api: 1, version: 4, body, limit: FETCH_LIMIT, read };
}

/** ListOffsets v1: where the log begins. */
export function earliest(topic: string): Call<Answer & { readonly offset: number }> {
  const partition = Buffer.concat([int32(PARTITION), int64(EARLIEST)]);
  const read = (body: Bytes) =>
    partitionOf(body, topic, () => {
      const error = body.int16();
      body.skip(8);
      const offset = body.int64();
      return { error, offset: error === 0 ? natural(offset) : 0 };
    });
  return { api: 2, version: 1, body: Buffer.concat([int32(REPLICA), about(topic, partition)]), limit: LIMIT, read };
}

/** Metadata v4: who leads the topic's partition. */
export function metadata(topic: string): Call<MetadataAnswer> {
  const read = (body: Bytes) => {
    body.skip(4);
    const brokers = new Map(body.array(() => brokerIn(body)));
    body.nullableString();
    body.skip(4);
    return body.only(() => {
      const topicError = body.int16();
      if (body.string() !== topic) throw new Unreadable('an answer about another topic');
      body.skip(1);
      const partitions = body.array(() => leadershipIn(body));
      const ours = partitions.find(({ index }) => index === PARTITION);
      const error = topicError || (ours?.error ?? UNKNOWN_TOPIC_OR_PARTITION);
      const leader = error === 0 && ours !== undefined ? (brokers.get(ours.leader) ?? null) : null;
      return { error, leader };
    });
  };
  return { api: 3, version: 4, body: Buffer.concat([one(string(topic)), int8(0)]), limit: LIMIT, read };
}

/** Produce v3: one record batch, acknowledged by the leader. */
export function produce(topic: string, batch: Uint8Array): Call<Answer> {
  const settings = [string(null), int16(1), int32(1000)];
  const read = (body: Bytes) => {
    const answer = partitionOf(body, topic, () => {
      const error = body.int16();
      body.skip(16);
      return { error };
    });
    body.skip(4);
    return answer;
  };
  const partition = Buffer.concat([int32(PARTITION), sized(batch)]);
  return { api: 0, version: 3, body: Buffer.concat([...settings, about(topic, partition)]), limit: LIMIT, read };
}

/** SaslHandshake v1: by which mechanism to authenticate. */
export function saslHandshake(mechanism: string): Call<Answer & { readonly mechanisms: readonly string[] }> {
  const read = (body: Bytes) => ({ error: body.int16(), mechanisms: body.array(() => body.string()) });
  return { api: 17, version: 1, body: string(mechanism), limit: LIMIT, read };
}

/** SaslAuthenticate v1: a message of the mechanism, and its answer. */
export function saslAuthenticate(data: Uint8Array): Call<AuthenticateAnswer> {
  const read = (body: Bytes) => ({
    error: body.int16(),
    message: body.nullableString(),
    data: body.sized(),
    sessionLifetimeMs: body.natural(),
  });
  return { api: 36, version: 1, body: sized(data), limit: LIMIT, read };
}

function about(topic: string, partition: Uint8Array): Buffer {
  return one(Buffer.concat([string(topic), one(partition)]));
}

function partitionOf<T>(body: Bytes, topic: string, read: () => T): T {
  return body.only(() => {
    if (body.string() !== topic) throw new Unreadable('an answer about another topic');
    return body.only(() => {
      if (body.int32() !== PARTITION) throw new Unreadable('an answer about another partition');
      return read();
    });
  });
}

function brokerIn(body: Bytes): readonly [number, Endpoint] {
  const [id, host, port] = [body.int32(), body.string(), body.int32()];
  body.nullableString();
  if (host === '' || port < 1 || port > 65_535) throw new Unreadable('a broker without an address');
  return [id, { host, port }];
}

function leadershipIn(body: Bytes): { error: number; index: number; leader: number } {
  const [error, index, leader] = [body.int16(), body.int32(), body.int32()];
  for (const _ of ['replicas', 'in sync']) body.array(() => body.skip(4));
  return { error, index, leader };
}

function natural(value: bigint): number {
  if (value < 0n || value > Number.MAX_SAFE_INTEGER) throw new Unreadable('a number beyond 0 to 2^53 - 1');
  return Number(value);
}
