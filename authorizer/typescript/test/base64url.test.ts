import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeCompact, decodeStandard, decodeUrl } from '../src/base64url.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

test('bytes have one text, and every other text that decodes to them is refused', () => {
  const alike = fc.string({ unit: fc.constantFrom('A', 'B', 'Q', '9', '-', '_', '+', '/', '=', ' ', '\n', '.', 'é') });
  fc.assert(
    fc.property(fc.oneof(alike, fc.base64String()), (text) => {
      assert.equal(decodeUrl(text) !== null, isStrict(text, '-_', false), text);
      assert.equal(decodeStandard(text) !== null, isStrict(text, '+/', true), text);
    }),
    { numRuns: 20_000 },
  );
});

test('a compact JWS is three parts, each decoded as by itself', () => {
  const part = fc.string({
    unit: fc.constantFrom('A', 'Q', '9', '-', '_', '+', '/', '=', ' ', 'é', 'B'),
    maxLength: 6,
  });
  const good = fc.uint8Array({ maxLength: 4 }).map((data) => Buffer.from(data).toString('base64url'));
  fc.assert(
    fc.property(fc.array(fc.oneof(good, good, good, part), { minLength: 1, maxLength: 4 }), (parts) => {
      const expected = parts.length === 3 ? parts.map(decodeUrl) : [null];
      const decoded = decodeCompact(parts.join('.'));
      assert.deepEqual(decoded, expected.includes(null) ? null : expected, parts.join('.'));
    }),
    { numRuns: 20_000 },
  );
});

/** RFC 4648 section 3.5 and 4 or 5, character by character. */
function isStrict(text: string, last: string, padded: boolean): boolean {
  const body = padded ? text.replace(/={1,2}$/, '') : text;
  const alphabet = ALPHABET + last;
  if ([...body].some((char) => !alphabet.includes(char)) || body.length % 4 === 1) return false;
  if (padded && text.length - body.length !== (4 - (body.length % 4)) % 4) return false;
  const spare = [0, 0, 4, 2][body.length % 4] ?? 0;
  return alphabet.indexOf(body.at(-1) ?? 'A') % 2 ** spare === 0;
}
