import assert from 'node:assert/strict';
import { BlockList, isIP } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { contains, parseAddress, parseNetwork } from '../src/addresses.ts';

const groups = fc.array(fc.constantFrom('0', '1', 'ff', 'FFFF', '0db8', '12345', '', 'g', '192.0.2.1', '1.2.3'), {
  minLength: 1,
  maxLength: 9,
});
const likeV6 = fc.tuple(groups, groups, fc.boolean()).map(([before, after, short]) => {
  return short ? `${before.join(':')}::${after.join(':')}` : before.join(':');
});
const likeV4 = fc.array(fc.constantFrom('0', '1', '01', '255', '256', '', '99', ' 1'), { minLength: 3, maxLength: 5 });

test('what is an address here is an address for the platform', () => {
  const text = fc.oneof(
    likeV6,
    likeV4.map((parts) => parts.join('.')),
    fc.ipV4(),
    fc.ipV6(),
    fc.string(),
  );
  fc.assert(
    fc.property(
      text.filter((one) => !one.includes('%')),
      (one) => {
        assert.equal(parseAddress(one) !== null, isIP(one) !== 0, one);
      },
    ),
    { numRuns: 20_000 },
  );
});

test('what lies in a network lies in it for the platform', () => {
  const cases = fc.oneof(
    fc.tuple(fc.ipV4(), fc.ipV4(), fc.nat(32), fc.constant('ipv4' as const)),
    fc.tuple(fc.ipV6(), fc.ipV6(), fc.nat(128), fc.constant('ipv6' as const)),
  );
  fc.assert(
    fc.property(cases, fc.boolean(), ([base, other, length, family], near) => {
      const bytes = parseAddress(base);
      assert.ok(bytes !== null);
      const kept = bytes.map((byte, index) => byte & (0xff << Math.max(0, 8 - Math.max(0, length - 8 * index))));
      const list = new BlockList();
      list.addSubnet(base, length, family);
      const address = near ? base : other;
      const asked = parseAddress(address);
      assert.ok(asked !== null);
      // The platform looks an IPv4-mapped address up among IPv4 networks too; there are none here.
      assert.equal(
        contains({ base: kept, length }, asked),
        list.check(address, family),
        `${address} in ${base}/${length}`,
      );
    }),
    { numRuns: 5000 },
  );
});

test('a network has one form', () => {
  for (const text of [
    '192.0.2.0/24',
    '0.0.0.0/0',
    '::/0',
    '2001:db8::/32',
    '2001:db8:0:1::/64',
    '::1/128',
    '1:0:1::/48',
  ]) {
    assert.notEqual(parseNetwork(text), null, text);
  }
  for (const text of [
    '192.0.2.1/24',
    '192.0.2.0',
    '192.0.2.0/33',
    '192.0.2.0/024',
    '192.0.2.0/255.255.255.0',
    '2001:DB8::/32',
    '2001:db8:0::/32',
    '2001:db8::/129',
    '::ffff:192.0.2.0/120',
    '::ffff:0:0/96',
    '::1.2.3.4/128',
    '1:0:0:0:2::/80',
    '0:0::/0',
    'fe80::%1/64',
    '',
    '/',
    '/0',
  ]) {
    assert.equal(parseNetwork(text), null, text);
  }
});
