/**
 * Heap that a follower's policy takes, beside the bytes of the values that it was read from.
 *
 * `node --expose-gc memory.ts WORKLOAD` prints one JSON object: `name`, `bytes`, the `baseline`, `ratio`.
 */

import { Holdings, View } from '../../../authorizer/typescript/src/view.ts';
import { entriesOf, workload } from './workload.ts';

const before = await beforehand();
const held = policy();
const bytes = (await used()) - before.used;
if (held.view.gateway === null) throw new Error('no gateway');
console.log(JSON.stringify({ name: 'policy in memory', bytes, baseline: 'source JSON', ratio: bytes / before.source }));

/** Bytes of the source, and of the heap before any of it is held. */
async function beforehand(): Promise<{ source: number; used: number }> {
  const source = Object.values(workload().entities).reduce((sum, value) => sum + Buffer.byteLength(value), 0);
  policy(); // what the first reading leaves behind (code, shapes) is not the policy's
  return { source, used: await used() };
}

function policy(): { holdings: Holdings; view: View } {
  const { gateway, position, entities } = workload();
  // Each value is a text of its own, as it is on the log.
  const values = Object.entries(entities).map(([key, value]) => [key, Buffer.from(value).toString()] as const);
  const holdings = Holdings.build(gateway, entriesOf(Object.fromEntries(values)));
  return { holdings, view: new View(holdings, position) };
}

/** Bytes of the heap, once nothing more can be collected: what only a weak map held goes in a later round. */
async function used(): Promise<number> {
  for (let round = 0; round < 6; round += 1) {
    globalThis.gc?.();
    await new Promise(setImmediate);
  }
  return process.memoryUsage().heapUsed;
}
