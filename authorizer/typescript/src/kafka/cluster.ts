/** One cluster, and how to be connected and known to its brokers. */

import type { Clock } from '../log/follow.ts';
import type { Endpoint } from './calls.ts';
import { Connection } from './connection.ts';
import type { Deadline } from './deadline.ts';
import { Authenticator } from './login.ts';
import { Network } from './network.ts';
import { fetchSecret, type SecretStore } from './secret.ts';
import type { KafkaSettings } from './settings.ts';
import { secureContext } from './tls.ts';

/** Dials brokers: TCP, TLS and SASL. What is dear to find out is remembered here, for every topic. */
export class Cluster {
  readonly clock: Clock;
  readonly #bootstrap: readonly Endpoint[];
  readonly #network: Network;
  readonly #authenticator: Authenticator;
  #first: number;

  /** `random` from 0 to 1 chooses the first bootstrap. Throws `Misconfigured` for a PEM file that is none. */
  constructor(
    { bootstrap, tls, login }: KafkaSettings,
    clock: Clock,
    random = Math.random(),
    secrets: SecretStore = fetchSecret,
  ) {
    this.clock = clock;
    this.#bootstrap = bootstrap;
    this.#network = new Network(tls === null ? null : secureContext(tls));
    this.#authenticator = new Authenticator(login, clock, secrets);
    this.#first = Math.floor(random * bootstrap.length);
  }

  /** Every bootstrap, from the one that worked last on. */
  get bootstraps(): readonly Endpoint[] {
    return [...this.#bootstrap.slice(this.#first), ...this.#bootstrap.slice(0, this.#first)];
  }

  /** Remember that a bootstrap worked. */
  worked(endpoint: Endpoint): void {
    this.#first = this.#bootstrap.indexOf(endpoint);
  }

  /** A connection that may be asked. Rejects when there is none by `deadline`. */
  async dial(endpoint: Endpoint, deadline: Deadline): Promise<Connection> {
    const connection = new Connection(endpoint, await this.#network.open(endpoint, deadline));
    try {
      await this.#authenticator.authenticate(connection, deadline);
    } catch (error) {
      connection.close();
      throw error;
    }
    return connection;
  }
}
