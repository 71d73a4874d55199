import { describe, expect, it } from "vitest";
import { capacities, range, simulate } from "./support/simulate.ts";

describe.each(capacities)("a concurrent step at capacity %i", (capacity) => {
  it.each([true, false])("with ordered: %s runs 100 records of 10 ms, at most 8 in flight", (ordered) =>
    simulate({ capacity }, async ({ results, clock }) => {
      let inFlight = 0;
      let most = 0;

      const { records } = await results((env) =>
        env.fromBatch(range(100)).map(
          async (n) => {
            most = Math.max(most, ++inFlight);
            await clock.sleep(10);
            inFlight--;
            return n;
          },
          { concurrency: 8, ordered },
        ),
      );

      expect([...records].sort((a, b) => a - b)).toEqual(range(100));
      if (ordered) expect(records).toEqual(range(100));
      expect(most).toBe(Math.min(8, capacity));
      expect(clock.monotonic()).toBe(10 * (capacity === 1 ? 100 : 13));
    }),
  );

  it("hands on what has settled first with ordered: false, and loses nothing", () =>
    simulate({ capacity }, async ({ results, clock }) => {
      const { records } = await results((env) =>
        env.fromBatch(range(8)).map(
          async (n) => {
            await clock.sleep(100 - 10 * n);
            return n;
          },
          { concurrency: 8, ordered: false },
        ),
      );

      expect(records).toEqual(capacity === 1 ? range(8) : range(8).reverse());
    }));

  it("runs one record per key at a time, and different keys together", () =>
    simulate({ capacity }, async ({ results, clock }) => {
      const running = new Map<number, number>();
      let together = 0;

      const { records } = await results((env) =>
        env
          .fromBatch(range(40))
          .keyBy((n) => n % 4)
          .map(
            async (n, ctx) => {
              const key = ctx.key as number;
              running.set(key, (running.get(key) ?? 0) + 1);
              expect(running.get(key)).toBe(1);
              together = Math.max(
                together,
                [...running.values()].reduce((a, b) => a + b),
              );
              await clock.sleep(1 + (n % 7));
              expect(ctx.key).toBe(key);
              running.set(key, 0);
              return n;
            },
            { concurrency: 8 },
          ),
      );

      expect(records).toEqual(range(40));
      expect(together).toBe(capacity === 1 ? 1 : 4);
    }));

  it("keeps the order of each key even with ordered: false", () =>
    simulate({ capacity }, async ({ results, clock }) => {
      const { records } = await results((env) =>
        env
          .fromBatch(range(60))
          .keyBy((n) => n % 3)
          .map(
            async (n) => {
              await clock.sleep(1 + ((n * 5) % 11));
              return n;
            },
            { concurrency: 3, ordered: false },
          ),
      );

      for (const key of range(3)) {
        expect(records.filter((n) => n % 3 === key)).toEqual(range(60).filter((n) => n % 3 === key));
      }
    }));

  it("folds each key in its order with an asynchronous reduce", () =>
    simulate({ capacity }, async ({ results, clock }) => {
      const { records } = await results((env) =>
        env
          .fromBatch(["a1", "b1", "a2", "b2", "a3"])
          .keyBy((text) => text[0] as string)
          .reduce(
            async (all: string, text) => {
              await clock.sleep(10 - 3 * Number(text[1]));
              return all + text[1];
            },
            { initial: () => "", emit: "end", concurrency: 4 },
          )
          .map((all, ctx) => `${ctx.key}${all}`),
      );

      expect([...records].sort()).toEqual(["a123", "b12"]);
    }));

  it("lets many records wait for their signals without a warning of a leak, and fires all of them", () =>
    simulate({}, async ({ env, clock }) => {
      const warnings: Error[] = [];
      const onWarning = (warning: Error): void => void warnings.push(warning);
      process.on("warning", onWarning);
      let fired = 0;
      const pipeline = env();
      pipeline
        .fromBatch(range(40))
        .map(
          (n, { signal }) => {
            signal.addEventListener("abort", () => fired++, { once: true });
            return clock.sleep(1000, signal).then(() => n);
          },
          { concurrency: 30, timeoutMs: 5000 },
        )
        .run();
      const job = await pipeline.submit();
      await clock.sleep(500);

      await job.stop({ drain: false });

      process.off("warning", onWarning);
      expect(fired).toBe(30);
      expect(warnings).toEqual([]);
    }));

  it("gives each record of a slow step a signal of its own, so that listeners do not pile up", () =>
    simulate({}, async ({ env, finish, clock }) => {
      const signals = new Set<AbortSignal>();
      const pipeline = env();
      pipeline
        .fromBatch(range(100))
        .map(async (n, { signal }) => {
          signals.add(signal);
          signal.addEventListener("abort", () => undefined, { once: true });
          await clock.sleep(1);
          return n;
        })
        .run();

      await finish(pipeline);

      expect(signals.size).toBe(100);
    }));
});
