/** What differs from function to function: environment variables, and the two files beside the code. */

import { readFileSync } from 'node:fs';
import type { HeartbeatSink } from './heart.ts';
import { heartbeatTopic } from './heartbeat.ts';
import { Cluster } from './kafka/cluster.ts';
import { KafkaHeartbeats } from './kafka/heartbeats.ts';
import { kafkaSettings } from './kafka/settings.ts';
import { KafkaSource } from './kafka/source.ts';
import { FileSource } from './log/file.ts';
import { openFloor } from './log/opening.ts';
import type { Floor } from './log/payloads.ts';
import type { RevisionSource } from './log/source.ts';
import { parseTrust, type Trust } from './log/trust.ts';
import { type Environ, Misconfigured } from './misconfigured.ts';

// docs/reference/configuration.md, "Authorizers".
const FLOOR = '/opt/gatefleet/floor.json';
const TRUST = '/opt/gatefleet/trust.json';
const INIT_BUDGET_MS = 800;
const READ_DEADLINE_MS = 150;

/**
 * Everything an authorizer starts from. `source` null: the gateway serves from its floor alone. `heartbeats` null: they
 * go nowhere but into lines of metrics.
 */
export interface Configuration {
  readonly trust: Trust;
  readonly floor: Floor;
  readonly source: RevisionSource | null;
  readonly heartbeats: HeartbeatSink | null;
  readonly initBudgetMs: number;
  readonly readDeadlineMs: number;
}

/** Read variables and files. Throws `Misconfigured`. */
export function configure(environ: Environ): Configuration {
  const trust = parseTrust(envelopeIn(environ, 'GATEFLEET_TRUST', TRUST));
  if ('untrusted' in trust) throw new Misconfigured(`GATEFLEET_TRUST: ${trust.untrusted}: ${trust.what}`);
  const floor = openFloor(envelopeIn(environ, 'GATEFLEET_FLOOR', FLOOR), trust);
  if ('outcome' in floor) throw new Misconfigured(`GATEFLEET_FLOOR: ${floor.reason}: ${floor.what}`);
  refuseLoopback(floor);
  const gateway = floor.entities.get(`gateway/${floor.gateway}`)?.entity;
  const follows = gateway?.kind !== 'gateway' || gateway.following === 'follow';
  return {
    trust,
    floor,
    ...(follows ? logAt(environ, heartbeatTopic(floor)) : { source: null, heartbeats: null }),
    initBudgetMs: milliseconds(environ, 'GATEFLEET_INIT_BUDGET_MS', INIT_BUDGET_MS),
    readDeadlineMs: milliseconds(environ, 'GATEFLEET_READ_DEADLINE_MS', READ_DEADLINE_MS),
  };
}

/** Anybody on a machine can be an issuer there; only the environment `development` has such ones. */
function refuseLoopback({ environment, entities }: Floor): void {
  for (const [key, { entity }] of entities) {
    if (environment !== 'development' && entity.kind === 'issuer' && isLoopback(entity.issuer)) {
      throw new Misconfigured(`GATEFLEET_FLOOR: ${key} is on the loopback address, outside development`);
    }
  }
}

/** RFC 6761 section 6.3, RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3. */
function isLoopback(url: string): boolean {
  const host = URL.parse(url)?.hostname ?? '';
  return host === '[::1]' || /^(?:127(?:\.[0-9]+){3}|(?:.*\.)?localhost)$/.test(host);
}

function logAt(environ: Environ, topic: string): Pick<Configuration, 'source' | 'heartbeats'> {
  const address = environ['GATEFLEET_LOG'] ?? '';
  if (address.startsWith('file:') && address.length > 'file:'.length) {
    return { source: new FileSource(address.slice('file:'.length)), heartbeats: null };
  }
  if (address.startsWith('kafka:')) {
    const settings = kafkaSettings(address, environ);
    const cluster = new Cluster(settings, Date.now);
    return { source: new KafkaSource(cluster, settings.topic), heartbeats: new KafkaHeartbeats(cluster, topic) };
  }
  const forms = 'write file:PATH or kafka:HOST:PORT/TOPIC, or make the gateway floor_only';
  throw new Misconfigured(`GATEFLEET_LOG: no address of a log; ${forms}`);
}

function envelopeIn(environ: Environ, name: string, otherwise: string): Uint8Array {
  const path = environ[name] ?? otherwise;
  let data: Buffer;
  try {
    data = readFileSync(path);
  } catch (error) {
    throw new Misconfigured(`${name}: ${path} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
  // An envelope is a line; editors and tools end files with a line feed.
  return data.at(-1) === 0x0a ? data.subarray(0, -1) : data;
}

function milliseconds(environ: Environ, name: string, otherwise: number): number {
  const text = environ[name];
  if (text === undefined) return otherwise;
  if (!/^[1-9][0-9]{0,4}$/.test(text)) throw new Misconfigured(`${name}: not 1 to 99999 milliseconds`);
  return Number(text);
}
