import { type Environment, hasCode, type Job } from "@sage-kernel/core";
import type { Clock } from "@sage-kernel/core/spi";
import { describe, expect, it } from "vitest";
import { range, rejection, simulate } from "./support/simulate.ts";

/** A step whose user code notes when it begins, ends and is closed; `slow` says what takes its time. */
function noting(calls: string[], clock: Clock, slow: "execute" | "onInputEnd" | "finish") {
  const take = async (name: string, ms: number): Promise<void> => {
    calls.push(`${name} begins`);
    await clock.sleep(ms);
    calls.push(`${name} ends`);
  };
  return {
    create: () => ({
      async execute(n: number): Promise<number> {
        if (slow === "execute") await take(`record ${n}`, 20);
        return n;
      },
      onInputEnd: () => (slow === "onInputEnd" ? take("onInputEnd", 100) : undefined),
      finish: () => (slow === "finish" ? take("finish", 100) : undefined),
      close: () => void calls.push("close"),
    }),
  };
}

/** Fails unless everything that began had ended before `close`, which came last and once. */
function expectClosedLast(calls: readonly string[]): void {
  expect(calls.filter((call) => call === "close")).toHaveLength(1);
  expect(calls.at(-1)).toBe("close");
  const count = (ending: string) => calls.filter((call) => call.endsWith(ending)).length;
  expect(count("begins")).toBeGreaterThan(0);
  expect(count("ends")).toBe(count("begins"));
}

describe("close() comes after the last of the user's code", () => {
  it.each([1, 4])("when a job with records in flight is cancelled (concurrency %i)", (concurrency) =>
    simulate({}, async ({ env, clock }) => {
      const calls: string[] = [];
      const pipeline = env();
      pipeline
        .fromBatch(range(50))
        .map(noting(calls, clock, "execute"), { concurrency })
        .run();
      const job = await pipeline.submit();
      await clock.sleep(50);

      await job.stop({ drain: false });

      expectClosedLast(calls);
    }),
  );

  it.each(["onInputEnd", "finish"] as const)("when a job is cancelled within %s()", (slow) =>
    simulate({}, async ({ env, clock }) => {
      const calls: string[] = [];
      const pipeline = env();
      pipeline
        .fromBatch([1])
        .map(noting(calls, clock, slow))
        .run();
      const job = await pipeline.submit();
      await clock.sleep(50);

      await job.stop({ drain: false });

      expectClosedLast(calls);
    }),
  );

  it("when a job is cancelled while a part of a delivery waits for room", () =>
    simulate({}, async ({ env, clock }) => {
      const calls: string[] = [];
      const pipeline = env();
      pipeline
        .fromBatch(range(50))
        .map(noting(calls, clock, "execute"))
        .sink(() => new Promise(() => undefined), { queueCapacity: 2 });
      const job = await pipeline.submit();
      await clock.sleep(90);

      await job.stop({ drain: false });

      expectClosedLast(calls);
    }));

  it("when one of several records in flight fails the job", () =>
    simulate({}, async ({ env, clock }) => {
      const calls: string[] = [];
      const step = noting(calls, clock, "execute");
      const pipeline = env();
      pipeline
        .fromBatch(range(4))
        .map(
          {
            create: () => {
              const inner = step.create();
              return {
                ...inner,
                execute: (n: number) => (n === 0 ? clock.sleep(5).then(() => fail()) : inner.execute(n)),
              };
            },
          },
          { concurrency: 4 },
        )
        .run();
      const job = await pipeline.submit();

      await rejection(job.done);

      expectClosedLast(calls);
    }));
});

function fail(): never {
  throw new Error("first");
}

describe("what does not end", () => {
  it("holds up no submit() that has failed, nor the closing of its runtime", () =>
    simulate({}, async ({ env, clock, logger }) => {
      const pipeline = env();
      const broken = {
        create: () => ({
          open: () => fail(),
          execute: (n: number) => n,
        }),
      };
      const stuck = {
        create: () => ({ execute: (n: number) => n, close: () => new Promise<void>(() => undefined) }),
      };
      pipeline.fromBatch([1]).map(broken).map(stuck, { name: "stuck" }).run();

      const error = await rejection(pipeline.submit());

      expect(hasCode(error, "OPERATOR_FAILED")).toBe(true);
      expect(error.cause).toMatchObject({ message: "first" });
      expect(clock.monotonic()).toBe(1000);
      expect(logger.lines.map(({ message }) => message)).toContainEqual(
        expect.stringContaining("stuck#0 waits for its close()"),
      );
    }));
});

describe("a join whose function fails both at once and later", () => {
  it("leaves no rejection behind", () =>
    simulate({}, async ({ env, finish }) => {
      const unhandled: unknown[] = [];
      const note = (reason: unknown): void => void unhandled.push(reason);
      process.on("unhandledRejection", note);
      const pipeline = env();
      const left = pipeline.fromBatch([1, 2]).keyBy(() => "k");
      const right = pipeline.fromBatch([9]).keyBy(() => "k");
      left
        .join(right, (n) => (n === 2 ? fail() : Promise.reject(new Error("later"))), { onError: "skip" })
        .run();

      await finish(pipeline);
      await new Promise((resolve) => setImmediate(resolve));

      process.off("unhandledRejection", note);
      expect(unhandled).toEqual([]);
    }));
});

describe("the heads of one loop", () => {
  it("end one after the other, so that what one emits at its end reaches the next", () =>
    simulate({}, async ({ env, finish }) => {
      const pipeline = env();
      const back = pipeline.fromFuture<number>("back");
      const sums = pipeline
        .fromBatch([1, 2, 3])
        .union(back)
        .keyBy((n) => n % 2)
        .reduce((a, b) => a + b, { emit: "end" });
      const all = sums.union(pipeline.fromBatch([100])).map((n) => n);
      all.filter((n) => n < 0).fill(back);
      const kept = all.collect();

      const { job } = await finish(pipeline);

      expect([...job.collected(kept)].sort((a, b) => a - b)).toEqual([2, 4, 100]);
      expect(job.deadLetters.size).toBe(0);
    }));
});

describe("a step into which nothing can come", () => {
  const unfed: readonly (readonly [string, (env: Environment) => void])[] = [
    [
      "the dead letters of dead letters",
      (env) => {
        const stream = env.fromBatch([1]).map((n) => n, { onError: "deadLetter" });
        stream.run();
        stream.deadLetters().deadLetters().run();
      },
    ],
    [
      "the dead letters of a future",
      (env) => {
        const back = env.fromFuture<number>("back");
        back.deadLetters().run();
        const numbers = env.fromBatch([1]).union(back);
        numbers.filter((n) => n > 1).fill(back);
      },
    ],
  ];

  it.each(unfed)("is refused: %s", (_, declare) =>
    simulate({}, async ({ env }) => {
      const pipeline = env();
      declare(pipeline);

      const error = await rejection(pipeline.submit() as Promise<Job>);

      expect(error.message).toContain("[NO_INPUT]");
    }),
  );
});
