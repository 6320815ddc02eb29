/**
 * Fuzzing: what the vectors give, changed at random, and what holds whatever became of it.
 *
 * Each target starts from the vectors, so a few changes lead to the far ends of the code, and signs again what was
 * changed with the published test keys, so that it reaches what stands behind a signature. `node --test` asks a fixed
 * number of cases with a fixed seed. `GATEFLEET_FUZZ_SECONDS` asks for as long as it says instead (each target),
 * `GATEFLEET_FUZZ_SEED` other ones. A failure is shrunk and printed.
 */

import assert from 'node:assert/strict';
import fc, { type Arbitrary } from 'fast-check';

const CASES = 3000;
/** No process of targets may ever have taken more memory than this. */
const MOST_MEBIBYTES = 1024;

/** Ask `property`, which throws when it does not hold, about values of the arbitrary. */
export function fuzz<T>(target: string, values: Arbitrary<T>, property: (value: T) => void): void {
  const seed = setting('GATEFLEET_FUZZ_SEED') ?? 1;
  const seconds = setting('GATEFLEET_FUZZ_SECONDS');
  let cases = 0;
  const counted = (value: T) => {
    cases += 1;
    property(value);
  };
  const bounds = seconds === null ? { numRuns: CASES } : { numRuns: 2 ** 31, interruptAfterTimeLimit: seconds * 1000 };
  fc.assert(fc.property(values, counted), { seed, ...bounds, markInterruptAsFailure: false });
  const peak = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(`${target}: ${cases} cases, seed ${seed}, peak memory ${peak} MiB`);
  assert.ok(peak < MOST_MEBIBYTES, `${target}: ${peak} MiB`);
}

function setting(name: string): number | null {
  const value = process.env[name];
  return value === undefined ? null : Number(value);
}
