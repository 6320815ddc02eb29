/**
 * This build behind the adapter protocol of contract/README.md: one JSON object a line in, one line out, in order.
 *
 * `node src/conformance.ts`. A crash of the build is a failed case, so nothing is caught here.
 */

import { Adapter, FAMILIES } from './conformance/adapter.ts';
import { type Answer, isGiven, object, optional, text } from './conformance/given.ts';

const adapter = new Adapter();

function said(line: string): Answer {
  const asked: unknown = JSON.parse(line);
  if (!isGiven(asked)) throw new Error('not an object');
  const family = text(asked, 'family');
  if (!FAMILIES.has(family)) return { id: optional(asked, 'id') ?? null, unsupported: `no family ${family}` };
  if (optional(asked, 'fixtures') !== undefined) {
    adapter.ready(family, object(asked, 'fixtures'));
    return { ready: family };
  }
  return { id: text(asked, 'id'), answer: adapter.answer(family, object(asked, 'given')) };
}

/** What stands between line feeds. (`node:readline` also ends lines at U+2028, which JSON does not escape.) */
async function* lines(input: AsyncIterable<Buffer>): AsyncIterable<string> {
  let rest: Buffer[] = [];
  for await (const chunk of input) {
    let from = 0;
    for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, from)) {
      yield Buffer.concat([...rest, chunk.subarray(from, at)]).toString();
      [rest, from] = [[], at + 1];
    }
    rest.push(chunk.subarray(from));
  }
}

for await (const line of lines(process.stdin)) {
  process.stdout.write(`${JSON.stringify(said(line))}\n`);
}
