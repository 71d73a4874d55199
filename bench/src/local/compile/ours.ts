import { createLocalRuntime } from "@sage-kernel/adapter-local";
import type { Environment, Runtime } from "@sage-kernel/core";
import type { BenchCase } from "../../harness/bench-case.ts";
import { spreadOf } from "../../harness/spread.ts";

const PARALLELISM = 10;
const REPEATS = 7;

/**
 * Milliseconds of the first `compile()` in the process, of a chain of `size` steps. The growth is looked at afterwards,
 * between repeated compiles of this chain and of others half and twice as long, so that all are equally warm. Where it
 * is linear, time per channel stays as it is; the shortest chain may gain from fitting into the young generation.
 */
export const compile: BenchCase = async ({ size }) => {
  const runtime = await createLocalRuntime({ log: { level: "silent" } });
  const half = new Chain(runtime, size / 2);
  const whole = new Chain(runtime, size);
  const twice = new Chain(runtime, size * 2);

  const value = whole.compile();
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    for (const chain of [half, whole, twice]) chain.repeat();
  }
  await runtime.close();

  return {
    value,
    extras: {
      halfMs: half.medianMs,
      warmMs: whole.medianMs,
      twiceMs: twice.medianMs,
      perChannelVsHalf: whole.perChannelMs / half.perChannelMs,
      perChannelTwiceVsIt: twice.perChannelMs / whole.perChannelMs,
    },
  };
};

/** A declared chain of steps, and how long its compiles took. */
class Chain {
  readonly #steps: number;
  readonly #env: Environment;
  readonly #repeatsMs: number[] = [];

  constructor(runtime: Runtime, steps: number) {
    this.#steps = steps;
    this.#env = runtime.environment(`chain-${steps}`);
    const options = { parallelism: PARALLELISM };
    let stream = this.#env.fromBatch([1], options);
    for (let step = 2; step < steps; step++) stream = stream.map((record) => record, options);
    stream.run(options);
  }

  get medianMs(): number {
    return spreadOf(this.#repeatsMs)?.median ?? Number.NaN;
  }

  get perChannelMs(): number {
    return this.medianMs / channelsOf(this.#steps);
  }

  repeat(): void {
    this.#repeatsMs.push(this.compile());
  }

  /** Compiles once, checks the size of the graph, and returns the milliseconds of the compile alone. */
  compile(): number {
    globalThis.gc?.(); // what the last compile left behind is not this one's cost
    const startedAt = performance.now();
    const { graph } = this.#env.compile();
    const elapsedMs = performance.now() - startedAt;

    const is = [graph.steps.length, graph.tasks.length, graph.channels.length].join();
    const should = [this.#steps, this.#steps * PARALLELISM, channelsOf(this.#steps)].join();
    if (is !== should) throw new Error(`wrong result: ${is} steps, tasks and channels, not ${should}`);
    return elapsedMs;
  }
}

function channelsOf(steps: number): number {
  return (steps - 1) * PARALLELISM * PARALLELISM;
}
