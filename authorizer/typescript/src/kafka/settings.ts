/**
 * How to reach a Kafka cluster: `kafka:HOST:PORT,…/TOPIC?option=…`, and the variables `GATEFLEET_KAFKA_*`.
 *
 * Secrets come from variables alone and stand in no message. What is wrong is said by the variable that holds it
 * (docs/reference/kafka.md, "Configuration").
 */

import { isIPv6 } from 'node:net';
import { type Environ, Misconfigured } from '../misconfigured.ts';
import { type AwsCredentials, SECRET_ARN } from './aws.ts';
import type { Endpoint } from './calls.ts';
import { SCRAM_MECHANISMS, type ScramMechanism } from './scram.ts';

/** Who asks: nobody by SASL, a user, a user whose name and password are a secret, or an AWS role. */
export type Login =
  | { readonly kind: 'none' }
  | { readonly kind: 'user'; readonly mechanism: ScramMechanism; readonly username: string; readonly password: string }
  | { readonly kind: 'secret'; readonly mechanism: ScramMechanism; readonly arn: string; readonly aws: AwsCredentials }
  | { readonly kind: 'iam'; readonly region: string; readonly aws: AwsCredentials };

/** A file, and the variable that names it. */
export interface NamedFile {
  readonly path: string;
  readonly variable: string;
}

/** The PEM files of TLS; without `ca` the roots that Node.js brings. */
export interface TlsFiles {
  readonly ca: NamedFile | null;
  readonly certificate: NamedFile | null;
  readonly key: NamedFile | null;
}

/** One way into one cluster; `tls` null without TLS. */
export interface KafkaSettings {
  readonly bootstrap: readonly Endpoint[];
  readonly topic: string;
  readonly security: Security;
  readonly tls: TlsFiles | null;
  readonly login: Login;
}

const SECURITIES = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const;
type Security = (typeof SECURITIES)[number];

const OPTIONS = ['security', 'mechanism', 'username', 'ca', 'certificate', 'key'] as const;
type Option = (typeof OPTIONS)[number];

const LOG = 'GATEFLEET_LOG';
const FORM = 'write kafka:HOST:PORT[,HOST:PORT…]/TOPIC[?option=value&…]';
const MSK_IAM = 'AWS_MSK_IAM';
const MOST_BROKERS = 16;
const BROKER = /^(?:([A-Za-z0-9._-]{1,253})|\[([0-9A-Fa-f:.]{2,45})\]):([0-9]{1,5})$/;
const TOPIC = /^(?!\.\.?$)[A-Za-z0-9._-]{1,249}$/;

/** Read the address of a log and the variables beside it. Throws `Misconfigured`. */
export function kafkaSettings(address: string, environ: Environ): KafkaSettings {
  const [, path = '', query = ''] = /^kafka:(?:\/\/)?([^?]*)\??(.*)$/s.exec(address) ?? [];
  const options = new Options(query, environ);
  const slash = path.indexOf('/');
  const topic = path.slice(slash + 1);
  if (slash < 0 || !TOPIC.test(topic)) throw wrong(LOG, `it does not name brokers and a topic; ${FORM}`);
  const bootstrap = path.slice(0, slash).split(',').map(brokerAt);
  if (bootstrap.length > MOST_BROKERS) throw wrong(LOG, `more than ${MOST_BROKERS} brokers`);
  const security = options.oneOf('security', SECURITIES) ?? 'PLAINTEXT';
  const login = security.startsWith('SASL_') ? loginOf(options, environ, security) : { kind: 'none' as const };
  const files = tlsFiles(options, environ);
  return { bootstrap, topic, security, tls: security.endsWith('SSL') ? files : null, login };
}

/** The options of an address, and the variables that stand in for those which it leaves out. */
class Options {
  readonly #given: ReadonlyMap<string, string>;
  readonly #environ: Environ;

  constructor(query: string, environ: Environ) {
    this.#given = optionsIn(query);
    this.#environ = environ;
  }

  /** The value of an option; null where there is none, or an empty one. */
  get(option: Option): string | null {
    return (this.#given.get(option) ?? this.#environ[variable(option)]) || null;
  }

  oneOf<T extends string>(option: Option, known: readonly T[]): T | null {
    const value = this.get(option);
    const found = known.find((one) => one === value);
    if (value !== null && found === undefined) {
      throw wrong(this.source(option), `unknown ${option}; known: ${known.join(', ')}`);
    }
    return found ?? null;
  }

  file(option: Option): NamedFile | null {
    const path = this.get(option);
    return path === null ? null : { path, variable: this.source(option) };
  }

  /** Where an option is said. */
  source(option: Option): string {
    return this.#given.has(option) ? LOG : variable(option);
  }
}

function optionsIn(query: string): ReadonlyMap<string, string> {
  const given = new Map<string, string>();
  for (const pair of query === '' ? [] : query.split('&')) {
    if (!pair.includes('=')) throw wrong(LOG, 'the part after `?` is not option=value&…');
    const [[name, value] = ['', '']] = new URLSearchParams(pair);
    if (name === 'password' || name === 'key_password') {
      throw wrong(LOG, `${name} does not belong in an address; set ${variable(name)}`);
    }
    if (!OPTIONS.some((option) => option === name)) {
      throw wrong(LOG, `an unknown option; known: ${OPTIONS.join(', ')}`);
    }
    if (given.has(name)) throw wrong(LOG, `the option ${name} stands twice`);
    given.set(name, value);
  }
  return given;
}

function brokerAt(address: string): Endpoint {
  const [, name, ipv6, digits] = BROKER.exec(address) ?? [];
  const [host, port] = [name ?? ipv6 ?? '', Number(digits)];
  if (host === '' || !(port >= 1 && port <= 65_535) || (ipv6 !== undefined && !isIPv6(ipv6))) {
    throw wrong(LOG, `a broker that is not HOST:PORT; ${FORM}`);
  }
  return { host, port };
}

function loginOf(options: Options, environ: Environ, security: Security): Login {
  const mechanism = options.oneOf('mechanism', [...SCRAM_MECHANISMS, MSK_IAM]) ?? SCRAM_MECHANISMS[0];
  if (mechanism === MSK_IAM) {
    if (security !== 'SASL_SSL') throw wrong(options.source('mechanism'), `${MSK_IAM} needs security SASL_SSL`);
    return { kind: 'iam', region: needed(environ, 'AWS_REGION', MSK_IAM), aws: awsCredentials(environ, MSK_IAM) };
  }
  const [username, password] = [options.get('username'), environ[variable('password')] || null];
  const arn = environ[variable('secret')] || null;
  if (arn === null) {
    if (username === null) throw wrong(variable('username'), `${security} needs a user name`);
    if (password === null) throw wrong(variable('password'), `${security} needs a password`);
    return { kind: 'user', mechanism, username, password };
  }
  if (username !== null || password !== null) {
    throw wrong(variable('secret'), 'it stands for user name and password, which are set too');
  }
  if (!SECRET_ARN.test(arn)) throw wrong(variable('secret'), 'not the ARN of a secret of AWS Secrets Manager');
  return { kind: 'secret', mechanism, arn, aws: awsCredentials(environ, variable('secret')) };
}

function awsCredentials(environ: Environ, who: string): AwsCredentials {
  return {
    accessKey: needed(environ, 'AWS_ACCESS_KEY_ID', who),
    secretKey: needed(environ, 'AWS_SECRET_ACCESS_KEY', who),
    sessionToken: environ['AWS_SESSION_TOKEN'] || null,
  };
}

function needed(environ: Environ, name: string, who: string): string {
  const value = environ[name];
  if (value === undefined || value === '') throw wrong(name, `${who} needs it; Lambda sets it`);
  return value;
}

function tlsFiles(options: Options, environ: Environ): TlsFiles {
  const [ca, certificate, key] = [options.file('ca'), options.file('certificate'), options.file('key')];
  if (certificate !== null && key === null) throw wrong(variable('key'), 'a certificate needs its key; set a PEM file');
  if (key !== null && certificate === null) {
    throw wrong(variable('certificate'), 'a key needs its certificate; set a PEM file');
  }
  if (environ[variable('key_password')]) {
    throw wrong(variable('key_password'), 'an authorizer takes a key without a password');
  }
  return { ca, certificate, key };
}

function variable(option: Option | 'password' | 'key_password' | 'secret'): string {
  return `GATEFLEET_KAFKA_${option.toUpperCase()}`;
}

function wrong(name: string, what: string): Misconfigured {
  return new Misconfigured(`${name}: ${what}`);
}
