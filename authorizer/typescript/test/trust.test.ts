import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_ENVELOPE } from '../src/log/envelope.ts';
import { parseTrust } from '../src/log/trust.ts';
import { Yard } from './support/yard.ts';

test('a trust document is an envelope of at most 16 MiB', () => {
  const { trustEnvelope } = new Yard();
  const padded = (length: number) => Buffer.concat([trustEnvelope, Buffer.alloc(length - trustEnvelope.length, ' ')]);
  assert.ok(!('untrusted' in parseTrust(padded(MAX_ENVELOPE))));
  const larger = parseTrust(padded(MAX_ENVELOPE + 1));
  assert.equal('untrusted' in larger && larger.untrusted, 'malformed');
});
