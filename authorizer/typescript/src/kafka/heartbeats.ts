/**
 * Sends heartbeats to Kafka while the process has nothing better to do (docs/reference/heartbeat.md, "Sending").
 *
 * The process may be frozen in the middle: what has been under way for too long by the wall clock is given up.
 */

import type { Heartbeat } from '../heartbeat.ts';
import { produce } from './calls.ts';
import type { Cluster } from './cluster.ts';
import { Deadline } from './deadline.ts';
import { Leader } from './leader.ts';
import { batchOf } from './records.ts';

const LONGEST_MS = 3000;

interface Delivery {
  readonly heartbeat: Heartbeat;
  readonly resolve: (sent: boolean) => void;
}

/** One heartbeat under way, and at most one that waits; a newer one takes its place. */
export class KafkaHeartbeats {
  readonly #cluster: Cluster;
  readonly #leader: Leader;
  #underWay: Delivery | null = null;
  #since = 0;
  #waiting: Delivery | null = null;

  constructor(cluster: Cluster, topic: string) {
    this.#cluster = cluster;
    this.#leader = new Leader(cluster, topic);
  }

  /** Send; whether a broker acknowledged it. Never rejects. */
  send(heartbeat: Heartbeat): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#waiting?.resolve(false);
    this.#waiting = { heartbeat, resolve };
    this.tend();
    return promise;
  }

  /** Give up what has been under way too long, and begin with what waits. */
  tend(): void {
    const age = this.#cluster.clock() - this.#since;
    if (this.#underWay !== null && (age < 0 || age >= LONGEST_MS)) {
      this.#leader.close();
      this.#end(this.#underWay, false);
    }
    const next = this.#waiting;
    if (this.#underWay !== null || next === null) return;
    [this.#underWay, this.#waiting, this.#since] = [next, null, this.#cluster.clock()];
    this.#sent(next.heartbeat).then((sent) => this.#end(next, sent));
  }

  async #sent({ topic, key, timestamp, value }: Heartbeat): Promise<boolean> {
    try {
      const batch = batchOf(timestamp, Buffer.from(key), Buffer.from(value));
      const { error } = await this.#leader.ask(produce(topic, batch), Deadline.in(LONGEST_MS));
      return error === 0;
    } catch {
      return false; // the next one tells that it was not sent
    }
  }

  #end(delivery: Delivery, sent: boolean): void {
    if (this.#underWay !== delivery) return; // given up
    this.#underWay = null;
    delivery.resolve(sent);
    this.tend();
  }
}
