/**
 * This build behind the adapter protocol of contract/README.md: one JSON object a line in, one line out, in order.
 *
 * `node src/conformance.ts`. A crash of the build is a failed case, so nothing is caught here.
 */

import { canonical } from './conformance/canonical.ts';
import { chain, type Trusts, trustsOf } from './conformance/chain.ts';
import { decision, response, token, type Views, view, viewsOf } from './conformance/decisions.ts';
import { type Answer, type Given, isGiven, object, optional, text } from './conformance/given.ts';

/** Answers cases; holds the fixtures it was given, by family. */
class Adapter {
  readonly #views = new Map<string, Views>();
  #trusts: Trusts = new Map();

  answer(line: string): Answer {
    const asked: unknown = JSON.parse(line);
    if (!isGiven(asked)) throw new Error('not an object');
    const family = text(asked, 'family');
    if (!FAMILIES.has(family)) return { id: optional(asked, 'id') ?? null, unsupported: `no family ${family}` };
    if (optional(asked, 'fixtures') !== undefined) {
      this.#ready(family, object(asked, 'fixtures'));
      return { ready: family };
    }
    return { id: text(asked, 'id'), answer: this.#say(family, object(asked, 'given')) };
  }

  #ready(family: string, fixtures: Given): void {
    if (family === 'chain') this.#trusts = trustsOf(fixtures);
    else this.#views.set(family, viewsOf(fixtures));
  }

  #say(family: string, given: Given): Answer {
    const views = this.#views.get(family) ?? new Map();
    switch (family) {
      case 'canonical':
        return canonical(given);
      case 'chain':
        return chain(given, this.#trusts);
      case 'view':
        return view(given);
      case 'token':
        return token(given, views);
      case 'decide':
        return decision(given, views);
      default:
        return response(given, views);
    }
  }
}

const FAMILIES: ReadonlySet<string> = new Set(['canonical', 'chain', 'view', 'token', 'decide', 'respond']);

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

const adapter = new Adapter();
for await (const line of lines(process.stdin)) {
  process.stdout.write(`${JSON.stringify(adapter.answer(line))}\n`);
}
