import { session, tumbling } from "@sage-kernel/core";
import { SeededRandom } from "@sage-kernel/core/spi";
import { FaultyStores, randomFaults } from "@sage-kernel/testkit";
import { describe, expect, it } from "vitest";
import { restart } from "./support/faults.ts";
import { capacities, range, simulate, timed } from "./support/simulate.ts";

describe.each(capacities)("windows at capacity %i", (capacity) => {
  const sum = (total: number, n: number): number => total + n;

  it("tumbling ones fold each key's records of one span of time", async () => {
    await simulate({ capacity }, async (world) => {
      const { records } = await world.results((env) =>
        env
          .fromBatch(() =>
            timed(world, [
              [0, 1],
              [4, 2],
              [9, 11],
              [12, 3],
              [35, 5],
            ]),
          )
          .keyBy((n) => n % 2)
          .window(tumbling(10), sum, { initial: () => 0 }),
      );
      const epoch = world.clock.now() - world.clock.monotonic();
      const shown = records.map(({ key, start, end, value }) => [key, start - epoch, end - epoch, value]);
      expect(epoch % 10).toBe(0);
      expect(shown).toEqual([
        [1, 0, 10, 12],
        [0, 0, 10, 2],
        [1, 10, 20, 3],
        [1, 30, 40, 5],
      ]);
    });
  });

  it("sessions last until their key is quiet for the gap", async () => {
    await simulate({ capacity }, async (world) => {
      const { records } = await world.results((env) =>
        env
          .fromBatch(() =>
            timed(world, [
              [0, 1],
              [8, 2],
              [15, 4],
              [25, 8],
              [60, 16],
            ]),
          )
          .keyBy(() => "k")
          .window(session(10), sum, { initial: () => 0 }),
      );
      const epoch = world.clock.now() - world.clock.monotonic();
      expect(records.map(({ start, end, value }) => [start - epoch, end - epoch, value])).toEqual([
        [0, 25, 7],
        [25, 35, 8],
        [60, 70, 16],
      ]);
    });
  });

  it("come to the same with crashes as without", async () => {
    const run = (seed: number, budget: number) => {
      const stores = new FaultyStores(randomFaults(new SeededRandom(seed), 3, budget));
      return simulate({ capacity, seed, stores: stores.adapter }, async (world) => {
        const { records } = await world.results(
          (env) =>
            env
              .fromBatch(range(100))
              .keyBy((n) => n % 7)
              .window(session(1000), sum, { initial: () => 0, parallelism: 2 }),
          { restart, maxBatch: 8 },
        );
        return records.map(({ key, value }) => `${String(key)} ${value}`).sort();
      });
    };
    const whole = await run(1, 0);
    expect(whole).toHaveLength(7);
    for (const seed of range(10)) expect(await run(seed, 20)).toEqual(whole);
  });

  it("distinct keeps the first record of each key, and again after a quiet time", async () => {
    await simulate({ capacity }, async (world) => {
      const { records } = await world.results((env) =>
        env
          .fromBatch(() =>
            timed(world, [
              [0, "a1"],
              [5, "a2"],
              [12, "b1"],
              [14, "a3"],
              [30, "a4"],
            ]),
          )
          .keyBy((text) => text[0] as string)
          .distinct({ ttlMs: 10 }),
      );
      expect(records).toEqual(["a1", "b1", "a4"]);
    });
  });
});
