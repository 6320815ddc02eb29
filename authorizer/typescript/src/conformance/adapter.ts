/** Answers cases of every family; holds the fixtures it was given, by family. A crash of the build is a failed case. */

import { canonical } from './canonical.ts';
import { chain, type Trusts, trustsOf } from './chain.ts';
import { decision, response, token, type Views, view, viewsOf } from './decisions.ts';
import type { Answer, Given } from './given.ts';
import { heartbeats } from './heartbeats.ts';

export const FAMILIES: ReadonlySet<string> = new Set([
  'canonical',
  'chain',
  'view',
  'token',
  'decide',
  'respond',
  'heartbeat',
]);

export class Adapter {
  readonly #views = new Map<string, Views>();
  #trusts: Trusts = new Map();

  /** Take the fixtures of a family; later ones replace them. */
  ready(family: string, fixtures: Given): void {
    if (family === 'chain') this.#trusts = trustsOf(fixtures);
    else this.#views.set(family, viewsOf(fixtures));
  }

  /** Answer a case of one of the families. */
  answer(family: string, given: Given): Answer {
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
      case 'heartbeat':
        return heartbeats(given);
      default:
        return response(given, views);
    }
  }
}
