/** The vectors of `contract/`, for tests that start from what is right. */

import { readdirSync, readFileSync } from 'node:fs';
import { type Views, viewsOf } from '../../src/conformance/decisions.ts';
import { type Given, isGiven } from '../../src/conformance/given.ts';

const FOLDER = new URL('../../../../contract/vectors/', import.meta.url);

/** One vector of a family. */
export interface Vector {
  readonly id: string;
  readonly given: Given;
  readonly expect: Given;
}

/** Every vector of a family, in order of the files. */
export function vectors(family: string): readonly Vector[] {
  const files = readdirSync(new URL(`${family}/`, FOLDER)).sort();
  return files
    .filter((name) => name !== 'ids.json' && name !== 'fixtures.json')
    .flatMap((name) => (document(`${family}/${name}`) as unknown as { vectors: readonly Vector[] }).vectors);
}

/** What the vectors of a family name instead of repeating. */
export function fixtures(family: string): Given {
  return document(`${family}/fixtures.json`);
}

/** The views that decide vectors are made on. */
export function views(): Views {
  return viewsOf(fixtures('decide'));
}

function document(path: string): Given {
  const value: unknown = JSON.parse(readFileSync(new URL(path, FOLDER), 'utf8'));
  if (!isGiven(value)) throw new Error(`${path}: not an object`);
  return value;
}
