import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Holdings, View } from '../src/view.ts';
import { FIRST, Yard } from './support/yard.ts';

test('the view digest is the state digest of what the view holds', () => {
  const yard = new Yard();
  yard.revision(FIRST);
  const floor = yard.floor();
  const view = new View(Holdings.build(floor.gateway, floor.entities), yard.position);
  assert.equal(view.digest, floor.view);
  assert.equal(view.digest, floor.view); // also when it is asked again
});
