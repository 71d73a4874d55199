import { type Emit, type Packet, ProcessFunction, type TaskContext } from "@sage-kernel/core";
import { SeededRandom } from "@sage-kernel/core/spi";
import { FaultyStores, randomFaults } from "@sage-kernel/testkit";
import { describe, expect, it } from "vitest";
import { restart } from "./support/faults.ts";
import { capacityOf, forSeeds, seedsTimeoutMs } from "./support/seeds.ts";
import { range, simulate, timed, type World } from "./support/simulate.ts";

/** What a timer was: its key and its time, and the id that it came with. */
type Fired = readonly [timer: string, id: string];

/** Sets two timers for each record, and notes each one that comes. */
const noting = (fired: Fired[]) =>
  class extends ProcessFunction<number, number> {
    execute({ payload }: Packet<number>, _: Emit<number>, ctx: TaskContext) {
      ctx.timer(ctx.clock.now() + 1 + ((payload * 7) % 11));
      ctx.timer(ctx.clock.now() + 20);
    }
    override onTimer(at: number, _: Emit<number>, { index, key, recordId }: TaskContext) {
      fired.push([`${index} ${typeof key} ${String(key)} ${at}`, recordId]);
    }
  };

const numbers = (world: World) => () =>
  timed(
    world,
    range(20).map((n) => [n, n] as const),
  );

describe("ctx.recordId of a timer", () => {
  it("is its own, whatever its key and its instance", async () => {
    const fired: Fired[] = [];
    await simulate({}, async (world) => {
      await world.results((env) =>
        env
          .fromBatch(range(20))
          .keyBy((n) => (n < 10 ? n : String(n - 10)))
          .process<number>(noting(fired), { parallelism: 2 }),
      );
      await world.results((env) =>
        env.fromBatch(range(2)).process<number>(noting(fired), { parallelism: 2 }),
      );
    });
    expect(fired).toHaveLength(20 * 2 + 2 * 2);
    expect(new Set(fired.map(([, id]) => id)).size).toBe(fired.length);
  });

  it(
    "is the same when the timer comes again after a crash, and nobody else's",
    async () => {
      let again = 0;
      await forSeeds(15, async (seed) => {
        const fired: Fired[] = [];
        const records: string[] = [];
        const faults = randomFaults(new SeededRandom(seed), 3, 20);
        const stores = new FaultyStores((unit, task) =>
          task.startsWith("timed") ? faults(unit, task) : undefined,
        );
        await simulate({ seed, capacity: capacityOf(seed), stores: stores.adapter }, async (world) => {
          const env = world.env();
          env
            .fromBatch(numbers(world))
            .map((n, { recordId }) => {
              records.push(recordId);
              return n;
            })
            .keyBy((n) => n % 3)
            .process<number>(noting(fired), {
              name: "timed",
              concurrency: 1 + (seed % 2) * 3,
              parallelism: 2,
            })
            .run();
          await world.finish(env, { restart });
        });
        const pairs = new Set(fired.map(([timer, id]) => `${timer} ${id}`)).size;
        expect(new Set(fired.map(([timer]) => timer)).size).toBe(pairs);
        expect(new Set(fired.map(([, id]) => id)).size).toBe(pairs);
        expect(fired.filter(([, id]) => records.includes(id))).toEqual([]);
        again += fired.length - pairs;
      });
      expect(again).toBeGreaterThan(10);
    },
    seedsTimeoutMs,
  );
});
