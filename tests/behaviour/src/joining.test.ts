import { JoinFunction } from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { capacities, range, rejection, simulate } from "./support/simulate.ts";

const pair = (left: number, right: number): string => `${left}-${right}`;
const self = (n: number): number => n;

describe.each(capacities)("a join at capacity %i", (capacity) => {
  it("gives a result for each pair of equal keys, and ends", () =>
    simulate({ capacity }, async ({ results }) => {
      const { records, report } = await results((env) => {
        const ids = () => env.fromBatch([1, 2, 3, 4, 5]).keyBy(self);
        return ids().join(ids(), pair);
      });

      expect([...records].sort()).toEqual(["1-1", "2-2", "3-3", "4-4", "5-5"]);
      expect(report.state).toBe("completed");
    }));

  it("gives every combination of the records of one key", () =>
    simulate({ capacity }, async ({ results }) => {
      const { records } = await results((env) =>
        env
          .fromBatch([1, 2, 3])
          .keyBy(() => "all")
          .join(
            env.fromBatch([7, 8]).keyBy(() => "all"),
            pair,
          ),
      );

      expect([...records].sort()).toEqual(["1-7", "1-8", "2-7", "2-8", "3-7", "3-8"]);
    }));

  it("ends only after both inputs ended: later records of one still match what the other has had", () =>
    simulate({ capacity }, async ({ results, clock }) => {
      let lastAt = -1;

      const { records } = await results((env) => {
        const right = env.fromBatch(async function* () {
          for (const n of range(100)) {
            await clock.sleep(10);
            yield n;
          }
        });
        return env
          .fromBatch([97, 98, 99])
          .keyBy(self)
          .join(right.keyBy(self), (left, n) => {
            lastAt = clock.monotonic();
            return left + n;
          });
      });

      expect([...records].sort()).toEqual([194, 196, 198]);
      expect(lastAt).toBe(1000);
      expect(clock.monotonic()).toBe(1000);
    }));

  it("with two instances keeps each key on one of them", () =>
    simulate({ capacity }, async ({ results }) => {
      const { records } = await results((env) => {
        const keyed = () => env.fromBatch(range(6)).keyBy((n) => `key ${n}`);
        return keyed().join(keyed(), (left, _, ctx) => ({ left, index: ctx.index }), { parallelism: 2 });
      });

      expect(records.map(({ left }) => left).sort()).toEqual(range(6));
      expect(new Set(records.map(({ index }) => index))).toEqual(new Set([0, 1]));
    }));

  it("with nothing on one side gives nothing, and ends", () =>
    simulate({ capacity }, async ({ results }) => {
      const { records, report } = await results((env) =>
        env
          .fromBatch(range(50))
          .keyBy(self)
          .join(
            env
              .fromBatch(range(50))
              .filter(() => false)
              .keyBy(self),
            pair,
          ),
      );

      expect(records).toEqual([]);
      expect(report.state).toBe("completed");
    }));

  it("drops a pair for undefined, keeps the key, and takes a class or an asynchronous function", () =>
    simulate({ capacity }, async ({ results, clock }) => {
      class Odd extends JoinFunction<number, number, number> {
        async execute(left: number, right: number): Promise<number | undefined> {
          await clock.sleep(3);
          return left % 2 === 1 ? left + right : undefined;
        }
      }

      const { records } = await results((env) => {
        const keyed = () => env.fromBatch([1, 2, 3]).keyBy((n) => `k${n}`);
        return keyed()
          .join(keyed(), Odd)
          .map((sum, ctx) => `${ctx.key}:${sum}`);
      });

      expect([...records].sort()).toEqual(["k1:2", "k3:6"]);
    }));

  it("does not keep a record that failed: nothing matches it later", () =>
    simulate({ capacity }, async ({ results, clock }) => {
      let failed = false;
      const slowly = async function* () {
        await clock.sleep(100);
        yield* [1, 1];
      };

      const { records, job } = await results((env) =>
        env
          .fromBatch([10, 20])
          .keyBy(() => 0)
          .join(
            env.fromBatch(slowly).keyBy(() => 0),
            (left, right) => {
              if (left === 20 && !failed) {
                failed = true;
                throw new Error("once");
              }
              return left + right;
            },
            { onError: "deadLetter" },
          ),
      );

      expect([...records].sort()).toEqual([11, 21]);
      expect(job.deadLetters.list().map(({ record }) => record)).toEqual([1]);
    }));

  it("gives each pair once when a record that could not be routed is tried again", () =>
    simulate({ capacity }, async ({ env, finish }) => {
      let refusals = 0;
      const pipeline = env();
      const keyed = () => pipeline.fromBatch([1, 2]).keyBy(self);
      const collected = keyed()
        .join(keyed(), pair, { onError: { retry: { attempts: 2, initialMs: 1 } } })
        .collect({
          partitioner: () => {
            if (refusals++ === 0) throw new Error("not now");
            return 0;
          },
        });

      const { job } = await finish(pipeline);

      expect([...job.collected(collected)].sort()).toEqual(["1-1", "2-2"]);
    }));

  it("with several records in flight gives each pair once", () =>
    simulate({ capacity }, async ({ results, clock }) => {
      const { records } = await results((env) => {
        const keyed = () => env.fromBatch(range(20)).keyBy((n) => n % 5);
        return keyed().join(
          keyed(),
          async (left, right) => {
            await clock.sleep((left * 3 + right) % 7);
            return pair(left, right);
          },
          { concurrency: 6, ordered: false },
        );
      });

      const expected = range(20).flatMap((l) =>
        range(20)
          .filter((r) => r % 5 === l % 5)
          .map((r) => pair(l, r)),
      );
      expect([...records].sort()).toEqual(expected.sort());
    }));
});

describe("a join", () => {
  it("of a stream without keys is refused at build, naming the input", () =>
    simulate({}, async ({ env }) => {
      const pipeline = env();
      const source = pipeline.fromBatch([1]);
      source
        .keyBy(self)
        .join(source as never, pair as never, { name: "pairs" })
        .run();

      const error = await rejection(pipeline.submit());

      expect(error.message).toContain("pairs: Its input 1 has no keys. Put keyBy() before both sides");
    }));
});
