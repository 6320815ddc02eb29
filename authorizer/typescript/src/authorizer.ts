/** One gateway's authorizer between two worlds: an event of API Gateway in, its answer out, one line written. */

import { decide } from './decide.ts';
import { decisionId } from './decision_id.ts';
import type { Clock, Follower } from './log/follow.ts';
import { logLine } from './log_line.ts';
import type { Decision } from './outcome.ts';
import { type PolicyResponse, respond, type SimpleResponse, UNAUTHORIZED } from './respond.ts';

/** Decides for one gateway. `writeLine` gets one JSON line a decision, `note` the decision. */
export class Authorizer {
  readonly follower: Follower;
  readonly #clock: Clock;
  readonly #readDeadlineMs: number;
  readonly #writeLine: (line: string) => void;
  readonly #note: (decision: Decision) => void;

  constructor(
    follower: Follower,
    clock: Clock,
    readDeadlineMs: number,
    writeLine: (line: string) => void,
    note: (decision: Decision) => void = () => undefined,
  ) {
    this.follower = follower;
    this.#clock = clock;
    this.#readDeadlineMs = readDeadlineMs;
    this.#writeLine = writeLine;
    this.#note = note;
  }

  /** Answer one event. Rejects with the error `Unauthorized` where a REST API answers 401. */
  async answer(event: unknown): Promise<SimpleResponse | PolicyResponse> {
    const started = performance.now();
    const decision = await this.decide(event);
    const id = decisionId();
    const answer = respond(decision, id);
    const now = Math.floor(this.#clock() / 1000);
    this.#writeLine(logLine(decision, id, { now, latencyMs: Math.round(performance.now() - started) }));
    this.#note(decision);
    if (answer === UNAUTHORIZED) throw new UnauthorizedError();
    return answer;
  }

  /**
   * Decide, after at most one bounded read of the log.
   *
   * A view that was followed and is not fresh is read first. On the floor what is allowed under `serve`, or to anyone,
   * is answered at once while the read goes on; everything else waits for it, since a newer policy may say otherwise.
   */
  async decide(event: unknown): Promise<Decision> {
    const now = this.#clock();
    const onFloor = this.follower.freshness(now).state === 'floor';
    const reading = this.follower.readDue(now) ? this.follower.read(this.#readDeadlineMs) : null;
    if (reading !== null && !onFloor) await reading;
    const decision = this.#decideNow(event);
    if (reading === null || !onFloor || mayGoAhead(decision)) return decision;
    await reading;
    return this.#decideNow(event);
  }

  #decideNow(event: unknown): Decision {
    const now = this.#clock();
    return decide(event, this.follower.view, this.follower.freshness(now), Math.floor(now / 1000));
  }
}

function mayGoAhead({ outcome, whenStale }: Decision): boolean {
  return outcome.effect === 'allow' && (whenStale === null || whenStale === 'serve');
}

/** The failure that API Gateway answers by 401; type and message are the same word in every build. */
class UnauthorizedError extends Error {
  override readonly name = UNAUTHORIZED;

  constructor() {
    super(UNAUTHORIZED);
  }
}
