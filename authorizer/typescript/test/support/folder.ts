/** Temporary folders of a test run, removed when it ends. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new empty folder. */
export function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatefleet-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
