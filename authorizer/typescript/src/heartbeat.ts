/**
 * The step `heartbeat`: what one instance says about itself, and when (docs/reference/heartbeat.md).
 *
 * Pure: it notes what it is told and reads no clock. Nothing here comes from a request, and nothing is decided by it.
 */

import type { Position } from './digests.ts';
import type { Decision, Freshness } from './outcome.ts';

const EVERY_MS = 60_000;
const CREDIT = 5; // heartbeats that tell news
const CREDIT_BACK_MS = 10_000; // one of them comes back

/** Who speaks: what an instance keeps as long as it lives. `floor.issuedAt` in UTC seconds. */
export interface Identity {
  readonly environment: string;
  readonly gateway: string;
  readonly instance: string;
  readonly variant: string;
  readonly version: string;
  readonly floor: { readonly epoch: number; readonly revision: number; readonly issuedAt: number };
}

/** Where the follower stands when it is asked; `follows`: there is a log to follow. */
export interface Standing {
  readonly position: Position;
  readonly view: string;
  readonly freshness: Freshness;
  readonly follows: boolean;
}

/** Reads of the log, and the records that they refused, by reason. */
export interface Reads {
  readonly succeeded: number;
  readonly failed: number;
  readonly refused: ReadonlyMap<string, number>;
}

/** One heartbeat, made: the record for Kafka, and the line of metrics for standard output. */
export interface Heartbeat {
  readonly topic: string;
  readonly key: string;
  readonly timestamp: number;
  readonly value: string;
  readonly metrics: string;
}

/** The topic of a gateway's heartbeats: one a team. */
export function heartbeatTopic({ environment, gateway }: Pick<Identity, 'environment' | 'gateway'>): string {
  return `gatefleet.${environment}.heartbeat.${gateway.split('/')[0]}`;
}

/** What was noted since the last heartbeat; `since` in ms. */
interface Counts {
  readonly since: number;
  readonly denied: Map<string, number>;
  readonly refused: Map<string, number>;
  allowed: number;
  notFresh: number;
  pathDiffers: number;
  succeeded: number;
  failed: number;
}

/** What one instance noted, when it last spoke, and what became of that. Times in milliseconds UTC. */
export class Pulse {
  readonly #identity: Identity;
  #counts: Counts;
  #last: { readonly at: number; readonly position: Position } | null = null;
  #unsent = 0;
  #justLost = false;
  #spent = 0;

  constructor(identity: Identity, now: number) {
    this.#identity = identity;
    this.#counts = countsSince(now);
  }

  /** How many heartbeats in a row were not sent. */
  get unsent(): number {
    return this.#unsent;
  }

  /** Note a decision. */
  decided({ outcome, freshness, pathFits }: Pick<Decision, 'outcome' | 'freshness' | 'pathFits'>): void {
    const counts = this.#counts;
    if (outcome.effect === 'allow') counts.allowed += 1;
    else add(counts.denied, outcome.reason, 1);
    if (freshness.state !== 'fresh') counts.notFresh += 1;
    if (pathFits === false) counts.pathDiffers += 1;
  }

  /** Note reads of the log. */
  read({ succeeded, failed, refused }: Reads): void {
    this.#counts.succeeded += succeeded;
    this.#counts.failed += failed;
    for (const [reason, count] of refused) add(this.#counts.refused, reason, count);
  }

  /** Note what became of a heartbeat: the broker has it, or it is lost. */
  delivered(sent: boolean): void {
    this.#justLost = !sent && this.#unsent === 0;
    this.#unsent = sent ? 0 : this.#unsent + 1;
  }

  /** Asked once an invocation, after its answer: the heartbeat if one is due. */
  beat(standing: Standing, now: number): Heartbeat | null {
    // A time beyond all credit was noted before the clock was set back.
    if (this.#spent > now + CREDIT * CREDIT_BACK_MS) this.#spent = 0;
    if (!this.#isRegular(now)) {
      if (!this.#hasNews(standing) || this.#spent > now + (CREDIT - 1) * CREDIT_BACK_MS) return null;
      this.#spent = Math.max(this.#spent, now) + CREDIT_BACK_MS;
    }
    const heartbeat = this.#made(standing, now);
    this.#counts = countsSince(now);
    this.#last = { at: now, position: standing.position };
    this.#justLost = false;
    return heartbeat;
  }

  #isRegular(now: number): boolean {
    // A last time after `now` was noted before the clock was set back.
    return this.#last === null || now < this.#last.at || now >= this.#last.at + EVERY_MS;
  }

  #hasNews({ position }: Standing): boolean {
    const last = this.#last?.position;
    const moved =
      position.epoch !== last?.epoch || position.revision !== last.revision || position.digest !== last.digest;
    return moved || this.#counts.refused.size > 0 || this.#justLost;
  }

  #made(standing: Standing, now: number): Heartbeat {
    const { environment, gateway, instance } = this.#identity;
    const seconds = Math.floor(now / 1000);
    const value = JSON.stringify(this.#said(standing, seconds));
    const metrics = this.#metrics(standing, seconds);
    const units = Object.keys(metrics).map((name) => ({
      Name: name,
      Unit: name.endsWith('Age') ? 'Seconds' : 'Count',
    }));
    const directive = { Namespace: 'gatefleet', Dimensions: [['service', 'environment']], Metrics: units };
    const aws = { Timestamp: now, CloudWatchMetrics: [directive] };
    const line = JSON.stringify({ _aws: aws, service: gateway, environment, ...metrics });
    return {
      topic: heartbeatTopic(this.#identity),
      key: instance,
      timestamp: now,
      value,
      metrics: `${line.slice(0, -1)},"heartbeat":${value}}`,
    };
  }

  #metrics({ freshness }: Standing, seconds: number): Record<string, number> {
    const counts = this.#counts;
    const floorAge = this.#floorAge(seconds);
    return {
      Allowed: counts.allowed,
      Denied: sum(counts.denied),
      NotFresh: counts.notFresh,
      PathDiffers: counts.pathDiffers,
      ReadFailures: counts.failed,
      RefusedRecords: sum(counts.refused),
      HeartbeatsUnsent: this.#unsent,
      ColdStart: this.#last === null ? 1 : 0,
      ViewAge: freshness.age ?? floorAge,
      FloorAge: floorAge,
    };
  }

  #floorAge(seconds: number): number {
    return Math.max(0, seconds - this.#identity.floor.issuedAt);
  }

  #said({ position, view, freshness, follows }: Standing, seconds: number): object {
    const { floor, ...identity } = this.#identity;
    const counts = this.#counts;
    return {
      environment: identity.environment,
      gateway: identity.gateway,
      instance: identity.instance,
      variant: identity.variant,
      version: identity.version,
      issued_at: seconds,
      since: Math.floor(counts.since / 1000),
      cold_start: this.#last === null,
      epoch: position.epoch,
      revision: position.revision,
      payload: position.digest,
      view,
      mode: modeOf(follows, freshness),
      freshness: freshness.state,
      age: freshness.age,
      floor: { epoch: floor.epoch, revision: floor.revision, age: this.#floorAge(seconds) },
      decisions: {
        allow: counts.allowed,
        deny: sorted(counts.denied),
        not_fresh: counts.notFresh,
        path_differs: counts.pathDiffers,
      },
      reads: { succeeded: counts.succeeded, failed: counts.failed },
      refusals: sorted(counts.refused),
      unsent: this.#unsent,
    };
  }
}

/** What an instance does about the log. */
function modeOf(follows: boolean, { readFailed }: Freshness): string {
  if (!follows) return 'floor_only';
  return readFailed ? 'holding' : 'following';
}

function countsSince(since: number): Counts {
  const none = { allowed: 0, notFresh: 0, pathDiffers: 0, succeeded: 0, failed: 0 };
  return { since, denied: new Map(), refused: new Map(), ...none };
}

function add(counts: Map<string, number>, reason: string, count: number): void {
  counts.set(reason, (counts.get(reason) ?? 0) + count);
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((all, count) => all + count, 0);
}

/** By reason, for JSON. Reasons are words, so an object keeps their order. */
function sorted(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([one], [other]) => (one < other ? -1 : 1)));
}
