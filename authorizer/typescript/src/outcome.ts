/** What a decision is made of: steps, allow or deny, freshness (docs/reference/decision.md, "The steps"). */

import type { Position } from './digests.ts';
import type { ApiKind, CredentialKind, WhenStale } from './entities.ts';
import type { Endpoint } from './event.ts';
import type { Reason } from './reasons.ts';

/** The steps of a decision, in their order; the first that fails ends it. */
export type Step =
  | 'event'
  | 'gateway'
  | 'route'
  | 'path'
  | 'credential'
  | 'malformed'
  | 'issuer'
  | 'typ'
  | 'kid'
  | 'alg'
  | 'key_state'
  | 'signature'
  | 'exp'
  | 'nbf'
  | 'lifetime'
  | 'aud'
  | 'client'
  | 'suspended'
  | 'revoked'
  | 'cnf'
  | 'address'
  | 'claims'
  | 'scope'
  | 'stale';

/** Denied at this step for this reason. */
export interface Deny {
  readonly effect: 'deny';
  readonly step: Step;
  readonly reason: Reason;
}

/** Allowed with these effective scopes, sorted; none for a public route. */
export interface Allow {
  readonly effect: 'allow';
  readonly scopes: readonly string[];
}

/** A denial. */
export function deny(step: Step, reason: Reason): Deny {
  return { effect: 'deny', step, reason };
}

/** Whether a step's result is its denial. */
export function isDeny(value: unknown): value is Deny {
  return typeof value === 'object' && value !== null && 'effect' in value && value.effect === 'deny';
}

/** How current the view is; `floor` when nothing has been read since start. */
export type FreshnessState = 'fresh' | 'stale' | 'floor';

/**
 * How current the view is: `age` in seconds since the last successful read, rounded up (null: there was none);
 * `readFailed` says that the latest attempt to read the log failed.
 */
export interface Freshness {
  readonly state: FreshnessState;
  readonly age: number | null;
  readonly readFailed: boolean;
}

/**
 * The outcome and what may be said of it. Members stay null until their step has passed.
 *
 * `clientId` and `subject` are proven, never merely claimed; `pathFits` is counted and never denies; `api` and
 * `endpoint` are what a response needs. Of the request's headers only the trace id is kept, of path and query nothing.
 */
export interface Decision {
  readonly outcome: Allow | Deny;
  readonly gateway: string;
  readonly position: Position;
  readonly freshness: Freshness;
  readonly api: ApiKind;
  readonly endpoint: Endpoint | null;
  readonly traceId: string | null;
  readonly route: string | null;
  readonly pathFits: boolean | null;
  readonly credential: CredentialKind | null;
  readonly clientId: string | null;
  readonly subject: string | null;
  readonly whenStale: WhenStale | null;
}
