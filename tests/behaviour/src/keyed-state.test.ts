import { MapFunction, type TaskContext } from "@sage-kernel/core";
import { FaultyStores } from "@sage-kernel/testkit";
import { describe, expect, it } from "vitest";
import { capacities, range, rejection, simulate } from "./support/simulate.ts";

const restart = { kind: "fixedDelay", attempts: 100, delayMs: 5 } as const;

/** Counts the records of each key, in its state. */
const count = (_: unknown, { state }: TaskContext): number => state.counter("count").add();

describe.each(capacities)("keyed state at capacity %i", (capacity) => {
  it("belongs to the key of the current record, whatever the parallelism", async () => {
    const words = ["a", "b", "a", "c", "a", "b"];
    await simulate({ capacity }, async (world) => {
      const { records } = await world.results((env) =>
        env
          .fromBatch(words)
          .keyBy((word) => word)
          .map((word, { state }) => `${word}${state.counter("seen").add()}`, { parallelism: 3 }),
      );
      expect([...records].sort()).toEqual(["a1", "a2", "a3", "b1", "b2", "c1"]);
    });
  });

  it("forgets what a failed attempt has changed", async () => {
    let failures = 0;
    await simulate({ capacity }, async (world) => {
      const { records } = await world.results((env) =>
        env
          .fromBatch([1, 2, 3])
          .keyBy(() => "all")
          .map(
            (n, { state }) => {
              const sum = state.value<number>("sum").update((before = 0) => before + n);
              if (n === 2 && failures++ < 2) throw new Error("not yet");
              return sum;
            },
            { onError: { retry: { attempts: 3, initialMs: 1 } } },
          ),
      );
      expect(records).toEqual([1, 3, 6]);
    });
  });

  it("keeps nothing of a record that is skipped or dead-lettered", async () => {
    for (const onError of ["skip", "deadLetter"] as const) {
      await simulate({ capacity }, async (world) => {
        const { records } = await world.results((env) =>
          env
            .fromBatch(range(6))
            .keyBy(() => 0)
            .map(
              (n, { state }) => {
                const seen = state.counter("seen").add();
                if (n % 2 === 1) throw new Error("odd");
                return seen;
              },
              { onError },
            ),
        );
        expect(records).toEqual([1, 2, 3]);
      });
    }
  });

  it("is read and written in order by asynchronous records of one key, several keys side by side", async () => {
    await simulate({ capacity }, async (world) => {
      const { records } = await world.results((env) =>
        env
          .fromBatch(range(40))
          .keyBy((n) => n % 4)
          .map(
            async (n, ctx) => {
              const sum = ctx.state.value<number>("sum");
              const before = sum.get() ?? 0;
              await ctx.clock.sleep((n * 7) % 5);
              sum.set(before + n);
              return before + n;
            },
            { concurrency: 8 },
          ),
      );
      const sums = [0, 0, 0, 0];
      expect(records).toEqual(range(40).map((n) => (sums[n % 4] = (sums[n % 4] ?? 0) + n)));
    });
  });

  it("survives a restart as of the last commit, while the instance does not", async () => {
    class Twice extends MapFunction<number, string> {
      #calls = 0;
      execute(_: number, ctx: TaskContext) {
        return `${++this.#calls} ${count(0, ctx)}`;
      }
    }
    let crashed = false;
    const stores = new FaultyStores((unit, node) => {
      if (node !== "twice#0" || crashed || unit.sequence < 3) return undefined;
      crashed = true;
      return "crashBefore";
    });
    await simulate({ capacity, stores: stores.adapter }, async (world) => {
      const { records, report } = await world.results(
        (env) =>
          env
            .fromBatch(range(6))
            .keyBy(() => "k")
            .map(Twice, { name: "twice" }),
        { maxBatch: 1, restart },
      );
      expect(records).toEqual(["1 1", "2 2", "1 3", "2 4", "3 5", "4 6"]);
      expect(report.tasks.find(({ id }) => id === "twice#0")?.restarts).toBe(1);
    });
  });

  it("is there for each input of connected streams, one for both", async () => {
    await simulate({ capacity }, async (world) => {
      const { records } = await world.results((env) => {
        const left = env.fromBatch([1, 2]).keyBy(() => "k");
        const right = env.fromBatch([10, 20]).keyBy(() => "k");
        const add = (n: number, { state }: TaskContext) =>
          state.value<number>("sum").update((sum = 0) => sum + n);
        return left.connect(right).coMap({ map0: add, map1: add });
      });
      expect(Math.max(...records)).toBe(33);
    });
  });

  it("belongs to the instance on a step without keys", async () => {
    await simulate({ capacity }, async (world) => {
      const { records } = await world.results((env) => env.fromBatch(range(5)).map(count));
      expect(records).toEqual([1, 2, 3, 4, 5]);
    });
  });
});

describe("state", () => {
  it("is refused where records without keys are in flight side by side", async () => {
    await simulate({}, async (world) => {
      const env = world.env();
      env.fromBatch([1]).map(count, { name: "count", concurrency: 2 }).run();
      const error = await rejection((await env.submit()).done);
      expect(error.cause).toMatchObject({ code: "STATE_UNAVAILABLE", details: { step: "count" } });
    });
  });

  it("is refused where there is no record, on keyed steps", async () => {
    class Early extends MapFunction<number, number> {
      override open(ctx: TaskContext) {
        ctx.state.counter("early").add();
      }
      execute(record: number) {
        return record;
      }
    }
    await simulate({}, async (world) => {
      const env = world.env();
      env
        .fromBatch([1])
        .keyBy((n) => n)
        .map(Early)
        .run();
      expect((await rejection(env.submit())).cause).toMatchObject({ code: "STATE_UNAVAILABLE" });
    });
  });

  it("is refused to a function that keeps the context of a hook, on steps without keys", async () => {
    class Keeper extends MapFunction<number, number> {
      #ctx: TaskContext | undefined;
      override open(ctx: TaskContext) {
        this.#ctx = ctx;
        ctx.state.counter("opened").add();
      }
      execute() {
        return this.#ctx?.state.counter("opened").add();
      }
    }
    await simulate({}, async (world) => {
      const env = world.env();
      env.fromBatch([1]).map(Keeper).run();
      const error = await rejection((await env.submit()).done);
      expect(error.cause).toMatchObject({ code: "STATE_UNAVAILABLE" });
      expect(error.message).toContain("use the context that comes with a record");
    });
  });

  it("of a step without keys may be used in its hooks", async () => {
    class Counting extends MapFunction<number, number> {
      #ctx: TaskContext | undefined;
      override open(ctx: TaskContext) {
        this.#ctx = ctx;
        ctx.state.counter("n").add(100);
      }
      execute(n: number, { state }: TaskContext) {
        return state.counter("n").add(n);
      }
      override onInputEnd() {
        this.#ctx?.state.counter("n").add(1000);
      }
      override finish(emit: (n: number) => void, { state }: TaskContext) {
        emit(state.counter("n").value);
      }
    }
    await simulate({}, async (world) => {
      const { records } = await world.results((env) => env.fromBatch([1, 2]).map(Counting));
      expect(records).toEqual([101, 103, 1103]);
    });
  });

  it("expires by the runtime's clock", async () => {
    await simulate({}, async (world) => {
      const { records } = await world.results((env) =>
        env
          .fromBatch([0, 9, 10, 25])
          .keyBy(() => "k")
          .map(async (at, { clock, state }) => {
            await clock.sleep(at - clock.monotonic());
            const seen = state.value<number>("at", { ttlMs: 10 });
            const before = seen.get() ?? null;
            seen.set(at);
            return before;
          }),
      );
      expect(records).toEqual([null, 0, 9, null]);
    });
  });
});
