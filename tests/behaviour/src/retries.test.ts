import { hasCode } from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { capacities, range, rejection, simulate } from "./support/simulate.ts";

const flaky = (failures: number, onAttempt: (n: number) => void) => {
  const attempts = new Map<number, number>();
  return (n: number): number => {
    onAttempt(n);
    const attempt = (attempts.get(n) ?? 0) + 1;
    attempts.set(n, attempt);
    if (n === 2 && attempt <= failures) throw new Error(`attempt ${attempt}`);
    return n;
  };
};

describe.each(capacities)("a retry at capacity %i", (capacity) => {
  it("gives the third attempt's result, each attempt after its backoff to the millisecond", () =>
    simulate({ capacity }, async ({ results, clock }) => {
      const at: number[] = [];
      const step = flaky(2, (n) => void (n === 2 && at.push(clock.monotonic())));

      const { records, report } = await results((env) =>
        env
          .fromBatch([1, 2, 3])
          .map(step, { onError: { retry: { attempts: 3, initialMs: 100, factor: 3 } } }),
      );

      expect(records).toEqual([1, 2, 3]);
      expect(at).toEqual([0, 100, 400]);
      expect(report.ledger.skipped).toBe(0);
    }));

  it("waits no longer than maxMs, and at most one jitter's share less", () =>
    simulate({ capacity }, async ({ results, clock }) => {
      const at: number[] = [];
      const step = flaky(4, (n) => void (n === 2 && at.push(clock.monotonic())));
      const retry = { attempts: 5, initialMs: 100, factor: 10, maxMs: 500, jitter: 0.5 };

      await results((env) => env.fromBatch([2]).map(step, { onError: { retry } }));

      const waits = at.slice(1).map((time, i) => time - (at[i] as number));
      expect(waits).toHaveLength(4);
      waits.forEach((wait, i) => {
        const full = i === 0 ? 100 : 500;
        expect(wait).toBeGreaterThanOrEqual(full / 2);
        expect(wait).toBeLessThanOrEqual(full);
      });
    }));

  it.each([
    ["skip", [1, 3], { skipped: 1, deadLettered: 0 }],
    ["deadLetter", [1, 3], { skipped: 0, deadLettered: 1 }],
  ] as const)("that is exhausted goes on as onExhausted says: %s", (onExhausted, expected, counts) =>
    simulate({ capacity }, async ({ results, logger }) => {
      const { records, report, job } = await results((env) =>
        env.fromBatch([1, 2, 3]).map(
          flaky(9, () => undefined),
          { onError: { retry: 3, onExhausted } },
        ),
      );

      expect(records).toEqual(expected);
      expect(report.ledger).toMatchObject(counts);
      expect(job.deadLetters.list().map(({ attempt, error }) => [attempt, error.message])).toEqual(
        onExhausted === "deadLetter" ? [[3, "attempt 3"]] : [],
      );
      expect(logger.lines.filter((line) => line.level === "warn")).toHaveLength(1);
    }),
  );

  it("that is exhausted fails the job by default, with the last attempt's error as cause", () =>
    simulate({ capacity }, async ({ env }) => {
      const pipeline = env();
      pipeline
        .fromBatch([1, 2, 3])
        .map(
          flaky(9, () => undefined),
          { onError: { retry: 2 } },
        )
        .run();

      const error = await rejection((await pipeline.submit()).done);

      expect(hasCode(error, "OPERATOR_FAILED")).toBe(true);
      expect((error.cause as Error).message).toBe("attempt 2");
    }));

  it("is not made for an error that is not retryable", () =>
    simulate({ capacity }, async ({ results }) => {
      let attempts = 0;

      const { records } = await results((env) =>
        env.fromBatch([1, 2, 3]).map(
          flaky(9, (n) => void (n === 2 && attempts++)),
          {
            onError: {
              retry: { attempts: 5, retryable: (error) => (error as Error).message !== "attempt 2" },
              onExhausted: "skip",
            },
          },
        ),
      );

      expect(records).toEqual([1, 3]);
      expect(attempts).toBe(2);
    }));

  it("takes back what the failed attempt emitted, and holds back the records and the stop behind it", () =>
    simulate({ capacity }, async ({ results, clock }) => {
      let attempts = 0;

      const { records } = await results((env) =>
        env.fromBatch([1, 2]).flatMap(
          function* (n) {
            yield `${n}a`;
            if (n === 2 && ++attempts < 3) throw new Error("half way");
            yield `${n}b`;
          },
          { onError: { retry: 3 } },
        ),
      );

      expect(records).toEqual(["1a", "1b", "2a", "2b"]);
      expect(clock.monotonic()).toBe(300);
    }));

  it("of one record in flight lets the others go on, and keeps their order", () =>
    simulate({ capacity }, async ({ results, clock }) => {
      const step = flaky(2, () => undefined);

      const { records } = await results((env) =>
        env.fromBatch(range(8)).map(
          async (n) => {
            await clock.sleep(10);
            return step(n);
          },
          { concurrency: 8, onError: { retry: 3 } },
        ),
      );

      expect(records).toEqual(range(8));
      const oneAtATime = 8 * 10 + 2 * 10 + 300;
      expect(clock.monotonic()).toBe(capacity === 1 ? oneAtATime : 10 + 110 + 210);
    }));
});

describe.each(capacities)("timeoutMs at capacity %i", (capacity) => {
  it("gives up on a record that takes too long, fires ctx.signal, and ignores the late answer", () =>
    simulate({ capacity }, async ({ results, clock }) => {
      const aborted: [number, unknown][] = [];

      const { records, job, report } = await results((env) =>
        env.fromBatch([1, 2, 3]).map(
          async (n, ctx) => {
            ctx.signal.addEventListener("abort", () => aborted.push([n, ctx.signal.reason]));
            await clock.sleep(n === 2 ? 500 : 10);
            return n;
          },
          { timeoutMs: 100, onError: "deadLetter", name: "slow" },
        ),
      );

      expect(records).toEqual([1, 3]);
      expect(aborted.map(([n]) => n)).toEqual([2]);
      expect(hasCode(aborted[0]?.[1], "RECORD_TIMEOUT")).toBe(true);
      expect(job.deadLetters.list()).toMatchObject([
        { record: 2, reason: "failed", node: "slow#0", error: { code: "RECORD_TIMEOUT" } },
      ]);
      expect(report.ledger.deadLettered).toBe(1);
      expect(clock.monotonic()).toBe(120);
      await clock.sleep(1000); // the late answer comes, and changes nothing
      expect(job.report()).toEqual(report);
    }));

  it("is the time of one attempt: a quicker second one succeeds", () =>
    simulate({ capacity }, async ({ results, clock }) => {
      let attempts = 0;

      const { records } = await results((env) =>
        env.fromBatch([7]).map(
          async (n, ctx) => {
            await clock.sleep(++attempts === 1 ? 5000 : 20, ctx.signal);
            return n;
          },
          { timeoutMs: 100, onError: { retry: { attempts: 2, initialMs: 50 } } },
        ),
      );

      expect(records).toEqual([7]);
      expect(clock.monotonic()).toBe(100 + 50 + 20);
    }));

  it("holds for each of the records in flight by itself", () =>
    simulate({ capacity }, async ({ results, clock }) => {
      const { records, report } = await results((env) =>
        env.fromBatch(range(6)).map(
          async (n, ctx) => {
            await clock.sleep(n % 2 === 0 ? 1000 : 50, ctx.signal);
            return n;
          },
          { timeoutMs: 100, concurrency: 3, onError: "skip" },
        ),
      );

      expect(records).toEqual([1, 3, 5]);
      expect(report.ledger.skipped).toBe(3);
    }));
});
