/**
 * Who may sign what on one log: a document signed by its own offline roots (after TUF), and counting signers by it.
 *
 * Roles: `root` signs trust and recovery, `publish` revisions, snapshots, floors and ticks, `narrow` break-glass.
 */

import { counted, hexDigest, listOf, Malformed, Members, mapOf, natural, oneOf } from '../shape.ts';
import type { Json } from '../strict_json.ts';
import { type Envelope, exactBase64, pae, parseEnvelope, TRUST } from './envelope.ts';
import { checkAscending, environmentName, logId, parseJson } from './payloads.ts';
import { KEY_ALGORITHMS, type PublicKey, readPublicKey } from './public_key.ts';

const BLAST_KINDS = ['issuer', 'scope', 'client', 'gateway'] as const;

/** What a key may sign. */
export type Role = 'root' | 'publish' | 'narrow';

/** The key ids of a role, sorted, and how many distinct ones must sign. */
export interface RoleKeys {
  readonly keys: readonly string[];
  readonly threshold: number;
}

/** One version of a log's trust. `blastLimit`: the most keys of a kind one revision may change under one signer. */
export interface Trust {
  readonly environment: string;
  readonly log: string;
  readonly version: number;
  readonly issuedAt: number;
  readonly keys: ReadonlyMap<string, PublicKey>;
  readonly roles: ReadonlyMap<Role, RoleKeys>;
  readonly blastLimit: ReadonlyMap<string, number>;
}

/** A document that is no trust (`malformed`), or that its own roots did not sign. */
export interface Untrusted {
  readonly untrusted: 'malformed' | 'bad_signature';
  readonly what: string;
}

/**
 * Read a sealed trust document that is signed by its own root threshold.
 *
 * That makes it consistent, not right: it is right because it is baked beside a floor.
 */
export function parseTrust(envelopeBytes: Uint8Array): Trust | Untrusted {
  try {
    const envelope = parseEnvelope(envelopeBytes);
    if (envelope.payloadType !== TRUST) throw new Malformed(`envelope.payloadType: not ${TRUST}`);
    const trust = readTrust(parseJson(envelope.payload));
    if (reachesThreshold(trust, verifiedSigners(trust, envelope, 'root'), 'root')) return trust;
    return { untrusted: 'bad_signature', what: 'not signed by the threshold of its own root keys' };
  } catch (error) {
    if (error instanceof Malformed) return { untrusted: 'malformed', what: error.message };
    throw error;
  }
}

/**
 * The ids of the role's keys that signed: distinct keys, however often one signed.
 *
 * A signature that names another key, or does not verify, counts nothing and spoils nothing.
 */
export function verifiedSigners(trust: Trust, envelope: Envelope, role: Role): ReadonlySet<string> {
  const held = trust.roles.get(role);
  const signers = new Set<string>();
  if (held === undefined) return signers;
  const message = pae(envelope.payloadType, envelope.payload);
  for (const { keyid, sig } of envelope.signatures) {
    const counts = held.keys.includes(keyid) && !signers.has(keyid);
    if (counts && trust.keys.get(keyid)?.verifies(sig, message) === true) signers.add(keyid);
  }
  return signers;
}

/** Whether that many distinct signers are enough for the role; nobody is enough for a role without keys. */
export function reachesThreshold(trust: Trust, signers: ReadonlySet<string>, role: Role): boolean {
  const held = trust.roles.get(role);
  return held !== undefined && signers.size >= held.threshold;
}

// --- reading ---------------------------------------------------------------------------------------------------------

function readTrust(value: Json): Trust {
  const members = new Members(value, 'trust');
  const trust: Trust = {
    environment: members.take('environment', environmentName),
    log: members.take('log', logId),
    version: members.take('version', counted),
    issuedAt: members.take('issued_at', natural),
    keys: members.take('keys', mapOf(hexDigest, key)),
    roles: members.take('roles', roles),
    blastLimit: members.take('blast_limit', blastLimit),
  };
  members.done();
  for (const [keyid, held] of trust.keys) {
    if (held.keyid !== keyid) throw new Malformed(`trust.keys.${keyid}: not the SHA-256 of its spki`);
  }
  for (const [role, { keys }] of trust.roles) {
    const unknown = keys.find((keyid) => !trust.keys.has(keyid));
    if (unknown !== undefined) throw new Malformed(`trust.roles.${role}: key ${unknown} is not among the keys`);
  }
  return trust;
}

function key(value: Json, where: string): PublicKey {
  const members = new Members(value, where);
  const [alg, spki] = [members.take('alg', oneOf(KEY_ALGORITHMS)), members.take('spki', exactBase64)];
  members.done();
  const read = readPublicKey(spki);
  if (read === null) throw new Malformed(`${where}.spki: no Ed25519 or P-256 key in its usual encoding`);
  if (read.alg !== alg) throw new Malformed(`${where}.alg: not the algorithm of its spki`);
  return read;
}

function roles(value: Json, where: string): ReadonlyMap<Role, RoleKeys> {
  const members = new Members(value, where);
  const read = new Map<Role, RoleKeys>([
    ['root', members.take('root', role)],
    ['publish', members.take('publish', role)],
  ]);
  if (members.has('narrow')) read.set('narrow', members.take('narrow', role));
  members.done();
  return read;
}

function role(value: Json, where: string): RoleKeys {
  const members = new Members(value, where);
  const read = { keys: members.take('keys', listOf(hexDigest)), threshold: members.take('threshold', counted) };
  members.done();
  checkAscending(read.keys, `${where}.keys`);
  if (read.threshold > read.keys.length) throw new Malformed(`${where}.threshold: more than the role has keys`);
  return read;
}

function blastLimit(value: Json, where: string): ReadonlyMap<string, number> {
  const members = new Members(value, where);
  const limits = new Map(BLAST_KINDS.map((kind) => [kind as string, members.take(kind, natural)]));
  members.done();
  return limits;
}
