/**
 * A log in a file: one envelope a line. The embedded default, and the form of restricted networks.
 *
 * A line without its line feed is not there yet. Offsets are bytes from the start of the file.
 */

import { type FileHandle, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MAX_ENVELOPE } from './envelope.ts';
import { type Batch, type LogRecord, LogUnavailable, type RevisionSource } from './source.ts';

// One byte more than the largest envelope and its line feed shows that a line is too long to be one.
const BATCH_BYTES = MAX_ENVELOPE + 2;
const LINE_FEED = 0x0a;

/** Reads a file. One that does not exist yet is an empty log; a missing folder is no log. */
export class FileSource implements RevisionSource {
  readonly #path: string;
  #identity: string | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  async read(offset: number): Promise<Batch> {
    try {
      await using file = await open(this.#path);
      const { dev, ino, size } = await file.stat();
      const identity = `${dev}:${ino}`;
      const replaced = this.#identity !== null && this.#identity !== identity;
      this.#identity = identity;
      // Beyond the largest file, reading would be an error; offsets of floors are anybody's guess.
      const onLog = offset <= size;
      const rewound = offset > 0 && (replaced || !onLog || !(await beginsLine(file, offset)));
      return { ...(await lines(file, rewound ? 0 : offset, size)), rewound };
    } catch (error) {
      if (!isNotThere(error) || !(await isFolder(dirname(this.#path)))) {
        throw new LogUnavailable(`${this.#path}: ${error instanceof Error ? error.message : 'unreadable'}`);
      }
      this.#identity = null;
      return { records: [], nextOffset: 0, atEnd: true, rewound: offset > 0 };
    }
  }

  async close(): Promise<void> {
    // Nothing is held between reads.
  }
}

// --- details ---------------------------------------------------------------------------------------------------------

async function beginsLine(file: FileHandle, offset: number): Promise<boolean> {
  return (await chunkAt(file, offset - 1, 1))[0] === LINE_FEED;
}

async function lines(file: FileHandle, offset: number, size: number): Promise<Omit<Batch, 'rewound'>> {
  const chunk = await chunkAt(file, offset, Math.min(BATCH_BYTES, size - offset));
  const records: LogRecord[] = [];
  let from = 0;
  for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
    records.push({ offset: offset + from, value: chunk.subarray(from, end), headers: new Map() });
    from = end + 1;
  }
  if (chunk.length < BATCH_BYTES) return { records, nextOffset: offset + from, atEnd: true };
  return records.length > 0 ? { records, nextOffset: offset + from, atEnd: false } : tooLong(file, offset, chunk);
}

/** A line that no envelope can be: enough of it to be refused, and where the next one begins. */
async function tooLong(file: FileHandle, offset: number, begin: Buffer): Promise<Omit<Batch, 'rewound'>> {
  let at = offset + begin.length;
  for (;;) {
    const chunk = await chunkAt(file, at, BATCH_BYTES);
    if (chunk.length === 0) return { records: [], nextOffset: offset, atEnd: true };
    const end = chunk.indexOf(LINE_FEED);
    if (end >= 0) {
      const record = { offset, value: begin.subarray(0, MAX_ENVELOPE + 1), headers: new Map<string, string>() };
      return { records: [record], nextOffset: at + end + 1, atEnd: false };
    }
    at += chunk.length;
  }
}

async function chunkAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(Math.max(0, length));
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

function isNotThere(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
