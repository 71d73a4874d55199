import { type Emit, hasCode, type Packet } from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { capacities, rejection, simulate } from "./support/simulate.ts";

/** Gives each number a header of its own. */
const traced = ({ payload }: Packet<number>, emit: Emit<number>): void =>
  emit(payload, { headers: { trace: `t${payload}` } });

/** What arrives, with its key and headers. */
const shown = ({ payload, partitionKey, headers }: Packet, emit: Emit<string>): void =>
  emit(`${partitionKey}:${payload}:${headers?.trace}`);

describe.each(capacities)("headers at capacity %i", (capacity) => {
  it("travel through map, filter, flatMap, keyBy and reduce with the record they belong to", () =>
    simulate({ capacity }, async ({ results }) => {
      const { records } = await results((env) =>
        env
          .fromBatch([1, 2, 3])
          .process(traced)
          .map((n) => n * 10)
          .filter((n) => n !== 20)
          .flatMap((n) => [n, n + 1])
          .keyBy((n) => `k${n}`)
          .reduce((sum, n) => sum + n)
          .process(shown),
      );

      expect([...records].sort()).toEqual(["k10:10:t1", "k11:11:t1", "k30:30:t3", "k31:31:t3"]);
    }));

  it("travel with an asynchronous, concurrent step, each with its own record", () =>
    simulate({ capacity }, async ({ results, clock }) => {
      const { records } = await results((env) =>
        env
          .fromBatch([1, 2, 3, 4])
          .process(traced)
          .map(
            async (n) => {
              await clock.sleep(50 - 10 * n);
              return n;
            },
            { concurrency: 4, ordered: false },
          )
          .process(shown),
      );

      expect([...records].sort()).toEqual([1, 2, 3, 4].map((n) => `undefined:${n}:t${n}`));
    }));

  it("of a joined pair are those of the record that came later", () =>
    simulate({ capacity }, async ({ results, clock }) => {
      const { records } = await results((env) => {
        const late = env.fromBatch(async function* () {
          await clock.sleep(100);
          yield 1;
        });
        const left = env.fromBatch([1]).keyBy((n) => n);
        return left
          .join(
            late.process(traced).keyBy((n) => n),
            (a, b) => a + b,
          )
          .process(shown);
      });

      expect(records).toEqual(["1:2:t1"]);
    }));

  it("are replaced by those that process gives, and kept where it gives none", () =>
    simulate({ capacity }, async ({ results }) => {
      const { records } = await results((env) =>
        env
          .fromBatch([1])
          .process(traced)
          .process<number>(({ payload }, emit) => {
            emit(payload);
            emit(payload, { headers: { trace: "other" } });
          })
          .process(shown),
      );

      expect(records).toEqual(["undefined:1:t1", "undefined:1:other"]);
    }));

  it("reach custom partitioners, and go on behind them", () =>
    simulate({ capacity }, async ({ results }) => {
      const { records } = await results((env) =>
        env
          .fromBatch([1, 2, 3, 4])
          .process(traced)
          .map((n, ctx) => `${n}@${ctx.index}`, {
            parallelism: 2,
            partitioner: ({ headers }) => (headers?.trace === "t3" ? 1 : 0),
          })
          .process(shown),
      );

      expect([...records].sort()).toEqual([
        "undefined:1@0:t1",
        "undefined:2@0:t2",
        "undefined:3@1:t3",
        "undefined:4@0:t4",
      ]);
    }));
});

describe.each(capacities)("process at capacity %i", (capacity) => {
  it("emits any number of records, and counts a record without any as filtered", () =>
    simulate({ capacity }, async ({ results }) => {
      const { records, report } = await results((env) =>
        env.fromBatch([0, 1, 3]).process<string>(
          ({ payload }, emit) => {
            for (let i = 0; i < payload; i++) emit(`${payload}.${i}`);
          },
          { name: "spread" },
        ),
      );

      expect(records).toEqual(["1.0", "3.0", "3.1", "3.2"]);
      expect(report.tasks.find((task) => task.step === "spread")?.ledger).toMatchObject({
        processed: 3,
        filtered: 1,
        emitted: 4,
      });
    }));

  it("on a keyed stream keeps the record's key, or gives another one that the steps behind are spread by", () =>
    simulate({ capacity }, async ({ results }) => {
      const { records } = await results((env) =>
        env
          .fromBatch(["a", "b"])
          .keyBy((word) => word)
          .process<string>(({ payload }, emit) => {
            emit(payload);
            emit(payload, { key: "shared" });
          })
          .reduce((left, right) => [left, right].sort().join(""), { parallelism: 3, emit: "end" })
          .map((words, ctx) => `${ctx.key}=${words}`),
      );

      expect([...records].sort()).toEqual(["a=a", "b=b", "shared=ab"]);
    }));

  it.each([null, 0, "", false])("may give %j for a key", (key) =>
    simulate({ capacity }, async ({ results }) => {
      const { records } = await results((env) =>
        env
          .fromBatch(["a"])
          .keyBy((word) => word)
          .process<string>(({ payload }, emit) => emit(payload, { key }))
          .map((word, ctx) => [ctx.key, word]),
      );

      expect(records).toEqual([[key, "a"]]);
    }),
  );

  it("takes back what a failed attempt emitted", () =>
    simulate({ capacity }, async ({ results, clock }) => {
      let attempts = 0;

      const { records } = await results((env) =>
        env.fromBatch([1]).process<string>(
          async (_, emit) => {
            emit("before");
            await clock.sleep(5);
            if (++attempts === 1) throw new Error("once");
            emit("after");
          },
          { onError: { retry: 2 } },
        ),
      );

      expect(records).toEqual(["before", "after"]);
    }));

  it("refuses to emit for a record that has settled", () =>
    simulate({ capacity }, async ({ env }) => {
      let kept: Emit<number> | undefined;
      const pipeline = env();
      pipeline
        .fromBatch([1, 2])
        .process<number>(({ payload }, emit) => {
          (kept ?? emit)(payload);
          kept = emit;
        })
        .run();

      const error = await rejection((await pipeline.submit()).done);

      expect(hasCode(error.cause, "ILLEGAL_STATE")).toBe(true);
    }));
});
