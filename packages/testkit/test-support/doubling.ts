import { expect } from "vitest";
import type { SimulatedJob } from "../src/simulation/run-simulation.ts";
import type { SimWorld } from "../src/simulation/sim-world.ts";
import { type SimulationError, type SimulationOptions, simulate } from "../src/simulation/simulate.ts";

/** Restarts whatever fails, at once. */
export const restart = { kind: "fixedDelay", attempts: 100, delayMs: 1 } as const;

/** Numbers that are doubled, over a keyed step. */
export function doubling(world: SimWorld, numbers = [1, 2, 3, 4, 5, 6, 7, 8]): SimulatedJob {
  const env = world.env();
  const doubled = env
    .fromBatch(numbers)
    .keyBy((n) => n % 3)
    .map((n) => 2 * n, { parallelism: 2 })
    .collect();
  return {
    env,
    submit: { maxBatch: 2, restart },
    check: ({ job }) =>
      expect([...job.collected(doubled)].sort((a, b) => a - b)).toEqual(numbers.map((n) => 2 * n)),
  };
}

/** What a simulation says that fails. */
export const failureOf = async (options: SimulationOptions): Promise<SimulationError> => {
  const error: unknown = await simulate(options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ name: "SimulationError" });
  return error as SimulationError;
};
