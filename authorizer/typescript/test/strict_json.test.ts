import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isObject, type Json, NotStrictJson, OpaqueNumber, parse, parseText } from '../src/strict_json.ts';

/** The value as `JSON.parse` has it. */
function loose(value: Json): unknown {
  if (value instanceof OpaqueNumber) return Number(value.text);
  if (Array.isArray(value)) return value.map(loose);
  if (!isObject(value)) return value;
  const members = Object.create(null) as Record<string, unknown>;
  for (const [name, member] of value) members[name] = loose(member);
  return members;
}

function withoutPrototypes(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.assign(Object.create(null), inner)
      : inner,
  );
}

function outcome(data: Uint8Array): Json | undefined {
  try {
    return parse(data);
  } catch (error) {
    assert.ok(error instanceof NotStrictJson, `threw ${error}`);
    return undefined;
  }
}

test('JSON that every reader agrees about is read as JSON.parse reads it', () => {
  const text = fc.string({ unit: 'binary' }).filter((one) => one.isWellFormed());
  const value = fc.letrec<{ any: unknown }>((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(null, true, false),
      fc.maxSafeInteger(),
      fc
        .double({ noNaN: true, noDefaultInfinity: true })
        .filter((one) => String(one).length <= 40 && !Object.is(one, -0)),
      text,
      fc.array(tie('any'), { maxLength: 5 }),
      fc.dictionary(
        text.filter((name) => name !== '__proto__'),
        tie('any'),
        { maxKeys: 5 },
      ),
    ),
  })).any;
  const blanks = fc.constantFrom(undefined, 1, '\t', '\r\n ');
  fc.assert(
    fc.property(value, blanks, (one, indent) => {
      // An integer beyond 2^53 - 1 is one that readers do not agree about.
      const written = JSON.stringify(
        one,
        (_, inner: unknown) =>
          typeof inner === 'number' && Number.isInteger(inner) && !Number.isSafeInteger(inner) ? null : inner,
        indent,
      );
      assert.deepEqual(loose(parse(Buffer.from(written))), withoutPrototypes(JSON.parse(written)));
    }),
    { numRuns: 2000 },
  );
});

test('no bytes make the reader throw anything but NotStrictJson, and JSON.parse reads whatever it accepts', () => {
  const token = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    'u',
    '0',
    '1',
    '-',
    '.',
    'e',
    'null',
    'true',
    ' ',
    '\n',
    '\ud83d',
    'é',
    '\ufeff',
    'a',
  );
  const texts = fc.array(token, { maxLength: 30 }).map((tokens) => Buffer.from(tokens.join('')));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 40 }), texts), (data) => {
      if (outcome(data) !== undefined) JSON.parse(Buffer.from(data).toString());
    }),
    { numRuns: 20_000 },
  );
});

test('a name that comes twice is refused wherever it stands, and __proto__ is a name', () => {
  fc.assert(
    fc.property(fc.string(), fc.array(fc.string()), (name, others) => {
      const members = [...new Set([name, ...others])].map((one) => `${JSON.stringify(one)}:1`);
      assert.ok(outcome(Buffer.from(`{${members.join(',')}}`)) !== undefined || !name.isWellFormed());
      assert.equal(outcome(Buffer.from(`{${[...members, members[0]].join(',')}}`)), undefined);
    }),
  );
  const read = parse(Buffer.from('{"__proto__":{"admin":true}}'));
  assert.ok(isObject(read));
  assert.equal(read.get('admin'), undefined);
  assert.ok(read.has('__proto__'));
});

test('one string of 16 MiB that is all escapes takes no more memory than a few copies of it', () => {
  const text = `"${'\\u0041'.repeat(2 ** 24 / 6)}"`;
  assert.equal(parse(Buffer.from(text)), 'A'.repeat(2 ** 24 / 6));
});

test('a string that is no text is no JSON text either', () => {
  assert.equal(parseText('"\u{1f602}"'), '\u{1f602}');
  for (const lone of ['"\ud800"', '"\udc00"', '{"\udfff":1}']) assert.throws(() => parseText(lone), NotStrictJson);
});
