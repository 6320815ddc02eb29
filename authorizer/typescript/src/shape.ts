/** Reads JSON values into typed ones, closed: unknown and missing members and other types are refused, with their path. */

import { isObject, type Json, type JsonObject } from './strict_json.ts';

/** A value of another shape than the contract's; the message names the member, never the value. */
export class Malformed extends Error {}

/** Reads one value; `where` is its path, for the message. Throws `Malformed`. */
export type Read<T> = (value: Json, where: string) => T;

export const HEX_DIGEST = /^[0-9a-f]{64}$/;

/** The members of one JSON object, taken one by one, each once; `done` refuses what is left over. */
export class Members {
  readonly #members: JsonObject;
  readonly #where: string;
  readonly #taken = new Set<string>();

  constructor(value: Json, where: string) {
    if (!isObject(value)) throw new Malformed(`${where}: not an object`);
    this.#members = value;
    this.#where = where;
  }

  /** Read a member that must be there. */
  take<T>(name: string, read: Read<T>): T {
    const value = this.#members.get(name);
    if (value === undefined) throw new Malformed(`${this.#where}.${name}: missing`);
    this.#taken.add(name);
    return read(value, `${this.#where}.${name}`);
  }

  /** Read a member, or give the default when it is not there. */
  takeOr<T, D>(name: string, read: Read<T>, absent: D): T | D {
    return this.has(name) ? this.take(name, read) : absent;
  }

  /** Whether there is a member of that name. */
  has(name: string): boolean {
    return this.#members.has(name);
  }

  /** Refuse members that nobody took. */
  done(): void {
    if (this.#taken.size === this.#members.size) return;
    const unknown = [...this.#members.keys()].find((name) => !this.#taken.has(name)) ?? '';
    throw new Malformed(`${this.#where}.${JSON.stringify(unknown.slice(0, 64))}: unknown member`);
  }
}

/** A string. */
export function string(value: Json, where: string): string {
  if (typeof value !== 'string') throw new Malformed(`${where}: not a string`);
  return value;
}

/** A non-empty string. */
export function text(value: Json, where: string): string {
  if (typeof value !== 'string' || value === '') throw new Malformed(`${where}: not a non-empty string`);
  return value;
}

/** An integer from 0 to 2^53 - 1 (the reader has bounded it already). */
export function natural(value: Json, where: string): number {
  if (typeof value !== 'number' || value < 0) throw new Malformed(`${where}: not a whole number from 0`);
  return value;
}

/** An integer from 1. */
export function counted(value: Json, where: string): number {
  if (typeof value !== 'number' || value < 1) throw new Malformed(`${where}: not a whole number from 1`);
  return value;
}

/** `true`, and nothing else. */
export function onlyTrue(value: Json, where: string): true {
  if (value !== true) throw new Malformed(`${where}: only true may be written`);
  return value;
}

/** A reader of strings that match a pattern, which is anchored at both ends. */
export function matching(pattern: RegExp): Read<string> {
  return (value, where) => {
    if (typeof value !== 'string' || !pattern.test(value)) {
      throw new Malformed(`${where}: not of the form ${pattern.source}`);
    }
    return value;
  };
}

export const hexDigest = matching(HEX_DIGEST);

/** A reader of one string enumeration. */
export function oneOf<T extends string>(known: readonly T[]): Read<T> {
  return (value, where) => {
    const found = known.find((one) => one === value);
    if (found === undefined) throw new Malformed(`${where}: not one of the known values`);
    return found;
  };
}

/** A reader of arrays with at least `least` items, each read by `read`. */
export function listOf<T>(read: Read<T>, least = 1): Read<readonly T[]> {
  return (value, where) => {
    if (!Array.isArray(value) || value.length < least) throw new Malformed(`${where}: not a list of at least ${least}`);
    return value.map((item: Json, index) => read(item, `${where}[${index}]`));
  };
}

/** A reader of objects used as maps: every name read by `key`, every value by `read`. */
export function mapOf<T>(key: Read<string>, read: Read<T>, least = 1): Read<ReadonlyMap<string, T>> {
  return (value, where) => {
    if (!isObject(value) || value.size < least) {
      throw new Malformed(`${where}: not an object with at least ${least} members`);
    }
    const map = new Map<string, T>();
    for (const [name, item] of value) map.set(key(name, where), read(item, `${where}.${name}`));
    return map;
  };
}
