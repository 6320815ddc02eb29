/** Before a file of tests: fixed random numbers, and at its end which mutants it met. */

import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { configureGlobal } = createRequire(join(process.cwd(), 'authorizer', 'typescript', 'test', 'x.ts'))(
  'fast-check',
);
configureGlobal({ seed: 1 });

const coverage = process.env['GATEFLEET_COVERAGE'];
if (coverage !== undefined) {
  process.on('exit', () => {
    const { __stryker__: context } = globalThis as { __stryker__?: { mutantCoverage?: { static: object } } };
    writeFileSync(coverage, JSON.stringify(context?.mutantCoverage?.static ?? {}));
  });
}
