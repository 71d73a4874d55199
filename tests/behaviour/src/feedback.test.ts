import type { DataStream, Environment } from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { capacities, range, simulate } from "./support/simulate.ts";

type Env = Environment<"pipeline">;
type Numbers = DataStream<number, "pipeline">;

const ascending = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b);

/** Each number, ten times it, and so on below a limit. */
function tenfold(env: Env, start: Numbers, limit = 500, name = "back", parallelism = 1): Numbers {
  const back = env.fromFuture<number>(name);
  const all = start.union(back).map((n) => n, { parallelism });
  all
    .map((n) => n * 10, { parallelism })
    .filter((n) => n < limit)
    .fill(back);
  return all;
}

function tenfoldOf(starts: readonly number[], limit = 500): number[] {
  return ascending(
    starts.flatMap((n) => [n, ...(n > 0 && n * 10 < limit ? tenfoldOf([n * 10], limit) : [])]),
  );
}

describe.each(capacities)("a feedback loop at capacity %i", (capacity) => {
  it("runs until nothing comes back, loses nothing and ends", () =>
    simulate({ capacity }, async ({ results }) => {
      const { records, report } = await results((env) => tenfold(env, env.fromBatch([1, 2, 3])));

      expect(ascending(records)).toEqual([1, 2, 3, 10, 20, 30, 100, 200, 300]);
      expect(report.state).toBe("completed");
    }));

  it("takes far more records than its queues hold", () =>
    simulate({ capacity }, async ({ results }) => {
      const starts = range(300).map((n) => n + 1);

      const { records } = await results((env) => tenfold(env, env.fromBatch(starts), 100_000));

      expect(ascending(records)).toEqual(tenfoldOf(starts, 100_000));
    }));

  it("waits for a source that is slower than its way round", () =>
    simulate({ capacity }, async ({ results, clock }) => {
      const { records } = await results((env) => {
        const slow = env.fromBatch(async function* () {
          for (const n of [1, 2, 3]) {
            await clock.sleep(100);
            yield n;
          }
        });
        return tenfold(env, slow);
      });

      expect(ascending(records)).toEqual([1, 2, 3, 10, 20, 30, 100, 200, 300]);
      expect(clock.monotonic()).toBe(300);
    }));

  it("waits for a record that takes long inside it", () =>
    simulate({ capacity }, async ({ results, clock }) => {
      const { records } = await results((env) => {
        const back = env.fromFuture<number>("back");
        const all = env.fromBatch([1, 2]).union(back);
        all
          .map(
            async (n) => {
              await clock.sleep(1000);
              return n * 10;
            },
            { concurrency: 2, ordered: false },
          )
          .filter((n) => n < 500)
          .fill(back);
        return all.map((n) => n);
      });

      expect(ascending(records)).toEqual([1, 2, 10, 20, 100, 200]);
    }));

  it("runs with several records in flight where it begins", () =>
    simulate({ capacity }, async ({ results, clock }) => {
      const starts = range(20).map((n) => n + 1);

      const { records } = await results((env) => {
        const back = env.fromFuture<number>("back");
        const all = env
          .fromBatch(starts)
          .union(back)
          .map(
            async (n) => {
              await clock.sleep(n % 7);
              return n;
            },
            { concurrency: 4 },
          );
        all
          .map((n) => n * 10)
          .filter((n) => n < 5000)
          .fill(back);
        return all;
      });

      expect(ascending(records)).toEqual(tenfoldOf(starts, 5000));
    }));

  it.each([2, 3])("runs with %i instances of each of its steps", (parallelism) =>
    simulate({ capacity }, async ({ results }) => {
      const starts = range(30).map((n) => n + 1);

      const { records } = await results((env) =>
        tenfold(env, env.fromBatch(starts), 5000, "back", parallelism),
      );

      expect(ascending(records)).toEqual(tenfoldOf(starts, 5000));
    }),
  );

  it("may come behind another one", () =>
    simulate({ capacity }, async ({ results }) => {
      const { records } = await results((env) =>
        tenfold(env, tenfold(env, env.fromBatch([1, 2]), 50, "first"), 500, "second"),
      );

      expect(ascending(records)).toEqual(tenfoldOf(tenfoldOf([1, 2], 50)));
    }));

  it("may lie beside another one", () =>
    simulate({ capacity }, async ({ results }) => {
      const { records } = await results((env) =>
        tenfold(env, env.fromBatch([1, 2]), 500, "left").union(
          tenfold(env, env.fromBatch([3]), 5000, "right"),
        ),
      );

      expect(ascending(records)).toEqual(ascending([...tenfoldOf([1, 2]), ...tenfoldOf([3], 5000)]));
    }));

  it("may lie inside another one", () =>
    simulate({ capacity }, async ({ results }) => {
      const { records } = await results((env) => {
        const outer = env.fromFuture<{ n: number; rounds: number }>("outer");
        const inner = env.fromFuture<{ n: number; rounds: number }>("inner");
        const begin = env
          .fromBatch([{ n: 1, rounds: 0 }])
          .union(outer)
          .map((r) => r);
        const body = begin.union(inner).map(({ n, rounds }) => ({ n: n + 1, rounds }));
        body.filter(({ n }) => n % 4 !== 0).fill(inner);
        const done = body.filter(({ n }) => n % 4 === 0);
        done
          .filter(({ rounds }) => rounds < 2)
          .map(({ n, rounds }) => ({ n, rounds: rounds + 1 }))
          .fill(outer);
        return done.map(({ n, rounds }) => `${n}/${rounds}`);
      });

      expect(records).toEqual(["4/0", "8/1", "12/2"]);
    }));

  it("may go through a coMap", () =>
    simulate({ capacity }, async ({ results }) => {
      const { records } = await results((env) => {
        const back = env.fromFuture<number>("back");
        const both = env
          .fromBatch([1, 2, 3])
          .connect(back)
          .coMap({ map0: (n) => n, map1: (n) => n * 10 });
        both.filter((n) => n * 10 < 500).fill(back);
        return both;
      });

      expect(ascending(records)).toEqual([1, 2, 3, 10, 20, 30, 100, 200, 300]);
    }));

  it("may go through a join", () =>
    simulate({ capacity }, async ({ results }) => {
      const { records } = await results((env) => {
        const back = env.fromFuture<number>("back");
        const steps = env.fromBatch([10]).keyBy(() => "all");
        const products = env
          .fromBatch([1, 2, 3])
          .union(back)
          .keyBy(() => "all")
          .join(steps, (n, step) => n * step, { parallelism: 2 });
        products.filter((n) => n < 100).fill(back);
        return products.map((n) => n);
      });

      expect(ascending(records)).toEqual([10, 20, 30, 100, 200, 300]);
    }));

  it("keeps the keys and headers of what goes round", () =>
    simulate({ capacity }, async ({ results }) => {
      const { records } = await results((env) => {
        const back = env.fromFuture<number>("back");
        const all = env
          .fromBatch([1])
          .process<number>(({ payload }, emit) => emit(payload, { headers: { trace: `t${payload}` } }))
          .union(back);
        const next = all.keyBy((n) => n).map((n) => n * 10);
        next.filter((n) => n < 500).fill(back);
        return next.process<string>(({ payload, partitionKey, headers }, emit) =>
          emit(`${partitionKey}>${payload}@${headers?.trace}`),
        );
      });

      expect([...records].sort()).toEqual(["1>10@t1", "100>1000@t1", "10>100@t1"].sort());
    }));

  it("into which nothing is read ends at once", () =>
    simulate({ capacity }, async ({ results }) => {
      const { records, report } = await results((env) => tenfold(env, env.fromBatch<number>([])));

      expect(records).toEqual([]);
      expect(report.ledger.balanced).toBe(true);
    }));
});
