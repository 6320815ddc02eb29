import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Trusts, trustsOf } from '../src/conformance/chain.ts';
import { bytes, list, optional, text } from '../src/conformance/given.ts';
import { adoptBase, judge } from '../src/log/chain.ts';
import { openFloor } from '../src/log/opening.ts';
import { Parts } from '../src/log/parts.ts';
import { parseTrust, type Trust } from '../src/log/trust.ts';
import { fixtures, vectors } from './support/vectors.ts';

const TRUSTS: Trusts = trustsOf(fixtures('chain'));
const RECORDS = vectors('chain')
  .filter(({ given }) => optional(given, 'trust') !== undefined)
  .flatMap(({ given }) => list(given, 'records').map((record) => ({ record, trust: trustOf(text(given, 'trust')) })))
  .filter(({ record }) => optional(record, 'value') !== undefined)
  .map(({ record, trust }) => ({ envelope: bytes(record, 'value'), trust }));

function trustOf(name: string): Trust {
  const trust = TRUSTS.get(name);
  assert.ok(trust !== undefined);
  return trust;
}

/** What each way of reading an envelope says to it; none may throw. */
function outcomes(envelope: Uint8Array, trust: Trust): readonly string[] {
  const floor = openFloor(envelope, trust);
  const document = parseTrust(envelope);
  return [
    judge(null, envelope, trust).outcome,
    adoptBase(null, envelope, trust).outcome,
    'outcome' in floor ? floor.outcome : 'accepted',
    'untrusted' in document ? 'refused' : 'accepted',
  ];
}

test('no bytes make a follower throw, and random ones are refused', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        fc.json().map((json) => Buffer.from(json)),
      ),
      (data) => {
        for (const trust of TRUSTS.values()) {
          assert.deepEqual(outcomes(data, trust), ['refused', 'refused', 'refused', 'refused']);
        }
      },
    ),
    { numRuns: 5000 },
  );
});

test('an envelope with one byte changed is refused, unless it was refused or only a second signature changed', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...RECORDS),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      ({ envelope, trust }, at, flip) => {
        fc.pre(envelope.length > 0);
        const changed = Buffer.from(envelope);
        const place = at % changed.length;
        changed[place] = (changed[place] ?? 0) ^ flip;
        const before = outcomes(envelope, trust);
        for (const [index, outcome] of outcomes(changed, trust).entries()) {
          assert.ok(outcome === 'refused' || outcome === before[index]);
        }
      },
    ),
    { numRuns: 5000 },
  );
});

test('parts in any order and number never throw and never hold more than four envelopes', () => {
  const header = fc.oneof(fc.constantFrom('0/2', '1/2', '0/1', '2/3', '1/64', '0/64', '00/2', '1/0', ''), fc.string());
  const name = fc.constantFrom(...'abcdef0123456789').map((digit) => digit.repeat(64));
  const record = fc.record({ envelope: fc.oneof(name, fc.string()), part: header, value: fc.uint8Array() });
  fc.assert(
    fc.property(fc.array(record, { maxLength: 40 }), (records) => {
      let parts = new Parts();
      for (const [offset, { envelope, part, value }] of records.entries()) {
        const headers = new Map([
          ['gatefleet-envelope', envelope],
          ['gatefleet-part', part],
        ]);
        const [held, taken] = parts.take({ offset, value, headers });
        assert.ok(taken.outcome === 'pending' || taken.outcome === 'refused');
        assert.ok(held.size <= 4);
        parts = held;
      }
    }),
    { numRuns: 2000 },
  );
});
