import { hasCode } from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { capacities, range, rejection, simulate } from "./support/simulate.ts";

const failAt = (bad: number, cause: Error) => (n: number) => {
  if (n === bad) throw cause;
  return n;
};

describe.each(capacities)("a record that fails, at capacity %i", (capacity) => {
  it("is left out and counted with onError skip", () =>
    simulate({ capacity }, async ({ env, finish, logger }) => {
      const pipeline = env();
      const collected = pipeline
        .fromBatch([1, 2, 3])
        .map(failAt(2, new Error("two")), { onError: "skip" })
        .collect();

      const { job, report } = await finish(pipeline);

      expect(job.collected(collected)).toEqual([1, 3]);
      expect(report.state).toBe("completed");
      expect(report.ledger.skipped).toBe(1);
      expect(logger.lines.filter((line) => line.level === "warn")).toHaveLength(1);
    }));

  it("becomes a dead letter with reason, cause, node and position", () =>
    simulate({ capacity }, async ({ env, finish }) => {
      const pipeline = env();
      const collected = pipeline
        .fromBatch([1, 2, 3])
        .map(failAt(2, new RangeError("two")), { onError: "deadLetter", name: "check" })
        .collect();

      const { job, report } = await finish(pipeline);

      expect(job.collected(collected)).toEqual([1, 3]);
      expect(report.ledger.deadLettered).toBe(1);
      expect(job.deadLetters.list()).toMatchObject([
        {
          record: 2,
          reason: "failed",
          node: "check#0",
          seq: 1,
          attempt: 1,
          error: { name: "RangeError", message: "two" },
        },
      ]);
    }));

  it("fails the job with the user's error as cause by default", () =>
    simulate({ capacity }, async ({ env }) => {
      const cause = new Error("two");
      const pipeline = env();
      pipeline.fromBatch([1, 2, 3]).map(failAt(2, cause), { name: "check" }).run();

      const job = await pipeline.submit();
      const error = await rejection(job.done);

      expect(hasCode(error, "OPERATOR_FAILED")).toBe(true);
      expect(error.message).toContain('"check#0" failed in execute at record');
      expect(error.cause).toBe(cause);
      expect(job.status()).toBe("failed");
      expect(job.report().error?.cause?.message).toBe("two");
    }));

  it("leaves nothing behind of what it emitted before it failed", () =>
    simulate({ capacity }, async ({ env, finish }) => {
      const pipeline = env();
      const collected = pipeline
        .fromBatch([1, 2, 3])
        .flatMap(
          function* (n) {
            yield `${n}a`;
            if (n === 2) throw new Error("half way");
            yield `${n}b`;
          },
          { onError: "skip" },
        )
        .collect();

      const { job } = await finish(pipeline);

      expect(job.collected(collected)).toEqual(["1a", "1b", "3a", "3b"]);
    }));

  it("is decided alone when its function is asynchronous and several are in flight", () =>
    simulate({ capacity }, async ({ env, finish, clock }) => {
      const pipeline = env();
      const collected = pipeline
        .fromBatch(range(20))
        .map(
          async (n) => {
            await clock.sleep((n * 3) % 7);
            if (n % 5 === 0) throw new Error(`${n}`);
            return n;
          },
          { onError: "deadLetter", concurrency: 4 },
        )
        .collect();

      const { job, report } = await finish(pipeline);

      expect(job.collected(collected)).toEqual(range(20).filter((n) => n % 5 !== 0));
      expect(job.deadLetters.list().map((letter) => letter.record)).toEqual([0, 5, 10, 15]);
      expect(report.ledger.deadLettered).toBe(4);
    }));
});

describe("dead letters", () => {
  it("fail the job rather than lose one when they exceed their capacity", () =>
    simulate({}, async ({ env }) => {
      const pipeline = env();
      pipeline
        .fromBatch(range(10))
        .map(failAt(-1, new Error()), { onError: "deadLetter" })
        .map(
          () => {
            throw new Error("always");
          },
          { onError: "deadLetter" },
        )
        .run();

      const error = await rejection((await pipeline.submit({ deadLetterCapacity: 3 })).done);

      expect(hasCode(error, "DEAD_LETTERS_FULL")).toBe(true);
      expect(error.message).toContain("deadLetterCapacity");
    }));
});

describe("a job that fails", () => {
  it("closes every function once and releases everybody who waits", () =>
    simulate({ capacity: 1 }, async ({ env }) => {
      const closed: string[] = [];
      const tracked = (name: string, execute: (n: number) => number | Promise<number>) => ({
        create: () => ({ open: () => undefined, execute, close: () => void closed.push(name) }),
      });
      const pipeline = env();
      pipeline
        .fromBatch(range(1000))
        .map(tracked("first", (n) => n))
        .map(tracked("second", failAt(17, new Error("seventeen"))))
        .map(tracked("third", async (n) => n))
        .run();

      const job = await pipeline.submit();
      await rejection(job.done);

      expect(closed.sort()).toEqual(["first", "second", "third"]);
      expect(
        job
          .report()
          .tasks.map((task) => task.state)
          .sort(),
      ).toEqual(["cancelled", "cancelled", "cancelled", "cancelled", "failed"]);
    }));

  it("reports a failing close, and fails when only close fails", () =>
    simulate({}, async ({ env }) => {
      const cause = new Error("cannot flush");
      const pipeline = env();
      pipeline.fromBatch([1]).sink({
        create: () => ({
          open: () => undefined,
          execute: () => undefined,
          close: () => {
            throw cause;
          },
        }),
      });

      const error = await rejection((await pipeline.submit()).done);

      expect(error.message).toContain("failed in close");
      expect(error.cause).toBe(cause);
    }));
});
