/** Who we are, told to a broker on a new connection: SCRAM, or AWS_MSK_IAM. */

import { randomBytes } from 'node:crypto';
import type { Clock } from '../log/follow.ts';
import { mskIamMessage } from './aws.ts';
import { utf8 } from './bytes.ts';
import { type AuthenticateAnswer, saslAuthenticate, saslHandshake } from './calls.ts';
import type { Connection } from './connection.ts';
import type { Deadline } from './deadline.ts';
import { refusal, SASL_AUTHENTICATION_FAILED } from './errors.ts';
import { Scram, ScramKeys, type ScramMechanism } from './scram.ts';
import type { SecretStore, User } from './secret.ts';
import type { Login } from './settings.ts';

// Kafka closes a connection at the end of its session (KIP-368): before that, by this much or a tenth, we do.
const BEFORE_SESSION_ENDS_MS = 10_000;

/** Authenticates connections of one principal; remembers salted passwords and the fetched secret. */
export class Authenticator {
  readonly #login: Login;
  readonly #clock: Clock;
  readonly #keys = new ScramKeys();
  readonly #secrets: SecretStore;
  #secret: User | null = null;

  constructor(login: Login, clock: Clock, secrets: SecretStore) {
    this.#login = login;
    this.#clock = clock;
    this.#secrets = secrets;
  }

  /** Authenticate a new connection. Rejects with what the connection does, `ScramRefused`, or `KafkaRefused`. */
  async authenticate(connection: Connection, deadline: Deadline): Promise<void> {
    const login = this.#login;
    const started = this.#clock();
    let last: AuthenticateAnswer;
    switch (login.kind) {
      case 'none':
        return;
      case 'user':
        last = await this.#scram(connection, login.mechanism, login, deadline);
        break;
      case 'secret': {
        const user = this.#secret ?? (await this.#secrets(login.arn, login.aws, started, deadline));
        this.#secret = user;
        last = await this.#scram(connection, login.mechanism, user, deadline);
        break;
      }
      case 'iam': {
        const message = mskIamMessage(connection.endpoint.host, login.region, login.aws, Math.floor(started / 1000));
        last = await this.#handshaken(connection, 'AWS_MSK_IAM', Buffer.from(message), deadline);
      }
    }
    const { sessionLifetimeMs: lifetime } = last;
    if (lifetime > 0) connection.expires = started + lifetime - Math.min(BEFORE_SESSION_ENDS_MS, lifetime / 10);
  }

  async #scram(
    connection: Connection,
    mechanism: ScramMechanism,
    { username, password }: User,
    deadline: Deadline,
  ): Promise<AuthenticateAnswer> {
    const scram = new Scram(mechanism, username, password, randomBytes(24).toString('base64'), this.#keys);
    const first = await this.#handshaken(connection, mechanism, Buffer.from(scram.clientFirst), deadline);
    const final = await scram.clientFinal(utf8(first.data));
    const last = await this.#say(connection, Buffer.from(final), deadline);
    scram.verify(utf8(last.data));
    return last;
  }

  async #handshaken(connection: Connection, mechanism: string, message: Buffer, deadline: Deadline) {
    const { error, mechanisms } = await connection.exchange(saslHandshake(mechanism), deadline);
    if (error !== 0) throw refusal(error, `knows the mechanisms ${mechanisms.join(', ').slice(0, 100)}`);
    return this.#say(connection, message, deadline);
  }

  async #say(connection: Connection, message: Buffer, deadline: Deadline): Promise<AuthenticateAnswer> {
    const answer = await connection.exchange(saslAuthenticate(message), deadline);
    if (answer.error === 0) return answer;
    // The secret may have been rotated: the next read fetches it again.
    if (answer.error === SASL_AUTHENTICATION_FAILED) this.#secret = null;
    throw refusal(answer.error, 'does not accept this user');
  }
}
