/** A user name and password kept as a secret of AWS Secrets Manager: fetched by one signed request, without an SDK. */

import type { IncomingMessage } from 'node:http';
import type { RequestOptions } from 'node:https';
import { isObject, type Json, NotStrictJson, parse } from '../strict_json.ts';
import { type AwsCredentials, secretRequest } from './aws.ts';
import { NoAnswer } from './connection.ts';
import type { Deadline } from './deadline.ts';

/** What a secret holds, as Amazon MSK wants it. */
export interface User {
  readonly username: string;
  readonly password: string;
}

const LONGEST_ANSWER = 64 * 1024;

/** Gives the current secret of an ARN; `now` in ms. Rejects with `NoAnswer`, which says nothing of what came. */
export type SecretStore = (arn: string, aws: AwsCredentials, now: number, deadline: Deadline) => Promise<User>;

/** AWS Secrets Manager, or what `place` says instead of its host and port. */
export async function fetchSecret(
  arn: string,
  aws: AwsCredentials,
  now: number,
  deadline: Deadline,
  place: RequestOptions = {},
): Promise<User> {
  const { host, headers, body } = secretRequest(arn, aws, Math.floor(now / 1000));
  const signal = AbortSignal.timeout(Math.ceil(deadline.left));
  let answer: Answered;
  try {
    answer = await post({ host, method: 'POST', headers, signal, ...place }, body);
  } catch (error) {
    throw new NoAnswer(`the secret cannot be fetched: ${error instanceof Error ? error.message : 'failed'}`);
  }
  const user = answer.status === 200 ? readSecret(answer.body) : null;
  if (user !== null) return user;
  const why = answer.status === 200 ? 'it has no username and password' : `AWS answers ${answer.status}`;
  throw new NoAnswer(`GATEFLEET_KAFKA_SECRET: ${why}`);
}

/** The user in an answer to GetSecretValue; null when there is none. */
export function readSecret(answer: Uint8Array): User | null {
  const text = member(parsed(answer), 'SecretString');
  const secret = text === null ? null : parsed(Buffer.from(text));
  const [username, password] = [member(secret, 'username'), member(secret, 'password')];
  return username === null || password === null ? null : { username, password };
}

/** A member that is a non-empty string. */
function member(json: Json, name: string): string | null {
  const value = isObject(json) ? json.get(name) : null;
  return typeof value === 'string' && value !== '' ? value : null;
}

function parsed(text: Uint8Array): Json {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof NotStrictJson) return null;
    throw error;
  }
}

interface Answered {
  readonly status: number;
  readonly body: Buffer;
}

/** One HTTPS request on a connection of its own; `node:https` is loaded only here. */
function post(options: RequestOptions, body: string): Promise<Answered> {
  const { promise, resolve, reject } = Promise.withResolvers<Answered>();
  const asked = process.getBuiltinModule('node:https').request({ ...options, agent: false });
  asked.on('error', reject);
  asked.on('response', (response: IncomingMessage) => {
    const chunks: Buffer[] = [];
    let size = 0;
    response.on('error', reject);
    response.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= LONGEST_ANSWER) chunks.push(chunk);
      else asked.destroy(new Error('an answer that is too long'));
    });
    response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
  });
  asked.end(body);
  return promise;
}
