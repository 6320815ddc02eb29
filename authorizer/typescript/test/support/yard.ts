/** A log of one's own: signed revisions, floors and trust, made with a key of this run. */

import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digest, GENESIS_PARENT, type Position, stateDigest } from '../../src/digests.ts';
import { readEntry } from '../../src/entities.ts';
import { FLOOR, pae, REVISION, SNAPSHOT, TICK, TRUST } from '../../src/log/envelope.ts';
import { openFloor } from '../../src/log/opening.ts';
import type { Floor } from '../../src/log/payloads.ts';
import { parseTrust, type Trust } from '../../src/log/trust.ts';
import { Holdings } from '../../src/view.ts';
import { aFolder } from './folder.ts';

export const NOW = 1_793_534_400;
export const GATEWAY = 'orders/orders';
export const API_KEY = 'batch.secret';

/** Values of entities by key; null removes one. */
export type Changes = Readonly<Record<string, unknown>>;

/** A policy with one route and one client that may call it by an API key. */
export const FIRST: Changes = {
  'client/batch': aClient('orders:read'),
  [`gateway/${GATEWAY}`]: aGateway({ 'GET /orders': { any_of: [['orders:read']], credentials: ['api_key'] } }),
  'scope/orders:read': { state: 'active', when_stale: 'check' },
};

export function aClient(...scopes: readonly string[]): unknown {
  return {
    state: 'active',
    ...(scopes.length === 0 ? {} : { scopes: Object.fromEntries(scopes.map((scope) => [scope, {}])) }),
    api_keys: { batch: { sha256: digest(API_KEY), expires: 4_102_444_800 } },
  };
}

export function aGateway(
  routes: Readonly<Record<string, unknown>>,
  members: Readonly<Record<string, unknown>> = {},
): unknown {
  const bounds = { policy: 'follow', max_staleness: 2, deny_after: 60, result_ttl: 0 };
  return { api: 'http', audience: ['https://api.example.com/'], ...bounds, ...members, routes };
}

/** An HTTP API's event with the API key of `FIRST`. */
export function anEvent(routeKey = 'GET /orders'): unknown {
  const [method, path] = routeKey.split(' ');
  return {
    version: '2.0',
    type: 'REQUEST',
    routeKey,
    rawPath: path,
    headers: { 'x-api-key': API_KEY },
    requestContext: { http: { method } },
  };
}

/** A log in a file of its own, and who publishes to it. */
export class Yard {
  readonly folder = aFolder();
  readonly path = join(this.folder, 'log.jsonl');
  readonly trust: Trust;
  readonly trustEnvelope: Buffer;
  position: Position = { epoch: 1, revision: 0, digest: GENESIS_PARENT };
  readonly environment: string;
  readonly #entities = new Map<string, string>();
  readonly #key: KeyObject;
  readonly #keyid: string;

  constructor(environment = 'development') {
    this.environment = environment;
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const spki = publicKey.export({ format: 'der', type: 'spki' });
    this.#key = privateKey;
    this.#keyid = digest(spki);
    const role = { keys: [this.#keyid], threshold: 1 };
    this.trustEnvelope = this.seal(TRUST, {
      ...this.#identity(),
      version: 1,
      issued_at: NOW,
      keys: { [this.#keyid]: { alg: 'ed25519', spki: spki.toString('base64') } },
      roles: { root: role, publish: role },
      blast_limit: { issuer: 9, scope: 9, client: 9, gateway: 9 },
    });
    const trust = parseTrust(this.trustEnvelope);
    if ('untrusted' in trust) throw new Error(trust.what);
    this.trust = trust;
  }

  /** The envelope of the next revision, on top of the last one. */
  revision(changes: Changes, members: Readonly<Record<string, unknown>> = {}): Buffer {
    for (const [key, value] of Object.entries(changes)) {
      if (value === null) this.#entities.delete(key);
      else this.#entities.set(key, JSON.stringify(value));
    }
    const payload = {
      ...this.#identity(),
      epoch: 1,
      revision: this.position.revision + 1,
      parent: this.position.digest,
      commit: 'c'.repeat(40),
      issued_at: NOW,
      requires: [],
      changes: Object.keys(changes)
        .sort()
        .map((key) => (changes[key] === null ? { key, removed: true } : { key, value: JSON.stringify(changes[key]) })),
      state: stateDigest(this.#entities),
      widens: 0,
      narrows: 0,
      ...members,
    };
    this.position = { epoch: 1, revision: payload.revision, digest: digest(JSON.stringify(payload)) };
    return this.seal(REVISION, payload);
  }

  /** Append a revision to the file. */
  publish(changes: Changes): void {
    this.append(this.revision(changes));
  }

  /** A snapshot of the last revision. */
  snapshot(): Buffer {
    const entities = [...this.#entities.keys()].sort().map((key) => ({ key, value: this.#entities.get(key) }));
    const { epoch, revision, digest: payload } = this.position;
    const about = { commit: 'c'.repeat(40), issued_at: NOW, requires: [], state: stateDigest(this.#entities) };
    return this.seal(SNAPSHOT, { ...this.#identity(), epoch, revision, payload, ...about, entities });
  }

  /** A tick that names the last revision as the head. */
  tick(): Buffer {
    const { epoch, revision, digest: payload } = this.position;
    return this.seal(TICK, { ...this.#identity(), epoch, revision, payload, issued_at: NOW });
  }

  /** The envelope of the floor at the last revision. */
  floorEnvelope(gateway = GATEWAY): Buffer {
    const entries = new Map([...this.#entities].map(([key, value]) => [key, readEntry(key, value)]));
    const holdings = Holdings.build(gateway, entries);
    const keys = [...holdings.entries.keys()].sort();
    const { epoch, revision, digest: payload } = this.position;
    return this.seal(FLOOR, {
      ...this.#identity(),
      epoch,
      revision,
      payload,
      commit: 'c'.repeat(40),
      issued_at: NOW,
      requires: [],
      trust: 1,
      gateway,
      view: holdings.digest,
      entities: keys.map((key) => ({ key, value: holdings.entries.get(key)?.value })),
    });
  }

  floor(gateway = GATEWAY): Floor {
    const floor = openFloor(this.floorEnvelope(gateway), this.trust);
    if ('outcome' in floor) throw new Error(floor.what);
    return floor;
  }

  append(...envelopes: readonly Uint8Array[]): void {
    for (const envelope of envelopes) appendFileSync(this.path, Buffer.concat([envelope, Buffer.from('\n')]));
  }

  /** Write floor and trust beside the log; gives the variables of an authorizer that follows it. */
  deploy(): Record<string, string> {
    const [floor, trust] = [join(this.folder, 'floor.json'), join(this.folder, 'trust.json')];
    writeFileSync(floor, this.floorEnvelope());
    writeFileSync(trust, this.trustEnvelope);
    return { GATEFLEET_FLOOR: floor, GATEFLEET_TRUST: trust, GATEFLEET_LOG: `file:${this.path}` };
  }

  seal(payloadType: string, payload: unknown): Buffer {
    const bytes = Buffer.from(JSON.stringify(payload));
    const sig = sign(null, pae(payloadType, bytes), this.#key).toString('base64');
    const signatures = [{ keyid: this.#keyid, sig }];
    return Buffer.from(JSON.stringify({ payload: bytes.toString('base64'), payloadType, signatures }));
  }

  #identity(): { environment: string; log: string } {
    return { environment: this.environment, log: '5b0f7a52-test' };
  }
}
