/** CPU time of things done over and over, taken in turn, so that a noisy neighbour hits both sides of a ratio alike. */

/** Something to do, called with 0, 1, 2, …; `waits`: it gives a promise. */
export interface Work {
  readonly name: string;
  readonly call: (again: number) => unknown;
  readonly waits?: boolean;
}

const ROUNDS = 61;
const ROUND_NS = 4e6; // of each work in each round
const WARM_NS = 4e8;

/**
 * Print one JSON line a work: nanoseconds of CPU that one call takes, as the median of rounds of about 4 ms.
 *
 * `ratio` is the median over rounds of the ratio to the first work, which is the `baseline` of the others. Threads of
 * the engine, its collector's among them, count.
 */
export async function print(works: readonly Work[]): Promise<void> {
  const runs: Run[] = [];
  for (const work of works) runs.push(await Run.warm(work));
  for (let round = 0; round < ROUNDS; round += 1) for (const run of runs) await run.round();
  const [base, ...others] = runs;
  if (base === undefined) return;
  console.log(JSON.stringify({ name: base.name, ns: median(base.samples), baseline: null }));
  for (const run of others) {
    const ratio = median(run.samples.map((sample, round) => sample / (base.samples[round] ?? Number.NaN)));
    console.log(JSON.stringify({ name: run.name, ns: median(run.samples), baseline: base.name, ratio }));
  }
}

class Run {
  readonly name: string;
  readonly samples: number[] = [];
  readonly #work: Work;
  #again = 0;
  #calls = 1;

  private constructor(work: Work) {
    this.name = work.name;
    this.#work = work;
  }

  static async warm(work: Work): Promise<Run> {
    const run = new Run(work);
    const begun = cpu();
    while (cpu() - begun < WARM_NS) await run.#do(16);
    run.#calls = Math.max(1, Math.round((run.#again * ROUND_NS) / (cpu() - begun)));
    return run;
  }

  async round(): Promise<void> {
    const begun = cpu();
    await this.#do(this.#calls);
    this.samples.push((cpu() - begun) / this.#calls);
  }

  async #do(times: number): Promise<void> {
    const { call, waits } = this.#work;
    for (let left = times; left > 0; left -= 1) {
      const made = call(this.#again);
      if (waits === true) await made;
      this.#again += 1;
    }
  }
}

function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

function median(samples: readonly number[]): number {
  return samples.toSorted((a, b) => a - b)[samples.length >> 1] ?? Number.NaN;
}
