/** Answers the heartbeat vectors: what was noted in order, and what is said when it is asked. */

import { type Identity, Pulse } from '../heartbeat.ts';
import type { FreshnessState } from '../outcome.ts';
import type { Reason } from '../reasons.ts';
import { freshnessIn, positionIn } from './decisions.ts';
import { type Answer, type Given, list, number, object, optional, text } from './given.ts';

/** Answer one heartbeat vector. */
export function heartbeats(given: Given): Answer {
  const pulse = new Pulse(identityIn(object(given, 'identity')), number(given, 'started'));
  const said: unknown[] = [];
  for (const event of list(given, 'events')) {
    if (optional(event, 'ask') !== undefined) said.push(asked(pulse, object(event, 'ask')));
    else note(pulse, event);
  }
  return { heartbeats: said };
}

function note(pulse: Pulse, event: Given): void {
  if (optional(event, 'delivery') !== undefined) {
    pulse.delivered(text(event, 'delivery') === 'sent');
  } else if (optional(event, 'read') !== undefined) {
    const succeeded = text(event, 'read') === 'succeeded';
    const refused = object(event, 'refused');
    const counts = new Map(Object.keys(refused).map((reason) => [reason, number(refused, reason)]));
    pulse.read({ succeeded: Number(succeeded), failed: Number(!succeeded), refused: counts });
  } else noteDecision(pulse, object(event, 'decision'));
}

function noteDecision(pulse: Pulse, made: Given): void {
  const denied = text(made, 'effect') === 'deny';
  const path = optional(made, 'path');
  pulse.decided({
    outcome: denied
      ? { effect: 'deny', step: 'event', reason: text(made, 'reason') as Reason }
      : { effect: 'allow', scopes: [] },
    freshness: { state: text(made, 'freshness') as FreshnessState, age: null, readFailed: false },
    pathFits: path === undefined ? null : path === 'fits',
  });
}

function asked(pulse: Pulse, ask: Given): unknown {
  const standing = {
    position: positionIn(object(ask, 'position')),
    view: text(ask, 'view'),
    freshness: freshnessIn(object(ask, 'freshness')),
    follows: optional(ask, 'follows') === true,
  };
  return pulse.beat(standing, number(ask, 'now'));
}

function identityIn(given: Given): Identity {
  const floor = object(given, 'floor');
  return {
    environment: text(given, 'environment'),
    gateway: text(given, 'gateway'),
    instance: text(given, 'instance'),
    variant: text(given, 'variant'),
    version: text(given, 'version'),
    floor: { epoch: number(floor, 'epoch'), revision: number(floor, 'revision'), issuedAt: number(floor, 'issued_at') },
  };
}
