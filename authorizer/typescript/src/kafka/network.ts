/** Sockets to the brokers of one cluster: names, TCP, TLS. Remembers what is dear to find out again. */

import { type LookupAddress, lookup } from 'node:dns';
import { connect, isIP, type LookupFunction, type Socket, type TcpNetConnectOpts } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { Endpoint } from './calls.ts';
import { NoAnswer } from './connection.ts';
import type { Deadline } from './deadline.ts';
import { tlsModule } from './tls.ts';

/** Opens sockets, by TLS where there is a context for it. */
export class Network {
  readonly #context: SecureContext | null;
  /** By host: the address that could be connected to, until it cannot be. */
  readonly #addresses = new Map<string, LookupAddress>();
  /** By host and port: the newest TLS session, to resume. */
  readonly #sessions = new Map<string, Buffer>();

  constructor(context: SecureContext | null) {
    this.#context = context;
  }

  /** Connect. Rejects with `NoAnswer` when that fails, or is not done by `deadline`. */
  async open({ host, port }: Endpoint, deadline: Deadline): Promise<Socket> {
    // Of several addresses the first may be a dark one.
    const autoSelectFamilyAttemptTimeout = Math.max(10, Math.floor(deadline.left / 3));
    const to = { host, port, noDelay: true, lookup: this.#lookup, autoSelectFamilyAttemptTimeout };
    try {
      const socket = await opened(this.#context === null ? connect(to) : this.#secured(to, this.#context), deadline);
      const { remoteAddress: address, remoteFamily } = socket;
      if (address !== undefined) this.#addresses.set(host, { address, family: remoteFamily === 'IPv6' ? 6 : 4 });
      return socket;
    } catch (error) {
      this.#addresses.delete(host);
      this.#sessions.delete(`${host}:${port}`);
      throw error instanceof NoAnswer ? error : new NoAnswer(error instanceof Error ? error.message : 'no connection');
    }
  }

  /** A TLS socket under way. The certificate and its host name are verified, or were when the session began. */
  #secured(to: TcpNetConnectOpts & Endpoint, context: SecureContext): Socket {
    const name = `${to.host}:${to.port}`;
    const session = this.#sessions.get(name);
    const socket = tlsModule().connect({
      ...to,
      secureContext: context,
      // RFC 6066 section 3: an address is no server name.
      ...(isIP(to.host) === 0 ? { servername: to.host } : {}),
      ...(session === undefined ? {} : { session }),
    });
    // Of who was verified alone: a session is resumed without a look at the certificate.
    const keep = (newest: Buffer | undefined) => socket.authorized && newest && this.#sessions.set(name, newest);
    return socket.on('session', keep).once('secureConnect', () => keep(socket.getSession()));
  }

  readonly #lookup: LookupFunction = (host, options, done) => {
    const known = this.#addresses.get(host);
    if (known === undefined) return lookup(host, options, done);
    process.nextTick(() => (options.all === true ? done(null, [known]) : done(null, known.address, known.family)));
  };
}

/** The socket once it can be used: after the TLS handshake, if it makes one. */
async function opened(socket: Socket, deadline: Deadline): Promise<Socket> {
  const ready = 'encrypted' in socket ? 'secureConnect' : 'connect';
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const closed = () => reject(new NoAnswer('the broker closed the connection'));
  const timer = setTimeout(() => reject(new NoAnswer('the broker cannot be connected to in time')), deadline.left);
  socket.once(ready, resolve).on('error', reject).once('close', closed);
  try {
    await promise;
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    socket.off('close', closed); // a later error rejects what is settled, and is the connection's to see
  }
}
