/**
 * Checks 1 to 9 of docs/reference/log.md: what can be said of an envelope without holding a position.
 *
 * Total: no bytes make anything here throw.
 */

import { digest, stateDigest } from '../digests.ts';
import type { RefusalReason } from '../reasons.ts';
import { Malformed, Members } from '../shape.ts';
import type { Json, JsonObject } from '../strict_json.ts';
import * as dsse from './envelope.ts';
import {
  environmentName,
  type Floor,
  features,
  floor,
  logId,
  parseJson,
  type Revision,
  revision,
  type Snapshot,
  snapshot,
  type Tick,
  tick,
} from './payloads.ts';
import { type Role, reachesThreshold, type Trust, verifiedSigners } from './trust.ts';

// Features that a record may require of this follower. `holds` comes with break-glass.
const KNOWN_FEATURES: ReadonlySet<string> = new Set();

/** Epoch and revision: in this order. */
export interface RevisionNumber {
  readonly epoch: number;
  readonly revision: number;
}

export type Body = Revision | Snapshot | Tick;

/** A record signed for this log and of its shape. `digest` is of its payload bytes, `signers` of its role's keys. */
export interface Opened {
  readonly outcome: 'opened';
  readonly body: Body;
  readonly digest: string;
  readonly signers: ReadonlySet<string>;
}

/**
 * The record does not count; `what` is for people.
 *
 * `concerns`: it was validly signed for this very log, so it tells of policy that this follower does not enforce.
 * `number` is the epoch and revision that it names, null where they cannot be read.
 */
export interface Refused {
  readonly outcome: 'refused';
  readonly reason: RefusalReason;
  readonly what: string;
  readonly concerns: boolean;
  readonly number: RevisionNumber | null;
}

/** A refusal that concerns nobody. */
export function refused(reason: RefusalReason, what: string): Refused {
  return { outcome: 'refused', reason, what, concerns: false, number: null };
}

/** A refusal of what was validly signed for this log. */
export function refusedPolicy(reason: RefusalReason, what: string, number: RevisionNumber | null): Refused {
  return { outcome: 'refused', reason, what, concerns: true, number };
}

/** Open what a log holds: a revision, a snapshot or a tick. */
export function openRecord(envelopeBytes: Uint8Array, trust: Trust): Opened | Refused {
  const opened = open(envelopeBytes, trust, ON_A_LOG);
  if ('outcome' in opened) return opened;
  return { outcome: 'opened', body: opened.body, digest: digest(opened.payload), signers: opened.signers };
}

/**
 * Open what is baked beside an authorizer.
 *
 * Beyond checks 1 to 9 its view digest is that of its entities (`malformed`), and it does not name a newer trust than
 * the one it was opened with (`rollback`).
 */
export function openFloor(envelopeBytes: Uint8Array, trust: Trust): Floor | Refused {
  const opened = open(envelopeBytes, trust, BAKED);
  if ('outcome' in opened) return opened;
  const { body } = opened;
  if (body.view !== stateDigest(new Map([...body.entities].map(([key, entry]) => [key, entry.value])))) {
    return refusedPolicy('malformed', 'floor.view: not the digest of its entities', body);
  }
  if (body.trust > trust.version) {
    return refusedPolicy('rollback', `floor: wants trust version ${body.trust}, this is ${trust.version}`, body);
  }
  return body;
}

// --- the checks ------------------------------------------------------------------------------------------------------

/** A payload type by who signs it and what it is; `read` null: reserved, and not followed yet. */
interface Known<T> {
  readonly role: Role;
  readonly read: ((value: Json) => T) | null;
  readonly hasRequires: boolean;
}

const ON_A_LOG: ReadonlyMap<string, Known<Body>> = new Map<string, Known<Body>>([
  [dsse.REVISION, { role: 'publish', read: revision, hasRequires: true }],
  [dsse.SNAPSHOT, { role: 'publish', read: snapshot, hasRequires: true }],
  [dsse.TICK, { role: 'publish', read: tick, hasRequires: false }],
  [dsse.TRUST, { role: 'root', read: null, hasRequires: false }],
  [dsse.RECOVERY, { role: 'root', read: null, hasRequires: false }],
]);
const BAKED: ReadonlyMap<string, Known<Floor>> = new Map([
  [dsse.FLOOR, { role: 'publish', read: floor, hasRequires: true }],
]);

function open<T extends Body | Floor>(
  data: Uint8Array,
  trust: Trust,
  known: ReadonlyMap<string, Known<T>>,
): { readonly body: T; readonly payload: Uint8Array; readonly signers: ReadonlySet<string> } | Refused {
  // 1. Size, before anything is read.
  if (data.length > dsse.MAX_ENVELOPE) return refused('too_large', `envelope: ${data.length} bytes`);
  // 2. A DSSE envelope.
  let envelope: dsse.Envelope;
  try {
    envelope = dsse.parseEnvelope(data);
  } catch (error) {
    if (error instanceof Malformed) return refused('malformed', error.message);
    throw error;
  }
  // 3. The type, before anything of the payload.
  const type = known.get(envelope.payloadType);
  if (type === undefined) {
    return refused('wrong_type', `payload type ${JSON.stringify(envelope.payloadType)} does not belong here`);
  }
  // 4. Signatures; nothing above this line has parsed the payload.
  const signers = verifiedSigners(trust, envelope, type.role);
  if (!reachesThreshold(trust, signers, type.role)) {
    return refused('bad_signature', `${signers.size} of the keys that may ${type.role} signed it`);
  }
  const body = read(envelope.payload, type, trust);
  return 'outcome' in body ? body : { body, payload: envelope.payload, signers };
}

function read<T extends Body | Floor>(payload: Uint8Array, type: Known<T>, trust: Trust): T | Refused {
  let number: RevisionNumber | null = null;
  try {
    // 5. Strict JSON that says which log it is for and what it takes to read it.
    const value = parseJson(payload);
    number = numberOf(value);
    const members = new Members(value, 'payload');
    const environment = members.take('environment', environmentName);
    const log = members.take('log', logId);
    const requires = type.hasRequires ? members.take('requires', features) : [];
    // 6. and 7. Another environment's or a foreign log's record says nothing about this one.
    if (environment !== trust.environment) return refused('wrong_environment', `is for environment ${environment}`);
    if (log !== trust.log) return refused('unknown_log', `is for log ${log}`);
    // 8. Features, before the shape that they may change.
    const unknown = requires.filter((feature) => !KNOWN_FEATURES.has(feature));
    if (unknown.length > 0) {
      return refusedPolicy('unsupported', `requires ${unknown.slice(0, 5).join(', ')}`, number);
    }
    if (type.read === null) return refusedPolicy('unsupported', 'is of a type that is not followed yet', number);
    // 9. The whole shape.
    return type.read(value);
  } catch (error) {
    if (error instanceof Malformed) return refusedPolicy('malformed', error.message, number);
    throw error;
  }
}

function numberOf(value: JsonObject): RevisionNumber | null {
  const [epoch, number] = [value.get('epoch'), value.get('revision')];
  if (typeof epoch !== 'number' || typeof number !== 'number' || epoch < 1 || number < 1) return null;
  return { epoch, revision: number };
}
