import {
  type Emit,
  type Packet,
  type PartitionKey,
  ProcessFunction,
  type TaskContext,
} from "@sage-kernel/core";
import { SeededRandom } from "@sage-kernel/core/spi";
import { FaultyStores, randomFaults } from "@sage-kernel/testkit";
import { describe, expect, it } from "vitest";
import { restart } from "./support/faults.ts";
import { capacities, range, rejection, simulate, timed } from "./support/simulate.ts";

/** Emits each record's number so many ms after it came, with the time. */
class Later extends ProcessFunction<number, string> {
  execute({ payload }: Packet<number>, _: Emit<string>, ctx: TaskContext) {
    ctx.state.list<number>("waiting").append(payload);
    ctx.timer(ctx.clock.now() + 10);
  }
  override onTimer(at: number, emit: Emit<string>, { clock, key, state }: TaskContext) {
    const waiting = state.list<number>("waiting");
    emit(`${String(key)}:${waiting.get().join("+")}@${at - clock.now() + clock.monotonic()}`);
    waiting.clear();
  }
}

describe.each(capacities)("timers at capacity %i", (capacity) => {
  it("fire at their time by the runtime's clock, for their key, while the step waits for input", async () => {
    await simulate({ capacity }, async (world) => {
      const { records } = await world.results((env) =>
        env
          .fromBatch(() =>
            timed(world, [
              [0, 1],
              [3, 2],
              [5, 11],
              [40, 3],
              [80, 4],
            ]),
          )
          .keyBy((n) => n % 2)
          .process<string>(Later),
      );
      expect(records.slice(0, 3)).toEqual(["1:1+11@10", "0:2@13", "1:@15"]);
      expect(records.slice(3)).toEqual(["1:3@50", "0:4@90"]);
    });
  });

  it("fire in their order at the end of the input, however far their time is", async () => {
    class Far extends ProcessFunction<number, string> {
      execute({ payload }: Packet<number>, _: Emit<string>, ctx: TaskContext) {
        ctx.timer(ctx.clock.now() + 1_000_000 - payload * 1000);
      }
      override onTimer(at: number, emit: Emit<string>, { key, clock }: TaskContext) {
        emit(`${String(key)} ${at - clock.now()}`);
      }
    }
    await simulate({ capacity }, async (world) => {
      const { records } = await world.results((env) =>
        env
          .fromBatch([1, 2, 3, 4])
          .keyBy((n) => `k${n}`)
          .process<string>(Far),
      );
      expect(records).toEqual(["k4 996000", "k3 997000", "k2 998000", "k1 999000"]);
      expect(world.clock.monotonic()).toBe(0);
    });
  });

  it("fire once each, whatever crashes, together with their state", async () => {
    for (const seed of range(20)) {
      const stores = new FaultyStores(randomFaults(new SeededRandom(seed), 3, 20));
      await simulate({ capacity, seed, stores: stores.adapter }, async (world) => {
        const items = range(30).map((n) => [n * 2, n] as const);
        const { records } = await world.results(
          (env) =>
            env
              .fromBatch(() => timed(world, items))
              .keyBy((n) => n % 5)
              .process<string>(Later, { parallelism: 2 }),
          { restart },
        );
        const seen = records.flatMap((line) => (line.split(/[:@]/)[1] as string).split("+"));
        expect(
          seen
            .filter((n) => n !== "")
            .map(Number)
            .sort((a, b) => a - b),
        ).toEqual(range(30));
      });
    }
  });

  it("run one at a time with the records of their key, also where records are in flight side by side", async () => {
    const busy = new Set<PartitionKey | undefined>();
    const clashes: unknown[] = [];
    const alone = async (ctx: TaskContext, work: () => void) => {
      if (busy.has(ctx.key)) clashes.push(ctx.key);
      busy.add(ctx.key);
      await ctx.clock.sleep(3);
      work();
      busy.delete(ctx.key);
    };
    class Slow extends ProcessFunction<number, string> {
      execute({ payload }: Packet<number>, emit: Emit<string>, ctx: TaskContext) {
        ctx.timer(ctx.clock.now() + 4);
        return alone(ctx, () => emit(`record ${payload}`));
      }
      override onTimer(_: number, emit: Emit<string>, ctx: TaskContext) {
        return alone(ctx, () => emit(`timer ${String(ctx.key)}`));
      }
    }
    await simulate({ capacity }, async (world) => {
      const { records } = await world.results((env) =>
        env
          .fromBatch(() =>
            timed(
              world,
              range(40).map((n) => [n, n] as const),
            ),
          )
          .keyBy((n) => n % 4)
          .process<string>(Slow, { concurrency: 4 }),
      );
      expect(records.filter((line) => line.startsWith("record"))).toHaveLength(40);
      expect(clashes).toEqual([]);
    });
  });

  it("do not fire while the job is paused, and then all at once", async () => {
    await simulate({ capacity }, async (world) => {
      const env = world.env();
      const got = env
        .fromBatch(() =>
          timed(world, [
            [0, 1],
            [100, 2],
          ]),
        )
        .keyBy(() => "k")
        .process<string>(Later)
        .collect();
      const job = await env.submit();
      await world.clock.sleep(5);
      await job.pause();
      await world.clock.sleep(45);
      expect(job.collected(got)).toEqual([]);

      job.resume();
      await world.clock.sleep(1);
      expect(job.collected(got)).toHaveLength(1);
      await job.done;
    });
  });

  it("are tried again by the step's policy, and given up by it", async () => {
    let calls = 0;
    class Bad extends ProcessFunction<number, string> {
      execute(_: Packet<number>, __: Emit<string>, ctx: TaskContext) {
        ctx.timer(ctx.clock.now() + 10);
      }
      override onTimer(_: number, emit: Emit<string>, { key }: TaskContext) {
        calls++;
        if (key === "bad") throw new Error("never");
        emit(String(key));
      }
    }
    await simulate({ capacity }, async (world) => {
      const { records, report } = await world.results((env) =>
        env
          .fromBatch(["bad", "good"])
          .keyBy((key) => key)
          .process<string>(Bad as never, { onError: { retry: 3, onExhausted: "deadLetter" } }),
      );
      expect([records, calls]).toEqual([["good"], 4]);
      expect(report.ledger.deadLettered).toBe(1);
    });
  });

  it("that set the next one end with the input", async () => {
    class Ticking extends ProcessFunction<number, number> {
      execute(_: Packet<number>, __: Emit<number>, ctx: TaskContext) {
        ctx.timer(ctx.clock.now() + 10);
      }
      override onTimer(at: number, emit: Emit<number>, ctx: TaskContext) {
        emit(ctx.clock.monotonic());
        ctx.timer(at + 10);
      }
    }
    await simulate({ capacity }, async (world) => {
      const { records } = await world.results((env) =>
        env
          .fromBatch(() =>
            timed(world, [
              [0, 1],
              [35, 1],
            ]),
          )
          .keyBy(() => "k")
          .process<number>(Ticking),
      );
      expect(records).toEqual([10, 20, 30, 35, 35]);
    });
  });

  it("can be removed before they fire", async () => {
    class Once extends ProcessFunction<number, string> {
      execute({ payload }: Packet<number>, _: Emit<string>, ctx: TaskContext) {
        const at = ctx.state.value<number>("at");
        const before = at.get();
        if (before !== undefined) ctx.clearTimer(before);
        at.set(ctx.clock.now() + 10);
        ctx.timer(ctx.clock.now() + 10);
        ctx.state.value<number>("last").set(payload);
      }
      override onTimer(_: number, emit: Emit<string>, { state }: TaskContext) {
        emit(`${state.value<number>("last").get()}`);
      }
    }
    await simulate({ capacity }, async (world) => {
      const { records } = await world.results((env) =>
        env
          .fromBatch(() =>
            timed(world, [
              [0, 1],
              [5, 2],
              [9, 3],
              [30, 4],
            ]),
          )
          .keyBy(() => "k")
          .process<string>(Once),
      );
      expect(records).toEqual(["3", "4"]);
    });
  });
});

describe("a timer", () => {
  it("is refused where the step's class has no onTimer, and what is no time", async () => {
    for (const [at, code] of [
      [5, "STATE_UNAVAILABLE"],
      [Number.NaN, "STATE_UNAVAILABLE"],
    ] as const) {
      await simulate({}, async (world) => {
        const env = world.env();
        env
          .fromBatch([1])
          .map((n, ctx) => {
            ctx.timer(at);
            return n;
          })
          .run();
        expect((await rejection((await env.submit()).done)).cause).toMatchObject({ code });
      });
    }
  });
});
