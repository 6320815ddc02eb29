/**
 * DSSE envelopes, strictly read: exact members, exact base64, bounded size and number of signatures.
 *
 * Two envelopes with one meaning are two chances to disagree about it, so there is one way to write anything here.
 * DSSE: https://github.com/secure-systems-lab/dsse, protocol version 1.
 */

import { decodeStandard } from '../base64url.ts';
import { hexDigest, listOf, Malformed, Members, matching } from '../shape.ts';
import { type Json, NotStrictJson, parse } from '../strict_json.ts';

export const MAX_ENVELOPE = 16 * 1024 * 1024;
// Each signature costs a verification, also those of a stranger who can write to the topic.
export const MAX_SIGNATURES = 16;

export const REVISION = 'application/vnd.gatefleet.revision.v1+json';
export const SNAPSHOT = 'application/vnd.gatefleet.snapshot.v1+json';
export const FLOOR = 'application/vnd.gatefleet.floor.v1+json';
export const TRUST = 'application/vnd.gatefleet.trust.v1+json';
export const RECOVERY = 'application/vnd.gatefleet.recovery.v1+json';
export const TICK = 'application/vnd.gatefleet.tick.v1+json';

const PAYLOAD_TYPE = /^[a-z0-9./+-]{1,127}$/;
// `{`, `[` and `,` of an envelope with the most signatures; no string of an envelope can hold one of them.
const MOST_STRUCTURE = 1 + MAX_SIGNATURES + 1 + (2 + 2 * MAX_SIGNATURES - 1);

/** One signature; `keyid` is only a hint at the key. */
export interface Signature {
  readonly keyid: string;
  readonly sig: Uint8Array;
}

/** What an envelope carries. Nothing in it is verified yet. */
export interface Envelope {
  readonly payloadType: string;
  readonly payload: Uint8Array;
  readonly signatures: readonly Signature[];
}

/** DSSE's pre-authentication encoding: type and payload, each after its length, so none can pass for another. */
export function pae(payloadType: string, payload: Uint8Array): Uint8Array {
  const kind = Buffer.from(payloadType);
  return Buffer.concat([Buffer.from(`DSSEv1 ${kind.length} `), kind, Buffer.from(` ${payload.length} `), payload]);
}

/** Read an envelope of at most 16 MiB. Throws `Malformed`; says nothing about who signed it. */
export function parseEnvelope(data: Uint8Array): Envelope {
  if (data.length > MAX_ENVELOPE) throw new Malformed('envelope: larger than 16 MiB');
  if (data.includes(0x0a)) throw new Malformed('envelope: holds a line feed');
  // Before parsing: 16 MiB of `[],[],…`, which anybody can write, would become some hundred MiB of lists.
  // It bounds the number of signatures too.
  if (hasMoreStructure(data)) {
    throw new Malformed(`envelope: more members than one with ${MAX_SIGNATURES} signatures has`);
  }
  const members = new Members(strictly(data), 'envelope');
  const envelope: Envelope = {
    payloadType: members.take('payloadType', matching(PAYLOAD_TYPE)),
    payload: members.take('payload', exactBase64),
    signatures: members.take('signatures', listOf(signature)),
  };
  members.done();
  return envelope;
}

/** Standard base64 with its padding (RFC 4648 section 4) and no second spelling of the same bytes. */
export function exactBase64(value: Json, where: string): Uint8Array {
  const decoded = typeof value === 'string' ? decodeStandard(value) : null;
  if (decoded === null) throw new Malformed(`${where}: not the one spelling of some bytes in base64`);
  return decoded;
}

// --- details ---------------------------------------------------------------------------------------------------------

function strictly(data: Uint8Array): Json {
  try {
    return parse(data);
  } catch (error) {
    if (error instanceof NotStrictJson) throw new Malformed(`envelope: ${error.message}`);
    throw error;
  }
}

function signature(value: Json, where: string): Signature {
  const members = new Members(value, where);
  const read: Signature = { keyid: members.take('keyid', hexDigest), sig: members.take('sig', exactBase64) };
  members.done();
  return read;
}

function hasMoreStructure(data: Uint8Array): boolean {
  let found = 0;
  for (const byte of [0x7b, 0x5b, 0x2c]) {
    for (let at = data.indexOf(byte); at >= 0; at = data.indexOf(byte, at + 1)) {
      found += 1;
      if (found > MOST_STRUCTURE) return true;
    }
  }
  return false;
}
