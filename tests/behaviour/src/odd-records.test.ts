import { describe, expect, it } from "vitest";
import { range, simulate } from "./support/simulate.ts";

describe("records that look like something else", () => {
  it("with a then method are data for reduce", () =>
    simulate({}, async ({ env, finish }) => {
      // biome-ignore lint/suspicious/noThenProperty: that is what it looks like
      const record = { n: 1, then: () => undefined };
      const pipeline = env();
      const collected = pipeline
        .fromBatch([record])
        .keyBy((r) => r.n)
        .reduce((left) => left)
        .collect();

      const { job } = await finish(pipeline);

      expect(job.collected(collected)).toEqual([record]);
    }));

  it("and cannot be copied for a second branch pass by reference, with a warning", () =>
    simulate({}, async ({ env, finish, logger }) => {
      const record = Object.defineProperty({}, "secret", {
        enumerable: true,
        get: () => {
          throw new Error("no");
        },
      });
      const pipeline = env();
      const source = pipeline.fromBatch([record]);
      const collected = [source.collect(), source.collect()];

      const { job } = await finish(pipeline);

      expect(collected.map((handle) => job.collected(handle)[0] === record)).toEqual([true, true]);
      expect(logger.lines.filter((line) => line.message.includes("cannot be copied"))).toHaveLength(1);
    }));
});

describe("a handle of another environment", () => {
  it("is refused by job.collected", () =>
    simulate({}, async ({ env, finish }) => {
      const [first, second] = [env("first"), env("second")];
      const collected = first.fromBatch(["one"]).collect();
      second.fromBatch(["two"]).collect();
      await finish(first);
      const { job } = await finish(second);

      expect(() => job.collected(collected)).toThrow(/is not of this job's environment/);
    }));
});

describe("one record that becomes very many", () => {
  it("moves on in parts through a queue of one, in time linear in its size", () =>
    simulate({ capacity: 1 }, async ({ env, finish, scheduler }) => {
      const pipeline = env();
      let received = 0;
      pipeline
        .fromBatch([1])
        .flatMap(() => range(5000))
        .sink(() => void received++);

      await finish(pipeline);

      expect(received).toBe(5000);
      expect(scheduler.steps).toBeLessThan(30_000);
    }));
});
