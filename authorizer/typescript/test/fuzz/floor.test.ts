/** Target `floor`: what is baked beside an authorizer, changed on the way or signed in another shape. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { number, optional } from '../../src/conformance/given.ts';
import { decide } from '../../src/decide.ts';
import { stateDigest } from '../../src/digests.ts';
import { FLOOR } from '../../src/log/envelope.ts';
import { openFloor } from '../../src/log/opening.ts';
import { positionOf } from '../../src/log/payloads.ts';
import { Holdings, View } from '../../src/view.ts';
import { vectors } from '../support/vectors.ts';
import { changed, changes } from './change.ts';
import { fuzz } from './fuzz.ts';
import { envelopeIn, hex, SEEDS, trustNamed } from './records.ts';
import { Signer } from './signer.ts';

const FLOORS = SEEDS.flatMap((seed) => {
  const read = envelopeIn(seed.envelope);
  return read?.payloadType === FLOOR ? [{ ...seed, payload: read.payload }] : [];
});
const TEXTS = FLOORS.map(({ envelope }) => envelope);
const PAYLOADS = FLOORS.map(({ payload }) => payload);
const SIGNED = new Set(PAYLOADS.map(hex));

test('a floor that was changed is no floor', () => {
  fuzz('floor', fc.tuple(fc.constantFrom(...FLOORS), changes(4)), ([{ trust, envelope }, made]) => {
    const changing = changed(envelope, made, TEXTS);
    const opened = openFloor(changing, trust);
    assert.deepEqual(openFloor(changing, trust), opened);
    const read = envelopeIn(changing);
    assert.ok('outcome' in opened || (read !== null && SIGNED.has(hex(read.payload))), 'opened what nobody signed');
  });
});

test('whatever a publisher signs as a floor is refused or decides', () => {
  const [publisher, trust] = [new Signer('publish-a'), trustNamed('one-signer')];
  const cases = fc.tuple(fc.constantFrom(...PAYLOADS), changes(4), fc.constantFrom(...vectors('decide')));
  fuzz('signed floor', cases, ([payload, made, { given }]) => {
    const floor = openFloor(publisher.envelope(FLOOR, changed(payload, made, PAYLOADS)), trust);
    if ('outcome' in floor) return;
    assert.equal(floor.view, stateDigest(new Map([...floor.entities].map(([key, { value }]) => [key, value]))));
    assert.ok(floor.trust <= trust.version);
    const view = new View(Holdings.build(floor.gateway, floor.entities), positionOf(floor));
    const freshness = { state: 'floor', age: null, readFailed: true } as const;
    const { outcome } = decide(optional(given, 'event'), view, freshness, number(given, 'now'));
    assert.ok(outcome.effect === 'deny' || view.gateway !== null, 'allowed by a floor without its gateway');
  });
});
