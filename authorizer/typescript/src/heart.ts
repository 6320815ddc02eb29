/** Beats once an invocation, after its answer: writes the line of metrics, sends the heartbeat, hears what became of it. */

import type { Heartbeat, Pulse } from './heartbeat.ts';
import type { Clock, Follower } from './log/follow.ts';
import type { Decision } from './outcome.ts';

/** Where heartbeats go. */
export interface HeartbeatSink {
  /** Send; whether it arrived. Never rejects. */
  send(heartbeat: Heartbeat): Promise<boolean>;
  /** Asked once an invocation: give up what slept. */
  tend(): void;
}

/** One instance's heart. `sink` null: its heartbeats stand in the lines of metrics alone. */
export class Heart {
  readonly #pulse: Pulse;
  readonly #follower: Follower;
  readonly #sink: HeartbeatSink | null;
  readonly #clock: Clock;
  readonly #patienceMs: number;
  readonly #writeLine: (line: string) => void;

  constructor(
    pulse: Pulse,
    follower: Follower,
    sink: HeartbeatSink | null,
    clock: Clock,
    patienceMs: number,
    writeLine: (line: string) => void,
  ) {
    this.#pulse = pulse;
    this.#follower = follower;
    this.#sink = sink;
    this.#clock = clock;
    this.#patienceMs = patienceMs;
    this.#writeLine = writeLine;
  }

  /** Note a decision. */
  decided(decision: Decision): void {
    this.#pulse.decided(decision);
  }

  /**
   * Make the heartbeat that is due, if one is.
   *
   * Resolves at once, or after the last one was lost when this one was sent, or `patienceMs` passed: of a process that
   * is frozen until its next request nothing would ever be heard otherwise.
   */
  async beat(): Promise<void> {
    this.#sink?.tend();
    const now = this.#clock();
    this.#pulse.read(this.#follower.takeReads());
    const wasLost = this.#pulse.unsent > 0;
    const heartbeat = this.#pulse.beat(this.#follower.standing(now), now);
    if (heartbeat === null) return;
    this.#writeLine(heartbeat.metrics);
    if (this.#sink === null) return;
    const delivery = this.#sink.send(heartbeat).then((sent) => this.#pulse.delivered(sent));
    if (wasLost) await atMost(this.#patienceMs, delivery);
  }
}

async function atMost(ms: number, what: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([what, late]);
  clearTimeout(timer);
}
