import type { TaskContext } from "@sage-kernel/core";
import { SeededRandom } from "@sage-kernel/core/spi";
import { FaultyStores, randomFaults } from "@sage-kernel/testkit";
import { describe, expect, it } from "vitest";
import { restart } from "./support/faults.ts";
import { capacityOf, forSeeds, seedsTimeoutMs } from "./support/seeds.ts";
import { range, simulate, type World, type WorldOptions } from "./support/simulate.ts";

const ways = [
  { concurrency: 1, ordered: true },
  { concurrency: 4, ordered: true },
  { concurrency: 4, ordered: false },
] as const;

/** What became of 60 numbers behind a step that takes its time, each number another one. */
async function run(world: World, options: (typeof ways)[number], fail: (n: number) => void) {
  const runs: number[] = [];
  const work = async (n: number, { clock }: TaskContext) => {
    runs.push(n);
    await clock.sleep(1 + ((n * 7) % 11));
    fail(n);
    return n;
  };
  const env = world.env();
  const collected = env
    .fromBatch(range(60))
    .map((n) => n)
    .map(work, { name: "work", onError: "restart", ...options })
    .collect();
  const { job, report } = await world.finish(env, { restart, delivery: "at-most-once", maxBatch: 8 });
  const { skipped, undelivered } = report.ledger;
  const restarts = report.tasks.reduce((all, task) => all + task.restarts, 0);
  return { runs, records: job.collected(collected), skipped, undelivered, restarts };
}

const unique = (numbers: readonly number[]) => new Set(numbers).size;

describe.each(ways)("at most once with concurrency $concurrency, ordered $ordered,", (way) => {
  it.each<[string, number, (random: SeededRandom) => boolean]>([
    ["commits go wrong", 10, () => false],
    ["records fail", 0, (random) => random.next() < 0.05],
    ["both happen", 10, (random) => random.next() < 0.03],
  ])(
    "no record is done twice where %s, and each is delivered or counted as given up",
    async (_, budget, fails) => {
      let restarts = 0;
      let skipped = 0;
      await forSeeds(20, async (seed) => {
        const random = new SeededRandom(seed);
        const stores = new FaultyStores(randomFaults(random.fork("commits"), 6, budget)).adapter;
        const options: WorldOptions = { capacity: capacityOf(seed), seed, stores };
        await simulate(options, async (world) => {
          const end = await run(world, way, (n) => {
            if (fails(random)) throw new Error(`${n} fails`);
          });

          expect(unique(end.runs)).toBe(end.runs.length);
          expect(unique(end.records)).toBe(end.records.length);
          expect([end.records.length + end.skipped, end.undelivered]).toEqual([60, 0]);
          restarts += end.restarts;
          skipped += end.skipped;
        });
      });
      expect(Math.min(restarts, skipped)).toBeGreaterThan(20);
    },
    seedsTimeoutMs,
  );
});
