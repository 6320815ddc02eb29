import assert from 'node:assert/strict';
import { appendFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FileSource } from '../src/log/file.ts';
import { LogUnavailable } from '../src/log/source.ts';
import { aFolder } from './support/folder.ts';

function aFile(): string {
  return join(aFolder(), 'log.jsonl');
}

test('lines are records from their offset on, and the last one without a line feed is not there', async () => {
  const path = aFile();
  const source = new FileSource(path);
  assert.deepEqual(await source.read(0), { records: [], nextOffset: 0, atEnd: true, rewound: false });
  writeFileSync(path, 'one\ntwo\nthr');
  const { records, ...rest } = await source.read(0);
  assert.deepEqual(
    records.map(({ offset, value }) => [offset, Buffer.from(value).toString()]),
    [
      [0, 'one'],
      [4, 'two'],
    ],
  );
  assert.deepEqual(rest, { nextOffset: 8, atEnd: true, rewound: false });
  appendFileSync(path, 'ee\n');
  assert.deepEqual(
    (await source.read(8)).records.map(({ value }) => Buffer.from(value).toString()),
    ['three'],
  );
});

test('a file that was cut, or replaced, is read from its beginning', async () => {
  const path = aFile();
  const source = new FileSource(path);
  writeFileSync(path, 'one\ntwo\n');
  await source.read(0);
  truncateSync(path, 5);
  assert.deepEqual([(await source.read(8)).rewound, (await source.read(8)).nextOffset], [true, 4]);
  rmSync(path);
  assert.equal((await source.read(4)).rewound, true);
  writeFileSync(path, 'new\n');
  assert.deepEqual((await source.read(0)).records.length, 1);
});

test('a line longer than an envelope is one record that is too large, and what follows is read', async () => {
  const path = aFile();
  writeFileSync(path, Buffer.concat([Buffer.alloc(40 * 1024 * 1024, 'x'), Buffer.from('\nnext\n')]));
  const source = new FileSource(path);
  const long = await source.read(0);
  assert.deepEqual(
    long.records.map(({ value }) => value.length),
    [16 * 1024 * 1024 + 1],
  );
  const { records, atEnd } = await source.read(long.nextOffset);
  assert.deepEqual(
    records.map(({ value }) => Buffer.from(value).toString()),
    ['next'],
  );
  assert.ok(atEnd);
});

test('a missing folder is no log', async () => {
  await assert.rejects(new FileSource(join(aFile(), 'no', 'log.jsonl')).read(0), LogUnavailable);
});
