/**
 * The one line that may be written about a decision: members from an allow-list, in a fixed order.
 *
 * Never a token, path, query, address, `sub` or header, the id of a valid trace aside (docs/reference/decision.md, "The
 * log line").
 */

import { positionText } from './digests.ts';
import type { Decision } from './outcome.ts';

/** One line of JSON without a line break; what is not known is left out. `now` in UTC seconds. */
export function logLine(decision: Decision, decisionId: string, at: { now: number; latencyMs: number }): string {
  const denied = decision.outcome.effect === 'deny' ? decision.outcome : undefined;
  // `JSON.stringify` leaves out what is undefined, and keeps this order.
  return JSON.stringify({
    time: timeText(at.now),
    gateway: decision.gateway,
    decision: decision.outcome.effect,
    reason: denied?.reason,
    step: denied?.step,
    route: decision.route ?? undefined,
    path: decision.pathFits === false ? 'differs' : undefined,
    credential: decision.credential ?? undefined,
    client_id: decision.clientId ?? undefined,
    when_stale: decision.whenStale ?? undefined,
    revision: positionText(decision.position),
    freshness: decision.freshness.state,
    age: decision.freshness.age ?? undefined,
    latency_ms: at.latencyMs,
    decision_id: decisionId,
    trace_id: decision.traceId ?? undefined,
  });
}

// Every decision within a second has the same text, and making it is a good part of a line.
let written = { now: 0, text: '1970-01-01T00:00:00Z' };

function timeText(now: number): string {
  if (written.now !== now) written = { now, text: `${new Date(now * 1000).toISOString().slice(0, 19)}Z` };
  return written.text;
}
