import {
  type Emit,
  type Packet,
  ProcessFunction,
  session,
  type TaskContext,
  tumbling,
} from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { faultyStores, restart } from "./support/faults.ts";
import { capacityOf, forSeeds, seedsTimeoutMs } from "./support/seeds.ts";
import { range, simulate, timed, type World } from "./support/simulate.ts";

/** 40 numbers, so many ms apart. */
const numbers = (world: World, everyMs: number) => () =>
  timed(
    world,
    range(40).map((n) => [Math.floor(n * everyMs), n] as const),
  );

/** Emits each number at once, and again when the timer fires that it has set. */
class Twice extends ProcessFunction<number, string> {
  async execute({ payload }: Packet<number>, emit: Emit<string>, ctx: TaskContext) {
    ctx.state.list<number>("waiting").append(payload);
    await ctx.clock.sleep(1 + (payload % 3));
    ctx.timer(ctx.clock.now() + 4);
    emit(`record ${payload}`);
  }
  override async onTimer(_: number, emit: Emit<string>, ctx: TaskContext) {
    const waiting = ctx.state.list<number>("waiting");
    const due = waiting.get();
    waiting.clear();
    await ctx.clock.sleep(1 + (Number(ctx.key) % 4));
    for (const n of due) emit(`timer ${n}`);
  }
}

/** Keeps each number under its own key until its timer fires; the timers take their time, each another one. */
class Later extends ProcessFunction<number, string> {
  execute({ payload }: Packet<number>, _: Emit<string>, ctx: TaskContext) {
    ctx.state.value<number>("number").set(payload);
    ctx.timer(ctx.clock.now() + 10 + (payload % 5));
  }
  override async onTimer(_: number, emit: Emit<string>, ctx: TaskContext) {
    const n = ctx.state.value<number>("number").get() as number;
    await ctx.clock.sleep(1 + ((n * 7) % 11));
    emit(`timer ${n}`);
  }
}

const linesOf = (...kinds: string[]) => kinds.flatMap((kind) => range(40).map((n) => `${kind} ${n}`)).sort();

/** With how many records in flight, in order or not, and at how few commits one goes wrong. */
const ways = [
  { concurrency: 4, ordered: true, every: undefined },
  { concurrency: 4, ordered: false, every: undefined },
  { concurrency: 1, ordered: true, every: 4 },
  { concurrency: 4, ordered: true, every: 4 },
  { concurrency: 4, ordered: false, every: 4 },
] as const;

describe.each(ways)("timers with concurrency $concurrency, ordered $ordered, faults $every", (way) => {
  const { every, ...options } = way;
  const seeds = every === undefined ? 4 : 16;

  it(
    "all fire once, whatever is in flight of their keys",
    () =>
      forSeeds(seeds, (seed) =>
        simulate({ seed, capacity: capacityOf(seed), stores: faultyStores(seed, every) }, async (world) => {
          const { records } = await world.results(
            (env) =>
              env
                .fromBatch(numbers(world, 1))
                .keyBy((n) => n % 7)
                .process<string>(Twice, options),
            { restart },
          );
          expect([...records].sort()).toEqual(linesOf("record", "timer"));
        }),
      ),
    seedsTimeoutMs,
  );

  it(
    "all fire once, many at a time and each for as long as it likes",
    () =>
      forSeeds(seeds, (seed) =>
        simulate({ seed, capacity: capacityOf(seed), stores: faultyStores(seed, every) }, async (world) => {
          const { records } = await world.results(
            (env) =>
              env
                .fromBatch(numbers(world, 1 / 8))
                .keyBy((n) => n)
                .process<string>(Later, options),
            { restart },
          );
          expect([...records].sort()).toEqual(linesOf("timer"));
        }),
      ),
    seedsTimeoutMs,
  );
});

describe("windows whose fold is asynchronous and fails now and then", () => {
  it.each([
    ["tumbling", tumbling(10)],
    ["session", session(8)],
  ])(
    "%s: lose no record with four of them in flight",
    (_, window) =>
      forSeeds(16, (seed) =>
        simulate(
          { seed, capacity: capacityOf(seed), stores: faultyStores(seed, seed % 4 < 2 ? 6 : undefined) },
          async (world) => {
            let attempts = 0;
            const sum = async (total: number, n: number, { clock }: TaskContext) => {
              await clock.sleep(2);
              if (n % 5 === 0 && attempts++ % 2 === 1) throw new Error("now and then");
              return total + n;
            };
            const options = { initial: () => 0, concurrency: 4, onError: { retry: 50 } } as const;
            const { records } = await world.results(
              (env) =>
                env
                  .fromBatch(numbers(world, 2))
                  .keyBy((n) => n % 3)
                  .window(window, sum, options),
              { restart },
            );
            const totals = [0, 1, 2].map((key) =>
              records.filter((result) => result.key === key).reduce((all, { value }) => all + value, 0),
            );
            expect(totals).toEqual([273, 247, 260]);
          },
        ),
      ),
    seedsTimeoutMs,
  );
});

describe.each([1, 4])("a timer that is set again while it fires, at concurrency %i,", (concurrency) => {
  class Again extends ProcessFunction<number, string> {
    execute(_: Packet<number>, __: Emit<string>, ctx: TaskContext) {
      ctx.timer(ctx.clock.now() + 5);
    }
    override onTimer(at: number, emit: Emit<string>, ctx: TaskContext) {
      const fired = ctx.state.counter("fired").add();
      emit(`${fired}@${ctx.clock.monotonic()}`);
      if (fired < 3) ctx.timer(at);
    }
  }

  it("fires again in the same millisecond", () =>
    simulate({}, async (world) => {
      const source = () =>
        timed(world, [
          [0, 1],
          [50, 2],
        ]);
      const { records } = await world.results((env) =>
        env
          .fromBatch(source)
          .keyBy(() => "k")
          .process<string>(Again, { concurrency }),
      );
      expect(records).toEqual(["1@5", "2@5", "3@5", "4@50"]);
    }));
});
