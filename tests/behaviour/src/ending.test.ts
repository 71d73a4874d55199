import { hasCode } from "@sage-kernel/core";
import { ChannelLog } from "@sage-kernel/testkit";
import { describe, expect, it } from "vitest";
import { loggedQueues } from "./support/logged-queues.ts";
import { capacities, range, rejection, simulate } from "./support/simulate.ts";

describe.each(capacities)("the end of a job at capacity %i", (capacity) => {
  it("waits for the slowest of three instances", () =>
    simulate({ capacity }, async ({ env, finish, clock }) => {
      const delays = [50, 300, 900];
      const received: number[] = [];
      const pipeline = env();
      pipeline
        .fromBatch(range(20))
        .map(
          async (n, ctx) => {
            await clock.sleep(delays[ctx.index] as number);
            return n;
          },
          { parallelism: 3 },
        )
        .map((n) => n)
        .sink((n) => void received.push(n));

      await finish(pipeline);

      expect(received.sort((a, b) => a - b)).toEqual(range(20));
    }));

  it("merges a fast source of 3 with a slow source of 5 into 8", () =>
    simulate({ capacity }, async ({ env, finish, clock }) => {
      async function* slowly(): AsyncGenerator<number> {
        for (const n of range(5)) {
          await clock.sleep(200);
          yield n;
        }
      }
      const received: number[] = [];
      const pipeline = env();
      const slow = pipeline.fromBatch(slowly());
      pipeline
        .fromBatch([100, 101, 102])
        .union(slow)
        .sink((n) => void received.push(n));

      await finish(pipeline);

      expect(received).toHaveLength(8);
    }));

  it("comes after a slow sink's last record, whose close comes after that record", () =>
    simulate({ capacity }, async ({ env, finish, clock }) => {
      const events: string[] = [];
      const pipeline = env();
      pipeline.fromBatch(range(50)).sink({
        create: () => ({
          open: () => undefined,
          execute: async () => {
            await clock.sleep(50);
            events.push("record");
          },
          close: () => void events.push("close"),
        }),
      });
      const started = clock.monotonic();

      await finish(pipeline);

      expect(events).toEqual([...range(50).map(() => "record"), "close"]);
      expect(clock.monotonic() - started).toBe(2500);
    }));

  it("comes when a slow last record has arrived", () =>
    simulate({ capacity }, async ({ env, finish, clock }) => {
      const received: number[] = [];
      const pipeline = env();
      pipeline
        .fromBatch(range(10))
        .map(async (n) => {
          if (n === 9) await clock.sleep(1000);
          return n;
        })
        .sink((n) => void received.push(n));

      await finish(pipeline);

      expect(received).toEqual(range(10));
    }));
});

describe("a finished job", () => {
  it("stays queryable with its state and report", () =>
    simulate({}, async ({ env, finish, runtime }) => {
      const pipeline = env("nightly");
      pipeline.fromBatch([1]).run();

      const { job, report } = await finish(pipeline);

      expect(job.status()).toBe("completed");
      expect(runtime.jobs.get(job.id).report()).toEqual(report);
      expect(runtime.jobs.list()).toEqual([job]);
      expect(report.tasks.every((task) => task.state === "completed")).toBe(true);
      expect(await job.stop()).toEqual(report);
    }));

  it("is not found under a wrong id, with a remedy", () =>
    simulate({}, async ({ runtime }) => {
      expect(() => runtime.jobs.get("nope")).toThrow(/There is no job "nope"/);
    }));
});

describe("job.done", () => {
  it("settles only after every queue was closed", () => {
    const log = new ChannelLog();
    return simulate({ adapters: [loggedQueues(log)] }, async ({ env, finish }) => {
      const pipeline = env();
      pipeline
        .fromBatch(range(10))
        .map((n) => n)
        .run();

      await finish(pipeline);

      expect(log.opened).toBe(2);
      expect(log.closed).toBe(2);
    });
  });
});

describe("several jobs", () => {
  it("do not mix, and equal names get distinct ids", () =>
    simulate({ capacity: 1 }, async ({ env }) => {
      const jobs = await Promise.all(
        [1, 2].map(async (factor) => {
          const pipeline = env("same");
          const collected = pipeline
            .fromBatch(range(100))
            .map((n) => n * factor)
            .collect();
          return { job: await pipeline.submit(), collected, factor };
        }),
      );

      for (const { job, collected, factor } of jobs) {
        await job.done;
        expect(job.collected(collected)).toEqual(range(100).map((n) => n * factor));
      }
      expect(new Set(jobs.map(({ job }) => job.id)).size).toBe(2);
    }));

  it("come from one environment as often as it is submitted, each with functions of its own", () =>
    simulate({}, async ({ env, finish }) => {
      let created = 0;
      const pipeline = env();
      const collected = pipeline
        .fromBatch(() => range(3))
        .map({
          create: () => {
            created++;
            return { open: () => undefined, execute: (n: number) => n, close: () => undefined };
          },
        })
        .collect();

      const first = await finish(pipeline);
      const second = await finish(pipeline);

      expect(first.job.collected(collected)).toEqual([0, 1, 2]);
      expect(second.job.collected(collected)).toEqual([0, 1, 2]);
      expect(created).toBe(2);
    }));

  it("cannot share a one-shot iterator: the second submit says what to pass instead", () =>
    simulate({}, async ({ env, finish }) => {
      const pipeline = env();
      pipeline
        .fromBatch(
          (function* () {
            yield 1;
          })(),
        )
        .run();
      await finish(pipeline);

      const error = await rejection(pipeline.submit());

      expect(hasCode(error, "SOURCE_CONSUMED")).toBe(true);
      expect(error.message).toContain("fromBatch(() => makeItems())");
    }));
});
