/** Target `envelope`: records of a log, with the state that they leave a follower in. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { digest, type Position } from '../../src/digests.ts';
import { adoptBase, after, judge, NOTHING, type Verdict } from '../../src/log/chain.ts';
import { MAX_SIGNATURES } from '../../src/log/envelope.ts';
import { openFloor } from '../../src/log/opening.ts';
import { Parts } from '../../src/log/parts.ts';
import { parseTrust } from '../../src/log/trust.ts';
import { changed, changes } from './change.ts';
import { fuzz } from './fuzz.ts';
import { envelopeIn, hex, SEEDS, trustNamed } from './records.ts';
import { Signer } from './signer.ts';

const TEXTS = SEEDS.map(({ envelope }) => envelope);
const HONEST = SEEDS.flatMap((seed) => {
  const read = envelopeIn(seed.envelope);
  return read === null ? [] : [{ ...seed, payloadType: read.payloadType, payload: read.payload }];
});
const PAYLOADS = HONEST.map(({ payload }) => payload);
const SIGNED = new Set(PAYLOADS.map(hex));

test('no record but a signed one moves a follower', () => {
  fuzz('envelope', fc.tuple(fc.constantFrom(...SEEDS), changes(4)), ([{ trust, held, envelope }, made]) => {
    const changing = changed(envelope, made, TEXTS);
    const read = envelopeIn(changing);
    assert.ok(read === null || (read.signatures.length >= 1 && read.signatures.length <= MAX_SIGNATURES));
    parseTrust(changing);
    for (const verdict of [judge(held, changing, trust), adoptBase(held, changing, trust)]) {
      follows(held, verdict);
      const counted = verdict.outcome !== 'refused' || verdict.concerns;
      assert.ok(!counted || (read !== null && SIGNED.has(hex(read.payload))), 'counted what nobody signed');
    }
  });
});

test('bytes of any kind are refused', () => {
  const trust = trustNamed('one-signer');
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map((json) => Buffer.from(json)),
  );
  fuzz('bytes', bytes, (data) => {
    assert.equal(judge(null, data, trust).outcome, 'refused');
    assert.equal(adoptBase(null, data, trust).outcome, 'refused');
    assert.ok('outcome' in openFloor(data, trust));
    assert.ok('untrusted' in parseTrust(data));
  });
});

test('a signed payload of any shape is the next revision, a restatement or nothing', () => {
  const [publisher, trust] = [new Signer('publish-a'), trustNamed('one-signer')];
  fuzz(
    'signed envelope',
    fc.tuple(fc.constantFrom(...HONEST), changes(4)),
    ([{ held, payloadType, payload }, made]) => {
      const changing = changed(payload, made, PAYLOADS);
      const envelope = publisher.envelope(payloadType, changing);
      const verdict = judge(held, envelope, trust);
      assert.deepEqual(judge(held, envelope, trust), verdict);
      if (verdict.outcome === 'accepted' && verdict.body.type === 'revision') {
        const { epoch, revision, digest: parent } = held ?? NOTHING;
        assert.deepEqual(verdict.position, { epoch, revision: revision + 1, digest: digest(changing) });
        assert.equal(verdict.body.parent, parent);
      }
      follows(held, verdict);
      follows(held, adoptBase(held, envelope, trust));
    },
  );
});

test('parts in any order make only what was announced and stay bounded', () => {
  const name = fc.constantFrom('x', ...[0, 1, 2, 3, 4, 5].map((one) => digest(Uint8Array.of(one, 1))));
  const place = fc.constantFrom('0/2', '1/2', '0/1', '1/3', '2/3', '0/64', '63/64', '0/65', '00/2', '2/1', '/', '');
  const record = fc.record({ name, place, value: fc.uint8Array({ maxLength: 2 }) });
  fuzz('parts', fc.array(record, { maxLength: 40 }), (records) => {
    let parts = new Parts();
    for (const [offset, { name, place, value }] of records.entries()) {
      const headers = new Map([
        ['gatefleet-envelope', name],
        ['gatefleet-part', place],
      ]);
      const [held, taken] = parts.take({ offset, value, headers });
      if (taken.outcome === 'whole') assert.equal(digest(taken.envelope), name);
      assert.ok(held.size <= 4);
      parts = held;
    }
  });
});

/** Positions never go back, and what is known to be refused is always ahead. */
function follows(held: Position | null, verdict: Verdict): void {
  const { position, refusedThrough } = after({ position: held, refusedThrough: null }, verdict);
  const [before, now] = [number(held), number(position)];
  assert.ok(now[0] > before[0] || (now[0] === before[0] && now[1] >= before[1]), 'a follower that goes back');
  if (verdict.outcome !== 'accepted') assert.equal(position, held);
  if (refusedThrough === null) return;
  const { epoch, revision } = refusedThrough;
  assert.ok(epoch > now[0] || (epoch === now[0] && revision > now[1]), 'refused what is already held');
}

function number(position: Position | null): readonly [number, number] {
  return position === null ? [1, 0] : [position.epoch, position.revision];
}
