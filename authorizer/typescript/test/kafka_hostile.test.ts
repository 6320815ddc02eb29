import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytes, number, optional, text } from '../src/conformance/given.ts';
import { Unreadable } from '../src/kafka/bytes.ts';
import {
  answerIn,
  type Call,
  earliest,
  fetch,
  metadata,
  produce,
  saslAuthenticate,
  saslHandshake,
} from '../src/kafka/calls.ts';
import { Scram, ScramKeys, ScramRefused } from '../src/kafka/scram.ts';
import { readSecret } from '../src/kafka/secret.ts';
import { kafkaSettings } from '../src/kafka/settings.ts';
import { Misconfigured } from '../src/misconfigured.ts';
import { vectors } from './support/vectors.ts';

const TOPIC = 't';
const CALLS: readonly Call<object>[] = [
  fetch(TOPIC, 3),
  metadata(TOPIC),
  earliest(TOPIC),
  produce(TOPIC, new Uint8Array()),
  saslHandshake('SCRAM-SHA-512'),
  saslAuthenticate(new Uint8Array()),
];

/** Whether a response is read, or refused by the one refusal; anything else fails the test. */
function isRead(call: Call<object>, correlationId: number, response: Uint8Array): boolean {
  try {
    answerIn(call, correlationId, response);
    return true;
  } catch (error) {
    if (error instanceof Unreadable) return false;
    throw error;
  }
}

/** A response of the vectors, and the call that it answers. */
interface Response {
  readonly call: Call<object>;
  readonly correlationId: number;
  readonly data: Buffer;
}

const RESPONSES: readonly Response[] = vectors('wire')
  .filter(({ given }) => text(given, 'operation') === 'response')
  .map(({ given }) => ({
    call: callOf(text(given, 'api'), String(optional(given, 'topic')), Number(optional(given, 'offset') ?? 0)),
    correlationId: number(given, 'correlation_id'),
    data: Buffer.from(bytes(given, 'data')),
  }));

function callOf(api: string, topic: string, offset: number): Call<object> {
  if (api === 'fetch') return fetch(topic, offset);
  if (api === 'metadata') return metadata(topic);
  if (api === 'list_offsets') return earliest(topic);
  if (api === 'produce') return produce(topic, new Uint8Array());
  return api === 'sasl_handshake' ? saslHandshake('') : saslAuthenticate(new Uint8Array());
}

test('whatever bytes a broker sends are an answer or are refused', () => {
  const anything = fc.tuple(fc.constantFrom(...CALLS), fc.uint8Array({ maxLength: 300 }));
  fc.assert(
    fc.property(anything, ([call, data]) => {
      isRead(call, 7, Buffer.concat([Buffer.of(0, 0, 0, 7), data]));
    }),
    { numRuns: 5000 },
  );
});

test('recorded responses with bytes changed, cut out or put in are answers or are refused', () => {
  const edit = fc.record({
    at: fc.nat(4000),
    cut: fc.nat(8),
    put: fc.oneof(
      fc.uint8Array({ maxLength: 8 }),
      fc.constantFrom(Buffer.from('7fffffff', 'hex'), Buffer.from('ffffffff', 'hex')),
    ),
  });
  const mutated = fc.tuple(fc.constantFrom(...RESPONSES), fc.array(edit, { minLength: 1, maxLength: 4 }));
  let read = 0;
  fc.assert(
    fc.property(mutated, ([{ call, correlationId, data }, edits]) => {
      let bytes = data;
      for (const { at, cut, put } of edits) {
        const from = at % (bytes.length + 1);
        bytes = Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(from + cut)]);
      }
      if (isRead(call, correlationId, bytes)) read += 1;
    }),
    { numRuns: 20_000 },
  );
  assert.ok(read > 0);
});

test('a count that promises two billion elements takes no memory for them', () => {
  const before = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
  for (const { call, correlationId, data } of RESPONSES) {
    for (let at = 4; at + 4 <= data.length; at++) {
      const lying = Buffer.from(data);
      lying.writeInt32BE(0x7fffffff, at);
      isRead(call, correlationId, lying);
    }
  }
  const after = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
  assert.ok(after - before < 256 * 1024 * 1024, `${after - before} bytes more`);
});

test('whatever a server says by SCRAM is refused unless it knows the password', async () => {
  const keys = new ScramKeys();
  const message = fc.oneof(
    fc.string(),
    fc
      .tuple(fc.string(), fc.base64String(), fc.nat(5000))
      .map(([nonce, salt, count]) => `r=ours${nonce},s=${salt},i=${count}`),
  );
  await fc.assert(
    fc.asyncProperty(
      message,
      fc.oneof(
        fc.string(),
        fc.base64String().map((text) => `v=${text}`),
      ),
      async (first, final) => {
        const scram = new Scram('SCRAM-SHA-256', 'user', 'pencil', 'ours', keys);
        try {
          await scram.clientFinal(first);
          scram.verify(final);
          assert.fail('believed');
        } catch (error) {
          assert.ok(error instanceof ScramRefused);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('whatever an address or a secret holds is read, or refused without showing a password', () => {
  const pieces = fc.constantFrom(
    'kafka:',
    '//',
    'host',
    ':',
    '9092',
    ',',
    '[::1]',
    '/',
    'topic',
    '?',
    'security=SSL',
    '&',
    'username=a',
    '%',
    '\0',
    'é',
  );
  const address = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
  );
  const environ = { GATEFLEET_KAFKA_PASSWORD: 'open-sesame', GATEFLEET_KAFKA_USERNAME: 'user' };
  fc.assert(
    fc.property(address, fc.uint8Array({ maxLength: 100 }), (text, secret) => {
      readSecret(secret);
      try {
        kafkaSettings(text, environ);
      } catch (error) {
        assert.ok(error instanceof Misconfigured);
        assert.ok(!error.message.includes('open-sesame'));
      }
    }),
    { numRuns: 3000 },
  );
});
