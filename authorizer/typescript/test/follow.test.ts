import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { Authorizer } from '../src/authorizer.ts';
import { FileSource } from '../src/log/file.ts';
import { Follower } from '../src/log/follow.ts';
import { type Batch, LogUnavailable, type RevisionSource } from '../src/log/source.ts';
import { aClient, aGateway, anEvent, type Changes, FIRST, NOW, Yard } from './support/yard.ts';

/** A source that can be cut off, or never answer. */
class Flaky implements RevisionSource {
  state: 'well' | 'dead' | 'silent' = 'well';
  reads = 0;
  readonly #inner: RevisionSource;

  constructor(inner: RevisionSource) {
    this.#inner = inner;
  }

  async read(offset: number, timeoutMs: number): Promise<Batch> {
    this.reads += 1;
    if (this.state === 'dead') throw new LogUnavailable('cut off');
    if (this.state === 'silent') return new Promise(() => undefined);
    return this.#inner.read(offset, timeoutMs);
  }

  async close(): Promise<void> {
    await this.#inner.close();
  }
}

function followed(changes = FIRST) {
  const yard = new Yard();
  yard.publish(changes);
  const source = new Flaky(new FileSource(yard.path));
  const time = { now: NOW * 1000 };
  const clock = () => time.now;
  const follower = new Follower(yard.floor(), yard.trust, source, clock, () => 1);
  const lines: string[] = [];
  const authorizer = new Authorizer(follower, clock, 100, (line) => lines.push(line));
  return { yard, source, time, follower, authorizer, lines };
}

const SERVED = { ...FIRST, 'scope/orders:read': { state: 'active', when_stale: 'serve' } };
const DENIED = { ...FIRST, 'scope/orders:read': { state: 'active', when_stale: 'deny' } };

test('a follower answers from its floor before it has read anything', () => {
  const { follower, time } = followed();
  assert.deepEqual([...follower.view.clients.keys()], ['batch']);
  assert.deepEqual(follower.freshness(time.now), { state: 'floor', age: null, readFailed: false });
});

test('a read that shows nothing new makes the view fresh, for as long as the gateway allows', async () => {
  const { follower, time } = followed();
  assert.ok(await follower.read(100));
  time.now += 2000;
  assert.deepEqual(follower.freshness(time.now), { state: 'fresh', age: 2, readFailed: false });
  assert.ok(!follower.readDue(time.now));
  time.now += 1;
  assert.deepEqual(follower.freshness(time.now), { state: 'stale', age: 3, readFailed: false });
  assert.ok(follower.readDue(time.now));
});

test('a revoked grant is gone after the next read, and what a line without its line feed says is not there', async () => {
  const { yard, follower } = followed();
  const revoking = yard.revision({ 'client/batch': aClient() });
  const { position } = yard;
  appendFileSync(yard.path, revoking);
  assert.ok(await follower.read(100));
  assert.ok(follower.view.clients.has('batch'));
  appendFileSync(yard.path, '\n');
  assert.ok(await follower.read(100));
  assert.ok(!follower.view.clients.has('batch'));
  assert.deepEqual(follower.view.position, position);
});

test('the view that was followed is the view built at the head', async () => {
  const { yard, follower } = followed();
  yard.publish({ 'scope/orders:write': { state: 'active', when_stale: 'check' }, 'client/other': aClient('other') });
  yard.publish({
    'client/other': aClient('orders:read'),
    'scope/orders:read': { state: 'revoked', when_stale: 'deny' },
  });
  yard.append(yard.snapshot(), yard.tick());
  yard.publish({ 'client/batch': null });
  assert.ok(await follower.read(100));
  const floor = yard.floor();
  assert.equal(follower.view.digest, floor.view);
  assert.equal(follower.view.position.digest, floor.payload);
});

test('a view that needs what it never held is built again from the log, also over several reads', async () => {
  const yard = new Yard();
  yard.publish({ ...FIRST, 'client/writer': aClient('orders:write') });
  const floor = yard.floor();
  for (let revision = 0; revision < 50; revision += 1)
    yard.publish({ [`scope/s${revision}`]: { state: 'active', when_stale: 'serve' } });
  const routes = { 'POST /orders': { any_of: [['orders:write']], credentials: ['api_key'] } };
  yard.publish({
    'gateway/orders/orders': aGateway(routes),
    'scope/orders:write': { state: 'active', when_stale: 'check' },
  });
  const time = { now: NOW * 1000 };
  const inner = new FileSource(yard.path);
  // Ten records a read, and each read takes 40 ms of a deadline of 100.
  const slow: RevisionSource = {
    close: () => inner.close(),
    async read(offset) {
      const batch = await inner.read(offset);
      time.now += 40;
      const next = batch.records[10];
      return next === undefined
        ? batch
        : { ...batch, records: batch.records.slice(0, 10), nextOffset: next.offset, atEnd: false };
    },
  };
  const follower = new Follower(
    floor,
    yard.trust,
    slow,
    () => time.now,
    () => 0,
  );
  let reads = 1;
  while (!(await follower.read(100))) {
    reads += 1;
    assert.ok(reads < 20);
  }
  assert.ok(reads > 3);
  assert.deepEqual([...follower.view.clients.keys()].sort(), ['writer']);
  assert.equal(follower.view.digest, yard.floor().view);
});

test('a log that lost its beginning says so to who reads from there, and a snapshot is begun with', async () => {
  const yard = new Yard();
  yard.publish({ ...FIRST, 'client/writer': aClient('orders:write') });
  const floor = yard.floor();
  const snapshot = yard.snapshot();
  rmSync(yard.path);
  yard.append(snapshot);
  const routes = { 'POST /orders': { any_of: [['orders:write']], credentials: ['api_key'] } };
  yard.publish({
    'gateway/orders/orders': aGateway(routes),
    'scope/orders:write': { state: 'active', when_stale: 'check' },
  });
  const inner = new FileSource(yard.path);
  const expired: RevisionSource = {
    close: () => inner.close(),
    read: async (offset) => ({ ...(await inner.read(offset)), rewound: offset === 0 }),
  };
  const follower = new Follower(
    floor,
    yard.trust,
    expired,
    () => NOW * 1000,
    () => 1,
  );
  assert.ok(await follower.read(100));
  assert.deepEqual([...follower.view.clients.keys()], ['writer']);
});

/** What a source was asked for, and the offsets of the records that it gave. */
class Noted implements RevisionSource {
  readonly asked: number[] = [];
  readonly given: number[] = [];
  readonly #inner: RevisionSource;
  before = (): void => undefined;
  most = Number.POSITIVE_INFINITY;

  constructor(inner: RevisionSource) {
    this.#inner = inner;
  }

  async read(offset: number, timeoutMs: number): Promise<Batch> {
    this.before();
    this.asked.push(offset);
    const whole = await this.#inner.read(offset, timeoutMs);
    const next = whole.records[this.most];
    const cut = next && { records: whole.records.slice(0, this.most), nextOffset: next.offset, atEnd: false };
    const batch = { ...whole, ...cut };
    this.given.push(...batch.records.map((record) => record.offset));
    return batch;
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

/** A follower whose floor stands at the fourth of seven revisions; `hint` makes its offset of theirs. */
function hinted(hint: (offsets: readonly number[]) => number) {
  const yard = new Yard();
  const offsets = [0];
  const publish = (changes: Changes) => {
    yard.publish(changes);
    offsets.push(statSync(yard.path).size);
  };
  publish({ ...FIRST, 'client/writer': aClient('orders:write') });
  for (let number = 0; number < 3; number += 1)
    publish({ [`scope/s${number}`]: { state: 'active', when_stale: 'serve' } });
  const held = yard.floor();
  for (let number = 3; number < 5; number += 1)
    publish({ [`scope/s${number}`]: { state: 'active', when_stale: 'serve' } });
  publish({ 'client/batch': aClient() });
  const floor = { ...held, offset: hint(offsets) };
  const source = new Noted(new FileSource(yard.path));
  const time = { now: NOW * 1000 };
  const follower = new Follower(
    floor,
    yard.trust,
    source,
    () => time.now,
    () => 0,
  );
  return { yard, source, time, follower, offsets };
}

test('a follower begins where its floor says that its revision stands', async () => {
  const { source, follower, offsets } = hinted((all) => all[3] ?? 0);
  assert.ok(await follower.read(100));
  assert.deepEqual(source.asked, [offsets[3]]);
  assert.deepEqual(source.given, offsets.slice(3, 7));
  assert.ok(!follower.view.clients.has('batch'));
});

const wrongHints: Readonly<Record<string, (offsets: readonly number[]) => number>> = {
  'at an older revision': (all) => all[1] ?? 0,
  'at the next revision': (all) => all[4] ?? 0,
  'at a revision that continues what was not read': (all) => all[6] ?? 0,
  'at the end': (all) => all[7] ?? 0,
  'behind the end': (all) => (all[7] ?? 0) + 1,
  'beyond any file': () => Number.MAX_SAFE_INTEGER,
  'within a line': (all) => (all[3] ?? 0) + 1,
};
for (const [name, hint] of Object.entries(wrongHints)) {
  test(`a hint ${name} costs a second start and nothing else`, async () => {
    const { source, time, follower, offsets } = hinted(hint);
    assert.ok(await follower.read(100));
    assert.deepEqual(source.given.slice(-7), offsets.slice(0, 7));
    assert.ok(source.asked.length <= 2);
    assert.ok(!follower.view.clients.has('batch'));
    assert.equal(follower.refusals.size, 0);
    assert.equal(follower.freshness(time.now).state, 'fresh');
  });
}

test('a hint into a log without the revision of the floor makes nothing fresh, and is tried once', async () => {
  const { yard, source, time, follower, offsets } = hinted((all) => all[3] ?? 0);
  truncateSync(yard.path, offsets[3]);
  assert.equal(await follower.read(100), false);
  assert.deepEqual(source.asked, [offsets[3], 0]);
  assert.equal(await follower.read(100), false);
  assert.equal(follower.freshness(time.now).state, 'floor');
});

test('a copy of the floor’s revision in the place of the hint hides nothing that has a successor', async () => {
  const { yard, follower, offsets } = hinted((all) => all[6] ?? 0);
  const whole = readFileSync(yard.path);
  const copied = whole.subarray(offsets[3], offsets[4]);
  writeFileSync(yard.path, Buffer.concat([whole.subarray(0, offsets[6]), copied, whole.subarray(offsets[6])]));
  assert.ok(await follower.read(100));
  assert.ok(!follower.view.clients.has('batch'));
  assert.equal(follower.refusals.size, 0);
});

test('junk at the hint is counted once', async () => {
  const { yard, follower, offsets } = hinted((all) => all[3] ?? 0);
  const whole = readFileSync(yard.path);
  writeFileSync(
    yard.path,
    Buffer.concat([whole.subarray(0, offsets[3]), Buffer.from('x\n'), whole.subarray(offsets[3])]),
  );
  assert.ok(await follower.read(100));
  assert.deepEqual([...follower.refusals], [['malformed', 1]]);
});

test('a start from the beginning that takes several reads never goes back to the hint', async () => {
  const { source, time, follower } = hinted((all) => all[1] ?? 0);
  source.most = 1;
  source.before = () => {
    time.now += 40;
  };
  let reads = 1;
  while (!(await follower.read(100))) {
    reads += 1;
    assert.ok(reads < 10);
  }
  assert.ok(reads > 1);
  const [, ...later] = source.asked;
  assert.deepEqual(
    later,
    later.toSorted((one, other) => one - other),
  );
  assert.ok(!follower.view.clients.has('batch'));
});

test('a rebuild reads what stands before the floor', async () => {
  const { yard, source, follower } = hinted((all) => all[3] ?? 0);
  const routes = { 'POST /orders': { any_of: [['orders:write']], credentials: ['api_key'] } };
  yard.publish({
    'gateway/orders/orders': aGateway(routes),
    'scope/orders:write': { state: 'active', when_stale: 'check' },
  });
  assert.ok(await follower.read(100));
  assert.deepEqual([...follower.view.clients.keys()], ['writer']);
  assert.deepEqual(source.asked.slice(1), [0]);
});

test('after failed reads the pauses double up to half a minute, and no request in between reads', async () => {
  const { source, follower, time, authorizer } = followed();
  source.state = 'dead';
  const pauses: number[] = [];
  for (let attempt = 0; attempt < 8; attempt += 1) {
    await follower.read(100);
    const [failed, reads] = [time.now, source.reads];
    await authorizer.answer(anEvent());
    assert.equal(source.reads, reads);
    while (!follower.readDue(time.now)) time.now += 500;
    pauses.push((time.now - failed) / 1000);
  }
  assert.deepEqual(pauses, [1, 2, 4, 8, 16, 30, 30, 30]);
  source.state = 'well';
  assert.ok(await follower.read(100));
  assert.equal(follower.freshness(time.now).readFailed, false);
});

test('a clock that was set back makes the age unknown, and neither hides a read that is due nor a pause', async () => {
  const { source, follower, time } = followed();
  await follower.read(100);
  time.now -= 3_600_000;
  assert.deepEqual(follower.freshness(time.now), { state: 'stale', age: null, readFailed: false });
  assert.ok(follower.readDue(time.now));
  source.state = 'dead';
  time.now += 7_200_000;
  await follower.read(100);
  time.now -= 7_200_000;
  assert.ok(follower.readDue(time.now));
});

test('a source that does not keep its deadline does not keep a request waiting', async () => {
  const { source, follower } = followed();
  source.state = 'silent';
  assert.equal(await follower.read(30), false);
  assert.equal(follower.failure, 'the log did not answer in time');
});

test('a read that slept through its deadline is given up, and the next one is a new one', async () => {
  const { source, follower, time } = followed();
  source.state = 'silent';
  const slept = follower.read(100);
  time.now += 60_000;
  source.state = 'well';
  assert.ok(await follower.read(100));
  assert.equal(await slept, false);
  assert.equal(follower.freshness(time.now).state, 'fresh');
});

test('policy that is refused keeps the view and makes it stale; what nobody signed is counted', async () => {
  const { yard, follower, time } = followed();
  yard.append(Buffer.from('{"payload":"","payloadType":"x","signatures":[]}'));
  assert.ok(await follower.read(100));
  assert.deepEqual([...follower.refusals], [['malformed', 1]]);
  yard.append(yard.revision({ 'client/batch': aClient() }, { requires: ['holds'] }));
  assert.equal(await follower.read(100), false);
  assert.ok(follower.view.clients.has('batch'));
  assert.notEqual(follower.freshness(time.now).state, 'fresh');
});

test('another log in the place of this one never makes the view fresh', async () => {
  const { yard, follower } = followed();
  assert.ok(await follower.read(100));
  const other = new Yard();
  other.publish(FIRST);
  renameSync(other.path, yard.path);
  assert.equal(await follower.read(100), false);
});

test('on the floor `serve` is answered at once, and `check` and denials wait for the one read', async () => {
  const serve = followed(SERVED);
  serve.source.state = 'silent';
  assert.equal((await serve.authorizer.decide(anEvent())).freshness.state, 'floor');
  assert.equal(serve.source.reads, 1);

  const check = followed();
  check.yard.publish({ 'client/batch': aClient() });
  const decision = await check.authorizer.decide(anEvent());
  assert.equal(decision.outcome.effect, 'deny');
  assert.equal(decision.freshness.state, 'fresh');

  const denial = followed({ ...SERVED, 'client/batch': aClient('orders:list') });
  denial.yard.publish({ 'client/batch': aClient('orders:read'), 'scope/orders:list': null });
  assert.equal((await denial.authorizer.decide(anEvent())).outcome.effect, 'allow');
});

test('`deny` is denied on the floor when the read failed, and after `deny_after` when the view is older', async () => {
  const floor = followed(DENIED);
  floor.source.state = 'dead';
  const refused = await floor.authorizer.decide(anEvent());
  assert.deepEqual(refused.outcome, { effect: 'deny', step: 'stale', reason: 'stale_policy' });

  const { source, authorizer, time } = followed(DENIED);
  assert.equal((await authorizer.decide(anEvent())).outcome.effect, 'allow');
  source.state = 'dead';
  time.now += 60_000;
  assert.equal((await authorizer.decide(anEvent())).outcome.effect, 'allow');
  time.now += 1;
  assert.equal((await authorizer.decide(anEvent())).outcome.effect, 'deny');
});

test('no read is made while the view is fresh, and one line is written a decision', async () => {
  const { source, authorizer, lines } = followed();
  await authorizer.answer(anEvent());
  const { reads } = source;
  for (let request = 0; request < 10; request += 1) await authorizer.answer(anEvent());
  assert.equal(source.reads, reads);
  assert.equal(lines.length, 11);
  assert.ok(!lines.join().includes('secret'));
});
