/**
 * What a follower does with a record of the log: checks 10 to 16 of docs/reference/log.md, pure and total.
 *
 * `judge` answers from the record, the held position and the trust document alone, so every follower accepts the same
 * chain, whichever part of it its gateway needs. No bytes make anything here throw.
 */

import { GENESIS_PARENT, type Position, positionText } from '../digests.ts';
import { kindOf } from '../entities.ts';
import {
  type Body,
  type Opened,
  openRecord,
  type Refused,
  type RevisionNumber,
  refused,
  refusedPolicy,
} from './opening.ts';
import { positionOf, type Revision } from './payloads.ts';
import type { Trust } from './trust.ts';

// A follower that holds nothing stands just before genesis.
export const NOTHING: Position = { epoch: 1, revision: 0, digest: GENESIS_PARENT };

/** The record counts: a revision moves the position, a snapshot or tick confirms it. */
export interface Accepted {
  readonly outcome: 'accepted';
  readonly position: Position;
  readonly body: Body;
  readonly signers: ReadonlySet<string>;
}

/** A duplicate, a lost race or a restatement of what is past: nothing to report. `digest` is of its payload. */
export interface Ignored {
  readonly outcome: 'ignored';
  readonly body: Body;
  readonly digest: string;
}

export type Verdict = Accepted | Ignored | Refused;

/**
 * Where a follower stands, and up to which number it knows of policy that it does not enforce.
 *
 * INVARIANT: `refusedThrough`, where there is one, is above the position; it ends when the position reaches it.
 */
export interface ChainState {
  readonly position: Position | null;
  readonly refusedThrough: RevisionNumber | null;
}

/** The state after a verdict about a record, or about a base. */
export function after(state: ChainState, verdict: Verdict): ChainState {
  if (verdict.outcome === 'accepted') {
    const { position } = verdict;
    const reached = state.refusedThrough === null || compare(position, state.refusedThrough) >= 0;
    return { position, refusedThrough: reached ? null : state.refusedThrough };
  }
  if (verdict.outcome === 'ignored' || !verdict.concerns) return state;
  const held = state.position ?? NOTHING;
  const number = verdict.number ?? { epoch: held.epoch, revision: held.revision + 1 };
  if (compare(number, held) <= 0) return state;
  const further = state.refusedThrough === null || compare(number, state.refusedThrough) > 0;
  return further ? { ...state, refusedThrough: { epoch: number.epoch, revision: number.revision } } : state;
}

/** Decide about one record of the log against the position held (null: nothing yet, so genesis alone is next). */
export function judge(held: Position | null, envelopeBytes: Uint8Array, trust: Trust): Verdict {
  const opened = openRecord(envelopeBytes, trust);
  return opened.outcome === 'refused' ? opened : judgeOpened(held ?? NOTHING, opened, trust);
}

/**
 * Decide about a snapshot as a base to go on from; nothing older than `backstop`, the floor's position, is one.
 *
 * A refused base concerns nobody: whoever needs one is not fresh anyway.
 */
export function adoptBase(backstop: Position | null, envelopeBytes: Uint8Array, trust: Trust): Accepted | Refused {
  const opened = openRecord(envelopeBytes, trust);
  if (opened.outcome === 'refused') return { ...opened, concerns: false };
  if (opened.body.type !== 'snapshot') return refused('wrong_type', 'is no snapshot');
  const [base, oldest] = [positionOf(opened.body), backstop ?? NOTHING];
  if (compare(base, oldest) < 0) {
    return refused('rollback', `is at ${positionText(base)}, older than ${positionText(oldest)}`);
  }
  if (base.epoch > oldest.epoch) {
    return refused('broken_chain', `epoch ${base.epoch} begins without a recovery from epoch ${oldest.epoch}`);
  }
  if (base.revision === oldest.revision && base.digest !== oldest.digest) {
    return refused('broken_chain', `speaks of another revision ${base.revision} than the accepted one`);
  }
  return { outcome: 'accepted', position: base, body: opened.body, signers: opened.signers };
}

// --- the checks ------------------------------------------------------------------------------------------------------

function judgeOpened(held: Position, opened: Opened, trust: Trust): Verdict {
  const { body } = opened;
  // 10. and 11. The epoch rises only by recovery.
  if (body.epoch < held.epoch) return { outcome: 'ignored', body, digest: opened.digest };
  if (body.epoch > held.epoch) {
    return broken(opened, `epoch ${body.epoch} begins without a recovery from epoch ${held.epoch}`);
  }
  if (body.type === 'revision') return judgeRevision(held, body, opened, trust);
  // 15. and 16. A snapshot or tick confirms what is held.
  if (body.revision < held.revision) return { outcome: 'ignored', body, digest: opened.digest };
  if (body.revision > held.revision) {
    return broken(opened, `speaks of revision ${body.revision} before it was on the log`);
  }
  if (body.payload !== held.digest) {
    // The publisher holds another revision of this number: what follows it is what is missing here.
    const what = `speaks of another revision ${body.revision} than the accepted one`;
    return refusedPolicy('broken_chain', what, { epoch: held.epoch, revision: held.revision + 1 });
  }
  return { outcome: 'accepted', position: held, body, signers: opened.signers };
}

function judgeRevision(held: Position, revision: Revision, opened: Opened, trust: Trust): Verdict {
  // 12. A duplicate, or a race that this one lost.
  if (revision.revision <= held.revision) return { outcome: 'ignored', body: revision, digest: opened.digest };
  // 13. The one successor.
  if (revision.revision !== held.revision + 1) {
    return broken(opened, `is revision ${revision.revision} where ${held.revision + 1} is next`);
  }
  if (revision.parent !== held.digest) {
    return broken(opened, `its parent is another revision ${held.revision} than the accepted one`);
  }
  // 14. Blast limit.
  const kind = overBlastLimit(revision, opened.signers, trust);
  if (kind !== null) {
    const what = `changes more than ${trust.blastLimit.get(kind) ?? 0} of kind ${kind} under one signer`;
    return refusedPolicy('over_blast_limit', what, numberOf(opened.body));
  }
  const position = { epoch: revision.epoch, revision: revision.revision, digest: opened.digest };
  return { outcome: 'accepted', position, body: revision, signers: opened.signers };
}

/** The kind of which a revision changes more keys than its signers may; genesis may change any number. */
function overBlastLimit(revision: Revision, signers: ReadonlySet<string>, trust: Trust): string | null {
  if ((revision.epoch === 1 && revision.revision === 1) || signers.size >= 2) return null;
  const changed = new Map<string, number>();
  for (const key of revision.changes.keys()) changed.set(kindOf(key), (changed.get(kindOf(key)) ?? 0) + 1);
  const over = [...changed].filter(([kind, count]) => count > (trust.blastLimit.get(kind) ?? 0));
  return over.map(([kind]) => kind).sort()[0] ?? null;
}

function broken(opened: Opened, what: string): Refused {
  return refusedPolicy('broken_chain', what, numberOf(opened.body));
}

function numberOf({ epoch, revision }: RevisionNumber): RevisionNumber {
  return { epoch, revision };
}

/** Negative, zero or positive: by epoch, then by revision. */
function compare(one: RevisionNumber, other: RevisionNumber): number {
  return one.epoch - other.epoch || one.revision - other.revision;
}
