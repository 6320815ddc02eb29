/** Answers the chain vectors: records in order, and where they leave a follower. */

import type { Position } from '../digests.ts';
import { adoptBase, after, type ChainState, judge, type Verdict } from '../log/chain.ts';
import { openFloor, type Refused } from '../log/opening.ts';
import { Parts, type Pending, type Whole } from '../log/parts.ts';
import { positionOf } from '../log/payloads.ts';
import { parseTrust, type Trust } from '../log/trust.ts';
import { type Answer, bytes, type Given, isGiven, list, number, object, optional, text } from './given.ts';

export type Trusts = ReadonlyMap<string, Trust>;

/** The trust documents of the fixtures. */
export function trustsOf(fixtures: Given): Trusts {
  const trusts = object(fixtures, 'trusts');
  return new Map(
    Object.keys(trusts).map((name) => {
      const trust = parseTrust(bytes(trusts, name));
      if ('untrusted' in trust) throw new Error(`trust ${name}: ${trust.what}`);
      return [name, trust] as const;
    }),
  );
}

/** Answer one chain vector. */
export function chain(given: Given, trusts: Trusts): Answer {
  if (optional(given, 'document') !== undefined) {
    const trust = parseTrust(bytes(given, 'document'));
    return { outcome: 'untrusted' in trust ? trust.untrusted : 'accepted' };
  }
  const trust = trusts.get(text(given, 'trust'));
  if (trust === undefined) throw new Error(`no trust ${text(given, 'trust')}`);
  return follow(given, trust);
}

function follow(given: Given, trust: Trust): Answer {
  const held = optional(given, 'held');
  let state: ChainState = { position: isGiven(held) ? positionIn(held) : null, refusedThrough: null };
  let parts = new Parts();
  const outcomes: string[] = [];
  for (const [offset, one] of list(given, 'records').entries()) {
    const value = recordBytes(one);
    if (optional(one, 'use') === 'floor') {
      const opened = openFloor(value, trust);
      if ('outcome' in opened) {
        outcomes.push(opened.reason);
      } else {
        state = { position: positionOf(opened), refusedThrough: null };
        outcomes.push('accepted');
      }
    } else if (optional(one, 'use') === 'base') {
      const verdict = adoptBase(state.position, value, trust);
      state = after(state, verdict);
      outcomes.push(said(verdict));
    } else {
      const [held, taken] = parts.take({ offset, value, headers: headersOf(one) });
      parts = held;
      const verdict = verdictOf(taken, state, trust);
      if (verdict.outcome !== 'pending') state = after(state, verdict);
      outcomes.push(said(verdict));
    }
  }
  return { outcomes, position: state.position, refused_through: state.refusedThrough };
}

function verdictOf(taken: Whole | Pending | Refused, state: ChainState, trust: Trust): Verdict | Pending {
  return taken.outcome === 'whole' ? judge(state.position, taken.envelope, trust) : taken;
}

function said(verdict: Verdict | Pending): string {
  return verdict.outcome === 'refused' ? verdict.reason : verdict.outcome;
}

function positionIn(given: Given): Position {
  return { epoch: number(given, 'epoch'), revision: number(given, 'revision'), digest: text(given, 'digest') };
}

function headersOf(record: Given): ReadonlyMap<string, string> {
  const headers = optional(record, 'headers');
  if (!isGiven(headers)) return new Map();
  return new Map(Object.keys(headers).map((name) => [name, text(headers, name)]));
}

/** The bytes of a record: written out, or made of repeated pieces. */
function recordBytes(record: Given): Uint8Array {
  if (optional(record, 'value') !== undefined) return bytes(record, 'value');
  return Buffer.concat(
    list(record, 'pieces').flatMap((piece) =>
      new Array<Uint8Array>(number(piece, 'times')).fill(bytes(piece, 'base64')),
    ),
  );
}
