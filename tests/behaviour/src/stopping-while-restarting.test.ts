import {
  type Emit,
  type Job,
  type JobState,
  MapFunction,
  type Packet,
  ProcessFunction,
  type TaskContext,
} from "@sage-kernel/core";
import { SeededRandom } from "@sage-kernel/core/spi";
import { FaultyStores, randomFaults } from "@sage-kernel/testkit";
import { describe, expect, it } from "vitest";
import { faultyOnce, restart } from "./support/faults.ts";
import { capacityOf, forSeeds, seedsTimeoutMs } from "./support/seeds.ts";
import { range, simulate, type World } from "./support/simulate.ts";

/** Takes 1 ms for each number, and so many ms to close. */
const slowly = ({ clock }: World, closeMs: number, check: (n: number) => void = () => undefined) =>
  class extends MapFunction<number, number> {
    async execute(n: number) {
      await clock.sleep(1);
      check(n);
      return n;
    }
    override close() {
      return clock.sleep(closeMs);
    }
  };

describe("a job with a task that has just crashed and will be restarted", () => {
  it.each([5, 10, 13])("is cancelled by stop({ drain: false }) while the task closes, after %i ms", (at) =>
    simulate({}, async (world) => {
      let failed = false;
      const once = (n: number) => {
        if (n !== 3 || failed) return;
        failed = true;
        throw new Error("once");
      };
      const env = world.env();
      env
        .fromBatch(range(100))
        .map(slowly(world, 10, once), { onError: "restart" })
        .run();
      const job = await env.submit({ restart, maxBatch: 4 });
      await world.clock.sleep(at);

      const report = await job.stop({ drain: false });

      expect(failed).toBe(true);
      expect(report).toMatchObject({ state: "cancelled", ledger: { problems: [] } });
    }),
  );

  it("is stopped behind a snapshot, which is not lost", async () => {
    let crashes = 0;
    for (const sequence of range(12)) {
      for (const at of [sequence - 1, sequence, sequence + 1]) {
        const stores = faultyOnce("slowly#0", sequence, "crashAfter");
        await simulate({ capacity: 1, stores: stores.adapter }, async (world) => {
          const declare = () => {
            const env = world.runtime.environment("pipeline");
            const source = env.fromBatch(range(30), { name: "numbers" });
            const collected = source.map(slowly(world, 30), { name: "slowly" }).collect();
            return { env, collected };
          };
          const first = declare();
          const job = await first.env.submit({ restart, maxBatch: 1 });
          await world.clock.sleep(Math.max(1, at));
          const crashed = stores.log.length;

          const snapshot = JSON.parse(JSON.stringify(await job.snapshot({ stop: true })));

          expect(job.status()).toBe("cancelled");
          crashes += stores.log.length - crashed;
          const second = declare();
          const next = await second.env.submit({ from: snapshot });
          await next.done;
          expect([...job.collected(first.collected), ...next.collected(second.collected)]).toEqual(range(30));
        });
      }
    }
    expect(crashes).toBeGreaterThan(5);
  });
});

describe("a snapshot behind which a job is stopped", () => {
  it("is good though the stop takes longer than it may", () =>
    simulate({ capacity: 1 }, async (world) => {
      const env = world.env();
      env.fromBatch(range(30)).map(slowly(world, 60_000)).run();
      const job = await env.submit({ maxBatch: 4 });
      await world.clock.sleep(10);

      const snapshot = await job.snapshot({ stop: true });

      expect([job.status(), snapshot.pipeline]).toEqual(["running", "pipeline"]);
      expect((await job.done).state).toBe("cancelled");
      expect(world.clock.monotonic()).toBeGreaterThan(60_000);
    }));
});

describe("a job whose tasks fail and are restarted all the time", () => {
  /** Emits each number and then, by a timer, another one; fails now and then, and takes its time everywhere. */
  const failing = ({ clock }: World, random: SeededRandom) =>
    class extends ProcessFunction<number, number> {
      override open() {
        return clock.sleep(1);
      }
      async execute({ payload }: Packet<number>, emit: Emit<number>, ctx: TaskContext) {
        if (random.next() < 0.1) throw new Error("now and then");
        await ctx.clock.sleep(1);
        ctx.timer(ctx.clock.now() + 5);
        emit(payload);
      }
      override onTimer(_: number, emit: Emit<number>) {
        emit(-1);
      }
      override close() {
        return clock.sleep(2);
      }
    };

  it.each<[string, readonly JobState[], (job: Job) => Promise<unknown>]>([
    ["stop({ drain: false })", ["cancelled"], (job) => job.stop({ drain: false, timeoutMs: 5000 })],
    ["stop()", ["completed"], (job) => job.stop()],
    ["snapshot({ stop: true })", ["cancelled", "completed"], (job) => job.snapshot({ stop: true })],
  ])(
    "ends at any time by %s, with a ledger that balances",
    (_, states, end) =>
      forSeeds(20, async (seed) => {
        const random = new SeededRandom(seed);
        const stores = new FaultyStores(randomFaults(new SeededRandom(seed), 3, 1000));
        const world = { seed, capacity: capacityOf(seed, 64), stores: stores.adapter };
        await simulate(world, async (world) => {
          const env = world.env();
          env
            .fromBatch(range(100))
            .keyBy((n) => n % 5)
            .process<number>(failing(world, random), {
              concurrency: 1 + (seed % 3),
              ordered: seed % 4 > 1,
              onError: "restart",
              timeoutMs: 50,
            })
            .collect();
          const job = await env.submit({ restart, maxBatch: 8 });
          await world.clock.sleep(random.next() * 40);

          await end(job);

          const { ledger } = await job.done;
          expect(ledger.problems).toEqual([]);
          expect(states).toContain(job.status());
        });
      }),
    seedsTimeoutMs,
  );
});
