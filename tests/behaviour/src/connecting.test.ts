import { CoMapFunction } from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { capacities, range, rejection, simulate } from "./support/simulate.ts";

describe.each(capacities)("connected streams at capacity %i", (capacity) => {
  it("give every record of both, each through the method of its stream", () =>
    simulate({ capacity }, async ({ results }) => {
      const { records } = await results((env) =>
        env
          .fromBatch(range(3))
          .connect(env.fromBatch(range(200).map(String)))
          .coMap({ map0: (n) => n * 10, map1: (text) => `${text}!` }),
      );

      expect(records).toHaveLength(203);
      expect(records.filter((record) => typeof record === "number")).toEqual([0, 10, 20]);
      expect(records.filter((record) => typeof record === "string")).toEqual(range(200).map((n) => `${n}!`));
    }));

  it("keep the order of each of four streams", () =>
    simulate({ capacity }, async ({ results }) => {
      const tag = (stream: number) => (n: number) => ({ stream, n });

      const { records } = await results((env) => {
        const four = range(4).map(() => env.fromBatch(range(50)));
        const [a, b, c, d] = four as [(typeof four)[0], (typeof four)[0], (typeof four)[0], (typeof four)[0]];
        return a
          .connect(b, c)
          .connect(d)
          .coMap({ map0: tag(0), map1: tag(1), map2: tag(2), map3: tag(3) });
      });

      for (const stream of range(4)) {
        const own = records.filter((record) => record.stream === stream).map((record) => record.n);
        expect(own).toEqual(range(50));
      }
    }));

  it("may be one stream twice: each record goes through both methods", () =>
    simulate({ capacity }, async ({ results }) => {
      const { records } = await results((env) => {
        const stream = env.fromBatch([1, 2]);
        return stream.connect(stream).coMap({ map0: (n) => ["0", n], map1: (n) => ["1", n] });
      });

      expect(records.map((record) => record.join()).sort()).toEqual(["0,1", "0,2", "1,1", "1,2"]);
    }));

  it("drop what a method answers undefined for, and may be asynchronous", () =>
    simulate({ capacity }, async ({ results, clock }) => {
      const { records, report } = await results((env) =>
        env
          .fromBatch(range(10))
          .connect(env.fromBatch(range(10)))
          .coMap(
            {
              map0: (n) => (n % 2 === 0 ? undefined : n),
              map1: async (n) => {
                await clock.sleep(5);
                return n + 100;
              },
            },
            { name: "both" },
          ),
      );

      expect([...records].sort((a, b) => a - b)).toEqual([1, 3, 5, 7, 9, ...range(10).map((n) => n + 100)]);
      expect(report.tasks.find((task) => task.step === "both")?.ledger.filtered).toBe(5);
    }));

  it("may be mapped by a class, one object for each instance", () =>
    simulate({ capacity }, async ({ results, clock }) => {
      class Rate extends CoMapFunction<number> {
        #factor = 1;
        override map0(factor: number): undefined {
          this.#factor = factor;
        }
        override map1(n: number): number {
          return n * this.#factor;
        }
      }

      const { records } = await results((env) => {
        const factors = env.fromBatch([10]);
        const numbers = env.fromBatch(async function* () {
          await clock.sleep(100);
          yield* [1, 2];
        });
        return factors.connect(numbers).coMap(Rate);
      });

      expect(records).toEqual([10, 20]);
    }));

  it("of one key meet on one instance when both are keyed, and the result stays keyed", () =>
    simulate({ capacity }, async ({ results }) => {
      const { records } = await results((env) => {
        const keyed = () => env.fromBatch(range(12)).keyBy((n) => n % 6);
        const where = (_: number, ctx: { index: number }) => ctx.index;
        return keyed()
          .connect(keyed())
          .coMap({ map0: where, map1: where }, { parallelism: 3 })
          .map((index, ctx) => ({ key: ctx.key, index }));
      });

      expect(records).toHaveLength(24);
      for (const key of range(6)) {
        expect(new Set(records.filter((r) => r.key === key).map((r) => r.index)).size).toBe(1);
      }
    }));

  it("handle a failing record of one stream alone", () =>
    simulate({ capacity }, async ({ results }) => {
      const { records, job } = await results((env) =>
        env
          .fromBatch([1, 2])
          .connect(env.fromBatch([1, 2]))
          .coMap(
            {
              map0: (n) => n,
              map1: (n) => {
                if (n === 1) throw new Error("one");
                return n * 10;
              },
            },
            { onError: "deadLetter" },
          ),
      );

      expect([...records].sort((a, b) => a - b)).toEqual([1, 2, 20]);
      expect(job.deadLetters.list().map(({ record }) => record)).toEqual([1]);
    }));
});

describe("connected streams without a method for each", () => {
  it.each([
    ["an object", { map0: (n: number) => n }],
    [
      "a class",
      class {
        map0(n: number): number {
          return n;
        }
      },
    ],
  ])("are refused at build, naming what is missing: %s", (_, methods) =>
    simulate({}, async ({ env }) => {
      const pipeline = env();
      const stream = pipeline.fromBatch([1]);
      stream
        .connect(stream, stream)
        .coMap(methods as never, { name: "both" })
        .run();

      const error = await rejection(pipeline.submit());

      expect(error.message).toContain("both: It connects 3 streams and lacks map1, map2. Give it a method");
    }),
  );

  it("are refused at submit when a factory makes them", () =>
    simulate({}, async ({ env }) => {
      const pipeline = env();
      const stream = pipeline.fromBatch([1]);
      const methods = { create: () => ({ map0: (n: number) => n }) };
      stream
        .connect(stream)
        .coMap(methods as never, { name: "both" })
        .run();

      const error = await rejection(pipeline.submit());

      expect(error.message).toContain('"both#0" failed in its constructor');
      expect((error.cause as Error).message).toContain('Option "map1" is undefined');
    }));
});
