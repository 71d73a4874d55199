import { describe, expect, it } from "vitest";
import { capacities, range, simulate } from "./support/simulate.ts";

const notSeven = (n: number): number => {
  if (n % 7 === 3) throw new RangeError(`${n} is bad`);
  return n * 10;
};

describe.each(capacities)("a stream of dead letters at capacity %i", (capacity) => {
  it("takes the records that failed for good, with reason and error, and job.deadLetters has none of them", () =>
    simulate({ capacity }, async ({ env, finish }) => {
      const pipeline = env();
      const checked = pipeline
        .fromBatch(range(20))
        .map(notSeven, { onError: "deadLetter", name: "check", parallelism: 2 });
      const good = checked.collect();
      const bad = checked
        .deadLetters()
        .map(({ record, reason, error, node, attempt }) => ({ record, reason, error, node, attempt }))
        .collect();

      const { job, report } = await finish(pipeline);

      expect(job.collected(good)).toHaveLength(17);
      const letters = [...job.collected(bad)].sort((a, b) => a.record - b.record);
      expect(letters).toMatchObject(
        [3, 10, 17].map((record) => ({
          record,
          reason: "failed",
          node: `check#${record % 2}`,
          attempt: 1,
          error: { name: "RangeError", message: `${record} is bad` },
        })),
      );
      expect(job.deadLetters.size).toBe(0);
      expect(report.ledger.deadLettered).toBe(3);
    }));

  it("has a sink of its own, which closes after its last record", () =>
    simulate({ capacity }, async ({ env, finish, clock }) => {
      const events: unknown[] = [];
      const pipeline = env();
      const checked = pipeline.fromBatch(range(20)).map(notSeven, { onError: "deadLetter" });
      checked.run();
      checked.deadLetters().sink({
        create: () => ({
          execute: async ({ record }: { record: number }) => {
            await clock.sleep(50);
            events.push(record);
          },
          close: () => void events.push("close"),
        }),
      });

      await finish(pipeline);

      expect(events).toEqual([3, 10, 17, "close"]);
      expect(clock.monotonic()).toBe(150);
    }));

  it("feeds several receivers, each with every letter", () =>
    simulate({ capacity }, async ({ env, finish }) => {
      const pipeline = env();
      const checked = pipeline.fromBatch(range(20)).map(notSeven, { onError: "deadLetter" });
      checked.run();
      const letters = checked.deadLetters().map(({ record }) => record);
      const [first, second] = [letters.collect(), checked.deadLetters().collect()];

      const { job } = await finish(pipeline);

      expect(job.collected(first)).toEqual([3, 10, 17]);
      expect(job.collected(second).map(({ record }) => record)).toEqual([3, 10, 17]);
    }));

  it("can be repaired and united with the others", () =>
    simulate({ capacity }, async ({ results }) => {
      const { records, report } = await results((env) => {
        const checked = env.fromBatch(range(20)).map(notSeven, { onError: "deadLetter" });
        return checked.union(checked.deadLetters().map(({ record }) => record * 10));
      });

      expect([...records].sort((a, b) => a - b)).toEqual(range(20).map((n) => n * 10));
      expect(report.ledger.balanced).toBe(true);
    }));

  it("slows the step down when its receiver is slow, and loses nothing", () =>
    simulate({ capacity }, async ({ env, finish, clock }) => {
      const pipeline = env();
      const failing = pipeline.fromBatch(range(30)).map(
        (): number => {
          throw new Error("always");
        },
        { onError: "deadLetter" },
      );
      failing.run();
      const buried: number[] = [];
      failing.deadLetters().sink(
        async ({ record }) => {
          await clock.sleep(10);
          buried.push(record as number);
        },
        { queueCapacity: 1 },
      );

      await finish(pipeline, { deadLetterCapacity: 1 });

      expect(buried).toEqual(range(30));
    }));

  it("has what a step with several records in flight, retries and time limits gave up on", () =>
    simulate({ capacity }, async ({ env, finish, clock }) => {
      const pipeline = env();
      const slow = pipeline.fromBatch(range(12)).map(
        async (n, ctx) => {
          await clock.sleep(n % 4 === 0 ? 1000 : n, ctx.signal);
          return notSeven(n);
        },
        {
          concurrency: 4,
          timeoutMs: 100,
          onError: { retry: { attempts: 2, initialMs: 5 }, onExhausted: "deadLetter" },
        },
      );
      const good = slow.collect();
      const bad = slow.deadLetters().collect();

      const { job, report } = await finish(pipeline);

      expect(job.collected(good)).toEqual([1, 2, 5, 6, 7, 9, 11].map((n) => n * 10));
      const letters = job.collected(bad).map(({ record, attempt, error }) => [record, attempt, error.name]);
      expect(letters.sort(([a], [b]) => Number(a) - Number(b))).toEqual([
        [0, 2, "SageError"],
        [3, 2, "RangeError"],
        [4, 2, "SageError"],
        [8, 2, "SageError"],
        [10, 2, "RangeError"],
      ]);
      expect(report.ledger.deadLettered).toBe(5);
    }));

  it("ends on a drain and on a cancel with the step", () =>
    simulate({ capacity }, async ({ env, clock }) => {
      for (const drain of [true, false]) {
        let n = 0;
        const pipeline = env();
        const checked = pipeline
          .fromBatch(async function* ({ signal }) {
            for (;;) {
              await clock.sleep(10, signal);
              yield n++;
            }
          })
          .map(notSeven, { onError: "deadLetter" });
        checked.run();
        const letters = checked.deadLetters().collect();
        const job = await pipeline.submit();
        await clock.sleep(205);

        const report = await job.stop({ drain });

        expect(report.state).toBe(drain ? "completed" : "cancelled");
        expect(report.ledger.balanced).toBe(true);
        expect(job.collected(letters).map(({ record }) => record)).toEqual([3, 10, 17]);
      }
    }));

  it("of a union is that of all its steps", () =>
    simulate({ capacity }, async ({ env, finish }) => {
      const pipeline = env();
      const source = pipeline.fromBatch(range(5));
      const [left, right] = ["left", "right"].map((name) =>
        source.map(notSeven, { name, onError: "deadLetter" }),
      ) as [typeof source, typeof source];
      const both = left.union(right);
      both.run();
      const nodes = both
        .deadLetters()
        .map(({ node }) => node)
        .collect();

      const { job } = await finish(pipeline);

      expect([...job.collected(nodes)].sort()).toEqual(["left#0", "right#0"]);
    }));
});
