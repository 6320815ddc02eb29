/**
 * Runs mutants against the contract's vectors in this process, each vector a test, and those that no vector kills
 * against the build's own tests, each file a test.
 *
 * A mutant is switched on by its number, so nothing is built or started for the vectors that meet it. Fixtures are made
 * anew under each mutant: reading entities and making views is part of what is tested.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import type { MutantCoverage } from '@stryker-mutator/api/core';
import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import {
  type DryRunResult,
  DryRunStatus,
  determineHitLimitReached,
  type MutantRunOptions,
  type MutantRunResult,
  type TestResult,
  type TestRunner,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner';

const BUILD = join('authorizer', 'typescript');
const VECTORS = join('contract', 'vectors');
/** Those of the core; the others test the runtime around it. */
const OWN_TESTS = [
  ...['addresses', 'base64url', 'event', 'keys', 'trust', 'view', 'decide', 'strict_json', 'follow'],
  ...['event', 'token', 'envelope', 'floor'].map((target) => `fuzz/${target}`),
].map((name) => `${BUILD}/test/${name}.test.ts`);
/** Seconds of a processor, so that a busy machine ends no test. */
const LONGEST_OWN_TEST = 60;

/** What the mutated sources and this runner know of each other. */
interface Context {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  mutantCoverage?: MutantCoverage;
}

interface Vector {
  readonly id: string;
  readonly given: object;
  readonly expect: object;
}

/** The adapter of `src/conformance/`, of the mutated sources. */
interface Adapter {
  ready(family: string, fixtures: object): void;
  answer(family: string, given: object): object;
}

type Test = { readonly id: string; readonly run: () => string | null };

class VectorRunner implements TestRunner {
  readonly #context: Context;
  readonly #families = new Map<string, Family>();
  #adapter: (() => Adapter) | null = null;

  constructor() {
    const whole = globalThis as { __stryker__?: Context };
    whole.__stryker__ ??= {};
    this.#context = whole.__stryker__;
    for (const name of ['canonical', 'chain', 'view', 'token', 'decide', 'respond']) {
      this.#families.set(name, familyOf(name));
    }
  }

  capabilities() {
    return { reloadEnvironment: false }; // a module is loaded once a process
  }

  async dryRun(): Promise<DryRunResult> {
    const adapter = await this.#load();
    const folder = mkdtempSync(join(tmpdir(), 'gatefleet-coverage-'));
    const tests = [
      ...this.#tests(adapter, null, true),
      ...OWN_TESTS.map((file) => ownTest(file, { coverage: folder })),
    ];
    const results = tests.map((test) => this.#run(test));
    const mutantCoverage = this.#context.mutantCoverage ?? { static: {}, perTest: {} };
    for (const file of OWN_TESTS) mutantCoverage.perTest[file] = coverageIn(folder, file);
    rmSync(folder, { recursive: true });
    return { status: DryRunStatus.Complete, tests: results, mutantCoverage };
  }

  async mutantRun({
    activeMutant,
    testFilter,
    hitLimit,
    mutantActivation,
    sandboxFileName,
  }: MutantRunOptions): Promise<MutantRunResult> {
    const asked = testFilter === undefined ? null : new Set(testFilter);
    const long = sandboxFileName.includes(join('src', 'log'));
    this.#context.activeMutant = mutantActivation === 'static' ? activeMutant.id : undefined;
    // Stryker waits for a hundred times the usual count, which a loop without end takes minutes for.
    const limit = hitLimit === undefined ? undefined : hitLimit / 20;
    this.#context.hitCount = limit === undefined ? undefined : 0;
    this.#context.hitLimit = limit;
    const results: TestResult[] = [];
    const started = performance.now();
    try {
      const adapter = await this.#load();
      this.#context.activeMutant = activeMutant.id;
      const own = OWN_TESTS.filter((file) => asked === null || asked.has(file));
      for (const tests of [
        this.#tests(adapter, asked, long),
        own.map((file) => ownTest(file, { mutant: activeMutant.id })),
      ]) {
        for (const test of tests) {
          results.push(this.#run(test));
          const endless = determineHitLimitReached(this.#context.hitCount, limit);
          if (endless !== undefined) return toMutantRunResult(endless);
          if (results.at(-1)?.status === TestStatus.Failed) return toMutantRunResult(complete(results));
        }
      }
    } catch (error) {
      // The sources could not be loaded.
      results.push(failed('load', performance.now() - started, String(error)));
    } finally {
      this.#context.activeMutant = undefined;
    }
    return toMutantRunResult(complete(results));
  }

  async #load(): Promise<() => Adapter> {
    if (this.#adapter === null) {
      const url = pathToFileURL(join(process.cwd(), BUILD, 'src', 'conformance', 'adapter.ts'));
      const module = (await import(url.href)) as { Adapter: new () => Adapter };
      this.#adapter = () => new module.Adapter();
    }
    return this.#adapter;
  }

  /** The vectors asked for; long ones are about records of a log alone. What fixtures are made with is seen in any vector of their family. */
  *#tests(newAdapter: () => Adapter, asked: ReadonlySet<string> | null, long: boolean): Iterable<Test> {
    for (const [name, { fixtures, vectors }] of this.#families) {
      const whole = asked === null || asked.has(fixturesOf(name));
      const chosen = vectors.filter((one) => (whole || asked.has(one.id)) && (long || !isLong(one)));
      if (chosen.length === 0) continue;
      const adapter = newAdapter();
      if (fixtures !== null) {
        yield {
          id: fixturesOf(name),
          run: () => {
            adapter.ready(name, fixtures);
            return null;
          },
        };
      }
      for (const { id, given, expect } of chosen) {
        yield {
          id,
          run: () => {
            const answer: unknown = JSON.parse(JSON.stringify(adapter.answer(name, given)));
            return isDeepStrictEqual(answer, expect) ? null : `answered ${JSON.stringify(answer)}`;
          },
        };
      }
    }
  }

  #run({ id, run }: Test): TestResult {
    this.#context.currentTestId = id;
    const started = performance.now();
    try {
      const wrong = run();
      const timeSpentMs = performance.now() - started;
      return wrong === null
        ? { id, name: id, status: TestStatus.Success, timeSpentMs }
        : failed(id, timeSpentMs, wrong);
    } catch (error) {
      return failed(id, performance.now() - started, String(error));
    } finally {
      this.#context.currentTestId = undefined;
    }
  }
}

interface Family {
  readonly fixtures: object | null;
  readonly vectors: readonly Vector[];
}

function familyOf(name: string): Family {
  const read = (file: string): object => JSON.parse(readFileSync(join(VECTORS, name, file), 'utf8')) as object;
  const files = readdirSync(join(VECTORS, name)).sort();
  const groups = files.filter((file) => file !== 'ids.json' && file !== 'fixtures.json');
  const vectors = groups.flatMap((file) => (read(file) as { vectors: Vector[] }).vectors);
  return {
    fixtures: files.includes('fixtures.json') ? read('fixtures.json') : null,
    vectors: [...vectors.filter((one) => !isLong(one)), ...vectors.filter(isLong)],
  };
}

/** Whether it gives megabytes, which takes longer than all others together: such a vector is asked last. */
function isLong({ given }: Vector): boolean {
  return JSON.stringify(given).includes('"pieces"');
}

function fixturesOf(family: string): string {
  return `${family}-fixtures`;
}

/** One file of tests in a process of its own, always with the same random numbers. */
function ownTest(file: string, about: { readonly mutant?: string; readonly coverage?: string }): Test {
  const environment: NodeJS.ProcessEnv = { ...process.env, NODE_ENV: 'test' };
  delete environment['NODE_TEST_CONTEXT'];
  if (about.mutant !== undefined) environment['__STRYKER_ACTIVE_MUTANT__'] = about.mutant;
  if (about.coverage !== undefined) environment['GATEFLEET_COVERAGE'] = coverageFile(about.coverage, file);
  const hook = new URL('own_test.ts', import.meta.url).href;
  const bounded = ['-c', `ulimit -t ${LONGEST_OWN_TEST}; exec "$0" "$@"`, process.execPath, '--import', hook, file];
  return {
    id: file,
    run: () => {
      const ran = spawnSync('sh', bounded, { env: environment });
      return ran.status === 0 ? null : `ended with ${ran.status ?? ran.signal}: ${String(ran.stdout).slice(-2000)}`;
    },
  };
}

function coverageFile(folder: string, file: string): string {
  return join(folder, file.replaceAll('/', '_'));
}

function coverageIn(folder: string, file: string): MutantCoverage['static'] {
  return JSON.parse(readFileSync(coverageFile(folder, file), 'utf8')) as MutantCoverage['static'];
}

function failed(id: string, timeSpentMs: number, failureMessage: string): TestResult {
  return { id, name: id, status: TestStatus.Failed, timeSpentMs, failureMessage };
}

function complete(tests: TestResult[]): DryRunResult {
  return { status: DryRunStatus.Complete, tests };
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'vectors', VectorRunner)];
