/** Small changes of a text: of its bytes, and of its tokens as JSON has them. */

import fc, { type Arbitrary } from 'fast-check';

/** One change of a text; `others` are texts to take pieces of. Places are taken modulo a length, so they fit every text. */
export interface Change {
  readonly kind: (typeof KINDS)[number];
  readonly at: number;
  readonly from: number;
  readonly other: number;
  readonly count: number;
  readonly times: number;
  readonly word: string;
}

const KINDS = ['flip', 'remove', 'repeat', 'insert', 'splice', 'replace', 'drop', 'copy', 'take'] as const;

// What has meant something to somebody's reader.
const WORDS = [
  ...['null', 'true', 'false', '{}', '[]', '0', '1', '-1', '-0', '1.0', '1e3', '1e400', '9007199254740991'],
  ...['9007199254740992', '18446744073709551616', '1793534400', '""', '"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"'],
  ...['"__proto__"', '"constructor"', '"REQUEST"', '"2.0"', '"1.0"', '"ANY"', '"$default"', '"/"', '"none"', '"HS256"'],
  ...['"crit"', '"any_client"', '"public"', '"removed"', '"requires"', '"holds"', '{"a":1,"a":2}', '[[]]'],
  ...['['.repeat(70), '{', '}', '[', ']', ',', ':', '"', '\\', '=', '==', '.', '..', '/', '//', '%2e', '%2f', '%00'],
  ...['%c0%ae', '\\\\', ';', '?', '#', ' ', '\t', '\n', '\r\n', '\0', '\x7f', '\x85', '\u212a', '\u2024', '\uff0f'],
  ...['\ufeff', 'Bearer ', 'Basic ', 'AAAA', '::ffff:192.0.2.1'],
];

/** Up to `most` changes. */
export function changes(most: number): Arbitrary<readonly Change[]> {
  const change = fc.record({
    kind: fc.constantFrom(...KINDS),
    at: fc.nat(),
    from: fc.nat(),
    other: fc.nat(),
    count: fc.integer({ min: 1, max: 100 }),
    times: fc.integer({ min: 1, max: 80 }),
    word: fc.constantFrom(...WORDS),
  });
  return fc.array(change, { maxLength: most });
}

/** The text after all changes. */
export function changed(text: Uint8Array, all: readonly Change[], others: readonly Uint8Array[]): Uint8Array {
  return all.reduce((changing, change) => apply(change, changing, others), text);
}

function apply(change: Change, text: Uint8Array, others: readonly Uint8Array[]): Uint8Array {
  const at = change.at % (text.length + 1);
  const other = others[change.other % others.length] ?? text;
  const start = change.from % (other.length + 1);
  switch (change.kind) {
    case 'flip':
      return spliced(text, at, at + 1, [(text[at] ?? 0) ^ (1 + (change.from % 255))]);
    case 'remove':
      return spliced(text, at, at + change.count, []);
    case 'repeat':
      return spliced(text, at, at, repeated(text.subarray(at, at + change.count), change.times));
    case 'insert':
      return spliced(text, at, at, Buffer.from(change.word));
    case 'splice':
      return spliced(text, at, at, other.subarray(start, start + change.count));
    case 'replace':
      return spliced(text, ...token(text, change.at), Buffer.from(change.word));
    case 'drop':
      return spliced(text, ...token(text, change.at), []);
    case 'copy': {
      const [to] = token(text, change.at);
      return spliced(text, to, to, text.subarray(...token(text, change.from)));
    }
    case 'take':
      return spliced(text, ...token(text, change.at), other.subarray(...token(other, change.from)));
  }
}

function spliced(text: Uint8Array, from: number, to: number, between: ArrayLike<number>): Uint8Array {
  return Buffer.concat([text.subarray(0, from), Uint8Array.from(between), text.subarray(to)]);
}

function repeated(piece: Uint8Array, times: number): Uint8Array {
  return Buffer.concat(new Array<Uint8Array>(times).fill(piece));
}

// Roughly what JSON has: strings, words and numbers, single characters.
const TOKEN = /"(?:[^"\\]|\\.)*"?|[A-Za-z0-9.+-]+|./gs;

/** Where the token of that number is, modulo how many there are. */
function token(text: Uint8Array, number: number): [number, number] {
  const tokens = [...Buffer.from(text).toString('latin1').matchAll(TOKEN)];
  const chosen = tokens[number % tokens.length];
  return chosen === undefined ? [0, 0] : [chosen.index, chosen.index + chosen[0].length];
}
