/**
 * What the envelopes of the log say: Revision, Snapshot, Floor, Tick (docs/reference/log.md, "Payloads").
 *
 * Each reads from strict JSON, closed. Reading checks shapes only: who signed it and whether it continues a chain are
 * the questions of `trust` and `chain`.
 */

import type { Position } from '../digests.ts';
import { checkKey, type Entry, GATEWAY_ID, NAME, readEntry } from '../entities.ts';
import { counted, hexDigest, listOf, Malformed, Members, matching, natural, onlyTrue, string } from '../shape.ts';
import { isObject, type Json, type JsonObject, NotStrictJson, parse } from '../strict_json.ts';

const LOG_ID = /^[a-z0-9][a-z0-9-]{7,63}$/;
const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

export const environmentName = matching(NAME);
export const logId = matching(LOG_ID);

/** Which log a payload is for, and where on it. */
interface Identity {
  readonly environment: string;
  readonly log: string;
  readonly epoch: number;
  readonly revision: number;
}

/** The whole effect of one merge: key to new entry, null for a removal. */
export interface Revision extends Identity {
  readonly type: 'revision';
  readonly parent: string;
  readonly commit: string;
  readonly issuedAt: number;
  readonly requires: readonly string[];
  readonly changes: ReadonlyMap<string, Entry | null>;
  readonly state: string;
  readonly widens: number;
  readonly narrows: number;
}

/** Restates an accepted revision: `payload` is the digest of that revision's payload, `entities` all it left. */
export interface Snapshot extends Identity {
  readonly type: 'snapshot';
  readonly payload: string;
  readonly commit: string;
  readonly issuedAt: number;
  readonly requires: readonly string[];
  readonly state: string;
  readonly entities: ReadonlyMap<string, Entry>;
}

/** The fallback baked beside one authorizer: its view's entities at a position, and the trust version beside it. */
export interface Floor extends Identity {
  readonly type: 'floor';
  readonly payload: string;
  readonly commit: string;
  readonly issuedAt: number;
  readonly requires: readonly string[];
  readonly trust: number;
  readonly gateway: string;
  readonly view: string;
  readonly entities: ReadonlyMap<string, Entry>;
  /** Where its revision began on the log when it was made, a hint where to read on; null: not known. */
  readonly offset: number | null;
}

/** The head as its publisher saw it, so that silence and withholding look different. */
export interface Tick extends Identity {
  readonly type: 'tick';
  readonly payload: string;
  readonly issuedAt: number;
}

/** The position that a snapshot, floor or tick speaks of. */
export function positionOf(body: Snapshot | Floor | Tick): Position {
  return { epoch: body.epoch, revision: body.revision, digest: body.payload };
}

/** Read payload bytes as one strict JSON object. Throws `Malformed`. */
export function parseJson(payload: Uint8Array): JsonObject {
  let value: Json;
  try {
    value = parse(payload);
  } catch (error) {
    if (error instanceof NotStrictJson) throw new Malformed(`payload: ${error.message}`);
    throw error;
  }
  if (!isObject(value)) throw new Malformed('payload: not an object');
  return value;
}

/** Read a revision. Throws `Malformed`. */
export function revision(value: Json): Revision {
  const members = new Members(value, 'revision');
  const read: Revision = {
    type: 'revision',
    ...identity(members),
    parent: members.take('parent', hexDigest),
    commit: members.take('commit', matching(COMMIT)),
    issuedAt: members.take('issued_at', natural),
    requires: members.take('requires', features),
    changes: members.take('changes', changes),
    state: members.take('state', hexDigest),
    widens: members.take('widens', natural),
    narrows: members.take('narrows', natural),
  };
  members.done();
  return read;
}

/** Read a snapshot. Throws `Malformed`. */
export function snapshot(value: Json): Snapshot {
  const members = new Members(value, 'snapshot');
  const read: Snapshot = {
    type: 'snapshot',
    ...identity(members),
    payload: members.take('payload', hexDigest),
    commit: members.take('commit', matching(COMMIT)),
    issuedAt: members.take('issued_at', natural),
    requires: members.take('requires', features),
    state: members.take('state', hexDigest),
    entities: members.take('entities', entities),
  };
  members.done();
  return read;
}

/** Read a floor. Throws `Malformed`. */
export function floor(value: Json): Floor {
  const members = new Members(value, 'floor');
  const read: Floor = {
    type: 'floor',
    ...identity(members),
    payload: members.take('payload', hexDigest),
    commit: members.take('commit', matching(COMMIT)),
    issuedAt: members.take('issued_at', natural),
    requires: members.take('requires', features),
    trust: members.take('trust', counted),
    gateway: members.take('gateway', matching(GATEWAY_ID)),
    view: members.take('view', hexDigest),
    entities: members.take('entities', entities),
    offset: members.takeOr('offset', natural, null),
  };
  members.done();
  return read;
}

/** Read a tick. Throws `Malformed`. */
export function tick(value: Json): Tick {
  const members = new Members(value, 'tick');
  const read: Tick = {
    type: 'tick',
    ...identity(members),
    payload: members.take('payload', hexDigest),
    issuedAt: members.take('issued_at', natural),
  };
  members.done();
  return read;
}

/** A list of feature names, sorted, each once. */
export function features(value: Json, where: string): readonly string[] {
  const names = listOf(matching(NAME), 0)(value, where);
  checkAscending(names, where);
  return names;
}

/** Refuse names that are not sorted (ASCII: characters order as bytes do) or not distinct. Throws `Malformed`. */
export function checkAscending(names: readonly string[], where: string): void {
  let last = '';
  for (const name of names) {
    if (name <= last) {
      throw new Malformed(`${where}: not sorted, or one twice, at ${JSON.stringify(name.slice(0, 160))}`);
    }
    last = name;
  }
}

// --- details ---------------------------------------------------------------------------------------------------------

function identity(members: Members): Identity {
  return {
    environment: members.take('environment', environmentName),
    log: members.take('log', logId),
    epoch: members.take('epoch', counted),
    revision: members.take('revision', counted),
  };
}

function changes(value: Json, where: string): ReadonlyMap<string, Entry | null> {
  return byKey(listOf(change, 0)(value, where), where);
}

function change(value: Json, where: string): readonly [string, Entry | null] {
  const members = new Members(value, where);
  const key = members.take('key', string);
  if (!members.has('removed')) return [key, entryOf(members, key)];
  members.take('removed', onlyTrue);
  members.done();
  checkKey(key);
  return [key, null];
}

function entities(value: Json, where: string): ReadonlyMap<string, Entry> {
  return byKey(listOf(item, 0)(value, where), where);
}

function item(value: Json, where: string): readonly [string, Entry] {
  const members = new Members(value, where);
  const key = members.take('key', string);
  return [key, entryOf(members, key)];
}

function entryOf(members: Members, key: string): Entry {
  const text = members.take('value', string);
  members.done();
  return readEntry(key, text);
}

function byKey<T>(pairs: readonly (readonly [string, T])[], where: string): ReadonlyMap<string, T> {
  checkAscending(
    pairs.map(([key]) => key),
    where,
  );
  return new Map(pairs);
}
