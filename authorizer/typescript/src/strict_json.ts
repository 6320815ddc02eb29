/**
 * One strict JSON reader for whatever others wrote: tokens, envelopes, payloads, floors.
 *
 * RFC 8259 leaves duplicate members, huge numbers and lone surrogates to the reader, and readers differ, which is how
 * two parties come to see two documents in the same bytes. This one refuses all of it (docs/reference/decision.md,
 * "Strict JSON"). `JSON.parse` keeps the last of two members, rounds numbers, and its objects have a prototype.
 */

export const MAX_DEPTH = 64;
export const MAX_NUMBER_LENGTH = 40;

/** A JSON number that is no plain integer (a fraction, an exponent, `-0`): kept as text and equal to nothing. */
export class OpaqueNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A JSON object: a map and nothing else, so `__proto__` is a name like any other. */
export type JsonObject = ReadonlyMap<string, Json>;
export type Json = null | boolean | number | string | OpaqueNumber | readonly Json[] | JsonObject;

/** The bytes are no JSON text that this reader accepts. */
export class NotStrictJson extends Error {}

// The byte order mark stays in the text, where it is no white space and therefore refused.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Read one JSON text. Throws `NotStrictJson`, and nothing else. */
export function parse(data: Uint8Array): Json {
  let text: string;
  try {
    text = utf8.decode(data);
  } catch {
    throw new NotStrictJson('not UTF-8');
  }
  return new Reader(text).whole();
}

/** Read one JSON text that is a string already. Throws `NotStrictJson`, and nothing else. */
export function parseText(text: string): Json {
  if (!text.isWellFormed()) throw new NotStrictJson('lone surrogate');
  return new Reader(text).whole();
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is JsonObject {
  return value instanceof Map;
}

// --- details ---------------------------------------------------------------------------------------------------------

// RFC 8259 section 6.
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const INTEGER = /^(?:0|-?[1-9][0-9]*)$/;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const ARRAY_OPEN = 0x5b;
const ARRAY_CLOSE = 0x5d;
const OBJECT_OPEN = 0x7b;
const OBJECT_CLOSE = 0x7d;

class Reader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): Json {
    this.#blanks();
    const value = this.#value();
    this.#blanks();
    if (this.#at !== this.#text.length) throw new NotStrictJson('something follows the value');
    return value;
  }

  #value(): Json {
    switch (this.#text.charCodeAt(this.#at)) {
      case OBJECT_OPEN:
        return this.#object();
      case ARRAY_OPEN:
        return this.#array();
      case QUOTE:
        return this.#string();
      case 0x74: // t
        return this.#literal('true', true);
      case 0x66: // f
        return this.#literal('false', false);
      case 0x6e: // n
        return this.#literal('null', null);
      default:
        return this.#number();
    }
  }

  #object(): JsonObject {
    this.#open();
    const members = new Map<string, Json>();
    if (this.#closed(OBJECT_CLOSE)) return members;
    for (;;) {
      if (this.#text.charCodeAt(this.#at) !== QUOTE) throw new NotStrictJson('a member without a name');
      const name = this.#string();
      this.#blanks();
      if (!this.#skip(COLON)) throw new NotStrictJson('a name without a value');
      this.#blanks();
      if (members.has(name)) throw new NotStrictJson('duplicate member');
      members.set(name, this.#value());
      this.#blanks();
      if (this.#closed(OBJECT_CLOSE)) return members;
      if (!this.#skip(COMMA)) throw new NotStrictJson('an object that does not end');
      this.#blanks();
    }
  }

  #array(): readonly Json[] {
    this.#open();
    const items: Json[] = [];
    if (this.#closed(ARRAY_CLOSE)) return items;
    for (;;) {
      items.push(this.#value());
      this.#blanks();
      if (this.#closed(ARRAY_CLOSE)) return items;
      if (!this.#skip(COMMA)) throw new NotStrictJson('an array that does not end');
      this.#blanks();
    }
  }

  #open(): void {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new NotStrictJson('nested too deeply');
    this.#at += 1;
    this.#blanks();
  }

  #closed(unit: number): boolean {
    const closed = this.#skip(unit);
    if (closed) this.#depth -= 1;
    return closed;
  }

  #string(): string {
    const text = this.#text;
    const start = this.#at + 1;
    let escaped = false;
    for (let at = start; at < text.length; at += 1) {
      const unit = text.charCodeAt(at);
      if (unit === QUOTE) {
        this.#at = at + 1;
        return escaped ? unescaped(text.slice(start - 1, at + 1)) : text.slice(start, at);
      }
      if (unit < 0x20) throw new NotStrictJson('a control character in a string');
      if (unit === BACKSLASH) {
        escaped = true;
        at += 1;
      }
    }
    throw new NotStrictJson('a string that does not end');
  }

  #number(): number | OpaqueNumber {
    NUMBER.lastIndex = this.#at;
    if (!NUMBER.test(this.#text)) throw new NotStrictJson('no value');
    const text = this.#text.slice(this.#at, NUMBER.lastIndex);
    if (text.length > MAX_NUMBER_LENGTH) throw new NotStrictJson('number too long');
    this.#at = NUMBER.lastIndex;
    if (!INTEGER.test(text)) return new OpaqueNumber(text);
    const number = Number(text);
    // What rounds to 2^53 or beyond is refused, so every number that is kept is exact.
    if (!Number.isSafeInteger(number)) throw new NotStrictJson('integer out of range');
    return number;
  }

  #literal<T>(text: string, value: T): T {
    if (!this.#text.startsWith(text, this.#at)) throw new NotStrictJson('no value');
    this.#at += text.length;
    return value;
  }

  #skip(unit: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== unit) return false;
    this.#at += 1;
    return true;
  }

  #blanks(): void {
    for (;;) {
      const unit = this.#text.charCodeAt(this.#at);
      if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return;
      this.#at += 1;
    }
  }
}

/** The value of one string with its quotes, whose escapes nobody has looked at. */
function unescaped(literal: string): string {
  let value: unknown;
  try {
    value = JSON.parse(literal);
  } catch {
    throw new NotStrictJson('an unknown escape');
  }
  // Only an escape can bring a lone surrogate: the text itself has none.
  if (typeof value !== 'string' || !value.isWellFormed()) throw new NotStrictJson('lone surrogate');
  return value;
}
