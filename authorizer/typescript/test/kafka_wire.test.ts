import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, type Given, number, optional, text } from '../src/conformance/given.ts';
import { mskIamMessage, secretRequest } from '../src/kafka/aws.ts';
import { Unreadable } from '../src/kafka/bytes.ts';
import {
  answerIn,
  type Call,
  earliest,
  fetch,
  metadata,
  produce,
  requestOf,
  responseLength,
  saslAuthenticate,
  saslHandshake,
} from '../src/kafka/calls.ts';
import { batchOf } from '../src/kafka/records.ts';
import { Scram, ScramKeys, type ScramMechanism, ScramRefused } from '../src/kafka/scram.ts';
import { readSecret } from '../src/kafka/secret.ts';
import { kafkaSettings } from '../src/kafka/settings.ts';
import { Misconfigured } from '../src/misconfigured.ts';
import { vectors } from './support/vectors.ts';

for (const { id, given, expect } of vectors('wire')) {
  test(`${id} ${text(given, 'operation')}`, async () => assert.deepEqual(await answered(given), expect));
}

async function answered(given: Given): Promise<unknown> {
  try {
    return await OPERATIONS[text(given, 'operation')]?.(given);
  } catch (error) {
    if (error instanceof Unreadable) return { outcome: 'refused' };
    if (error instanceof ScramRefused) return { outcome: 'refused', at: error.at };
    if (error instanceof Misconfigured) return { outcome: 'refused', variable: error.message.split(':')[0] };
    throw error;
  }
}

const OPERATIONS: Readonly<Record<string, (given: Given) => unknown>> = {
  request: (given) => ({ bytes: requestOf(callOf(given), number(given, 'correlation_id')).toString('base64') }),
  frame: (given) => {
    const stream = bytes(given, 'stream');
    const length = responseLength(Buffer.from(stream), number(given, 'limit'));
    if (length === null || stream.length < 4 + length) return { outcome: 'incomplete' };
    return { outcome: 'accepted', data: base64(stream.subarray(4, 4 + length)) };
  },
  response: (given) => {
    const answer = answerIn(callOf(given), number(given, 'correlation_id'), bytes(given, 'data'));
    return { outcome: 'accepted', ...told(text(given, 'api'), answer) };
  },
  scram: async (given) => {
    const mechanism = text(given, 'mechanism') as ScramMechanism;
    const [username, password, nonce] = [text(given, 'username'), text(given, 'password'), text(given, 'nonce')];
    const scram = new Scram(mechanism, username, password, nonce, new ScramKeys());
    const clientFinal = await scram.clientFinal(text(given, 'server_first'));
    scram.verify(text(given, 'server_final'));
    return { outcome: 'accepted', client_first: scram.clientFirst, client_final: clientFinal };
  },
  msk_iam: (given) => ({
    data: mskIamMessage(text(given, 'host'), text(given, 'region'), credentialsOf(given), number(given, 'now')),
  }),
  secret_request: (given) => secretRequest(text(given, 'arn'), credentialsOf(given), number(given, 'now')),
  secret: (given) => {
    const secret = readSecret(bytes(given, 'data'));
    return secret === null ? { outcome: 'refused' } : { outcome: 'accepted', ...secret };
  },
  address: (given) => {
    const environ = given['environ'] as Record<string, string>;
    const { bootstrap, topic, security, tls, login } = kafkaSettings(text(given, 'address'), environ);
    const files = Object.entries(tls ?? {}).filter(([, file]) => file !== null);
    const paths = Object.fromEntries(files.map(([name, file]) => [name, file.path]));
    return { outcome: 'accepted', bootstrap, topic, security, ...paths, ...who(login) };
  },
};

function who(login: ReturnType<typeof kafkaSettings>['login']): object {
  switch (login.kind) {
    case 'none':
      return {};
    case 'user':
      return { mechanism: login.mechanism, username: login.username };
    case 'secret':
      return { mechanism: login.mechanism, secret: login.arn };
    case 'iam':
      return { mechanism: 'AWS_MSK_IAM' };
  }
}

function callOf(given: Given): Call<object> {
  switch (text(given, 'api')) {
    case 'produce':
      return produce(text(given, 'topic'), batchIn(given));
    case 'fetch':
      return fetch(text(given, 'topic'), number(given, 'offset'), optional(given, 'most') as number | undefined);
    case 'list_offsets':
      return earliest(text(given, 'topic'));
    case 'metadata':
      return metadata(text(given, 'topic'));
    case 'sasl_handshake':
      return saslHandshake(String(optional(given, 'mechanism')));
    default:
      return saslAuthenticate(optional(given, 'data') === undefined ? new Uint8Array() : bytes(given, 'data'));
  }
}

function batchIn(given: Given): Uint8Array {
  if (optional(given, 'value') === undefined) return new Uint8Array();
  const key = optional(given, 'key') === undefined ? null : bytes(given, 'key');
  return batchOf(number(given, 'timestamp'), key, bytes(given, 'value'));
}

/** An answer as the vectors write it. */
function told(api: string, answer: object): object {
  const said = answer as Awaited<ReturnType<typeof answerIn<never>>> & Record<string, unknown>;
  const { error } = said as { error: number };
  switch (api) {
    case 'fetch': {
      if (error !== 0) return { error };
      const { highWatermark, nextOffset, records } = answer as ReturnType<ReturnType<typeof fetch>['read']>;
      const written = records.map(({ offset, timestamp, value, headers }) => ({
        offset,
        timestamp: String(timestamp),
        value: base64(value),
        headers: Object.fromEntries(headers),
      }));
      return { error, high_watermark: highWatermark, next_offset: nextOffset, records: written };
    }
    case 'sasl_authenticate': {
      const { message, data, sessionLifetimeMs } = answer as ReturnType<ReturnType<typeof saslAuthenticate>['read']>;
      return { error, message, data: base64(data), session_lifetime_ms: sessionLifetimeMs };
    }
    case 'list_offsets':
      return error === 0 ? answer : { error };
    default:
      return answer;
  }
}

function credentialsOf(given: Given) {
  const sessionToken = optional(given, 'session_token') === undefined ? null : text(given, 'session_token');
  return { accessKey: text(given, 'access_key'), secretKey: text(given, 'secret_key'), sessionToken };
}

function base64(data: Uint8Array): string {
  return Buffer.from(data).toString('base64');
}
