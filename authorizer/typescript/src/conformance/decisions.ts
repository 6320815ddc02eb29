/** Answers the vectors of views, tokens, decisions and responses. */

import { decide } from '../decide.ts';
import type { Position } from '../digests.ts';
import { type Entry, readEntry } from '../entities.ts';
import { logLine } from '../log_line.ts';
import { type Allow, type Decision, type Deny, type Freshness, isDeny } from '../outcome.ts';
import { respond } from '../respond.ts';
import { verifyText } from '../token.ts';
import { Holdings, NeedsSnapshot, View } from '../view.ts';
import { type Answer, type Given, isGiven, lists, number, object, optional, text } from './given.ts';

export type Views = ReadonlyMap<string, View>;

/** The views of the fixtures. */
export function viewsOf(fixtures: Given): Views {
  const views = object(fixtures, 'views');
  return new Map(
    Object.keys(views).map((name) => {
      const fixture = object(views, name);
      const holdings = Holdings.build(text(fixture, 'gateway'), entriesOf(object(fixture, 'entities')));
      return [name, new View(holdings, positionIn(object(fixture, 'position')))] as const;
    }),
  );
}

/** Answer one view vector. */
export function view(given: Given): Answer {
  let holdings = Holdings.build(text(given, 'gateway'), entriesOf(object(given, 'entities')));
  for (const changes of lists(given, 'revisions')) {
    if (!Array.isArray(changes)) throw new Error('revisions: not lists');
    const after = holdings.apply(new Map(changes.map(changeOf)));
    if (after instanceof NeedsSnapshot) return { needs_snapshot: after.missing };
    holdings = after;
  }
  return { keys: [...holdings.entries.keys()].sort(), absent: [...holdings.absent].sort(), digest: holdings.digest };
}

/** Answer one token vector. */
export function token(given: Given, views: Views): Answer {
  const verified = verifyText(text(given, 'token'), viewIn(given, views), number(given, 'now'));
  return isDeny(verified) ? outcomeJson(verified) : { effect: 'allow', issuer: verified.issuerName };
}

/** Answer one decide vector. */
export function decision(given: Given, views: Views): Answer {
  return decisionJson(decided(given, views));
}

/** Answer one respond vector. */
export function response(given: Given, views: Views): Answer {
  const [made, id] = [decided(given, views), text(given, 'decision_id')];
  const said = respond(made, id);
  const line = logLine(made, id, { now: number(given, 'now'), latencyMs: number(given, 'latency_ms') });
  return { ...(typeof said === 'string' ? { error: said } : { response: said }), log: JSON.parse(line) as unknown };
}

/** A decision as vectors write it; what is not there yet is left out. */
export function decisionJson(made: Decision): Answer {
  const members = {
    ...outcomeJson(made.outcome),
    route: made.route,
    path: made.pathFits === null ? null : made.pathFits ? 'fits' : 'differs',
    credential: made.credential,
    client_id: made.clientId,
    subject: made.subject,
    when_stale: made.whenStale,
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
}

function outcomeJson(outcome: Allow | Deny): Answer {
  if (outcome.effect === 'allow') return { effect: 'allow', scopes: outcome.scopes };
  return { effect: 'deny', step: outcome.step, reason: outcome.reason };
}

function decided(given: Given, views: Views): Decision {
  return decide(
    optional(given, 'event'),
    viewIn(given, views),
    freshnessIn(object(given, 'freshness')),
    number(given, 'now'),
  );
}

function viewIn(given: Given, views: Views): View {
  const found = views.get(text(given, 'view'));
  if (found === undefined) throw new Error(`no view ${text(given, 'view')}`);
  return found;
}

/** A freshness as vectors write it. */
export function freshnessIn(given: Given): Freshness {
  const state = text(given, 'state');
  if (state !== 'fresh' && state !== 'stale' && state !== 'floor') throw new Error(`no freshness ${state}`);
  const age = typeof optional(given, 'age') === 'number' ? number(given, 'age') : null;
  return { state, age, readFailed: optional(given, 'read_failed') === true };
}

/** A position as vectors write it. */
export function positionIn(given: Given): Position {
  return { epoch: number(given, 'epoch'), revision: number(given, 'revision'), digest: text(given, 'digest') };
}

function entriesOf(entities: Given): ReadonlyMap<string, Entry> {
  return new Map(Object.keys(entities).map((key) => [key, readEntry(key, text(entities, key))]));
}

function changeOf(change: unknown): readonly [string, Entry | null] {
  if (!isGiven(change)) throw new Error('changes: not objects');
  const key = text(change, 'key');
  return [key, optional(change, 'value') === undefined ? null : readEntry(key, text(change, 'value'))];
}
