/**
 * Asks whoever leads a topic's one partition, within one deadline (docs/reference/kafka.md, "Who is asked").
 *
 * Between two requests the process may have been frozen for hours, and within one as well. So a connection counts as
 * alive only for seconds of the wall clock, and an answer that comes after its request was given up is nobody's.
 */

import { type Answer, type Call, type Endpoint, metadata } from './calls.ts';
import type { Cluster } from './cluster.ts';
import { type Connection, NoAnswer } from './connection.ts';
import type { Deadline } from './deadline.ts';
import {
  compressed,
  isMoved,
  isRefusal,
  KafkaRefused,
  refusal,
  TopicMissing,
  UNKNOWN_TOPIC_OR_PARTITION,
} from './errors.ts';
import { Compressed } from './records.ts';

const AWAKE_MS = 3000; // so long, by the wall clock, an unused connection is trusted
const MOST_MOVES = 2;

/** One way to the leader: a connection, and until when it may take to answer. */
interface Way {
  readonly name: string;
  readonly limit: Deadline;
  /** Whether what it says of the topic is the cluster's last word. */
  readonly isBootstrap: boolean;
  connect(): Promise<Connection>;
}

/** The way to one topic's leader; holds at most one connection. */
export class Leader {
  readonly #cluster: Cluster;
  readonly #topic: string;
  #turn = 0;
  #kept: Connection | null = null;
  #lastUsed = 0;
  #remembered: Endpoint | null = null;

  constructor(cluster: Cluster, topic: string) {
    this.#cluster = cluster;
    this.#topic = topic;
  }

  /** Ask. Rejects with `KafkaRefused` where asking again will not help, else with `NoAnswer` and every reason. */
  async ask<T extends Answer>(call: Call<T>, deadline: Deadline): Promise<T> {
    this.#turn += 1;
    const turn = this.#turn;
    const failures: string[] = [];
    for (const way of this.#ways(deadline)) {
      if (deadline.left === 0) break;
      try {
        const [answer, connection] = await this.#through(way, call, deadline);
        this.#keep(connection, turn);
        if (isRefusal(answer.error)) throw refusal(answer.error, 'refuses the request');
        return answer;
      } catch (error) {
        if (turn !== this.#turn) throw new NoAnswer('given up');
        if (error instanceof Compressed) throw compressed();
        if (error instanceof KafkaRefused && (way.isBootstrap || !(error instanceof TopicMissing))) throw error;
        failures.push(`${way.name}: ${error instanceof Error ? error.message : 'failed'}`);
        if (!way.isBootstrap) this.#remembered = null;
      }
    }
    throw new NoAnswer(
      [...new Set(failures), ...(deadline.left === 0 ? ['no time is left'] : [])].join('; ').slice(0, 500),
    );
  }

  /** Let go of the connection. A later request connects anew. */
  close(): void {
    this.#turn += 1;
    this.#kept?.close();
    this.#kept = null;
  }

  /** In the order in which they are tried; each is made when the one before failed, of the time that is left then. */
  *#ways(deadline: Deadline): Iterable<Way> {
    const [kept, leader] = [this.#takeKept(), this.#remembered];
    if (kept !== null) {
      const connect = () => Promise.resolve(kept);
      yield { name: nameOf(kept.endpoint), limit: deadline.share(3), isBootstrap: false, connect };
    }
    if (leader !== null) {
      const limit = deadline.share(2);
      const connect = () => this.#cluster.dial(leader, limit);
      yield { name: nameOf(leader), limit, isBootstrap: false, connect };
    }
    const bootstraps = this.#cluster.bootstraps;
    for (const [tried, bootstrap] of bootstraps.entries()) {
      const limit = deadline.share(bootstraps.length - tried);
      const connect = () => this.#byBootstrap(bootstrap, limit, deadline);
      yield { name: nameOf(bootstrap), limit: deadline, isBootstrap: true, connect };
    }
  }

  /** The kept connection, no longer kept; null, and closed, when it slept or its session is over. */
  #takeKept(): Connection | null {
    const kept = this.#kept;
    this.#kept = null;
    const now = this.#cluster.clock();
    const unused = now - this.#lastUsed;
    if (kept?.isIdle && unused >= 0 && unused <= AWAKE_MS && now < kept.expires) return kept;
    kept?.close();
    return null;
  }

  async #through<T extends Answer>(way: Way, call: Call<T>, deadline: Deadline): Promise<readonly [T, Connection]> {
    let connection = await way.connect();
    let limit = way.limit;
    for (let moves = 0; ; moves++) {
      const answer = await connection.exchange(call, limit);
      if (!isMoved(answer.error)) return [answer, connection];
      const leader = await this.#leaderBy(connection, limit);
      connection.close();
      if (isSame(leader, connection.endpoint) || moves === MOST_MOVES) {
        throw new NoAnswer(`the leader does not lead (error ${answer.error})`);
      }
      [connection, limit] = [await this.#cluster.dial(leader, deadline), deadline];
    }
  }

  async #byBootstrap(bootstrap: Endpoint, limit: Deadline, deadline: Deadline): Promise<Connection> {
    const connection = await this.#cluster.dial(bootstrap, limit);
    const leader = await this.#leaderBy(connection, limit);
    this.#cluster.worked(bootstrap);
    if (isSame(leader, bootstrap)) return connection;
    connection.close();
    return this.#cluster.dial(leader, deadline);
  }

  /** Who leads, as a broker says. Rejects, the connection closed, when it names nobody. */
  async #leaderBy(connection: Connection, limit: Deadline): Promise<Endpoint> {
    const { error, leader } = await connection.exchange(metadata(this.#topic), limit);
    if (leader !== null) return leader;
    connection.close();
    if (error === UNKNOWN_TOPIC_OR_PARTITION) throw new TopicMissing(this.#topic);
    throw error === 0 ? new NoAnswer('no broker leads the topic') : refusal(error, 'does not say who leads the topic');
  }

  #keep(connection: Connection, turn: number): void {
    if (turn !== this.#turn) {
      connection.close();
      throw new NoAnswer('given up');
    }
    this.#kept = connection;
    this.#lastUsed = this.#cluster.clock();
    this.#remembered = connection.endpoint;
  }
}

function isSame(one: Endpoint, other: Endpoint): boolean {
  return one.host === other.host && one.port === other.port;
}

function nameOf({ host, port }: Endpoint): string {
  return `${host}:${port}`;
}
