import { Readable } from "node:stream";
import { hasCode } from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { capacities, range, rejection, simulate } from "./support/simulate.ts";

describe.each(capacities)("sources at capacity %i", (capacity) => {
  it("delivers a batch in order and then completes", () =>
    simulate({ capacity }, async ({ env, finish }) => {
      const pipeline = env();
      const collected = pipeline.fromBatch(["alpha", "beta", "gamma"]).collect();

      const { job, report } = await finish(pipeline);

      expect(job.collected(collected)).toEqual(["alpha", "beta", "gamma"]);
      expect(report.state).toBe("completed");
    }));

  it("completes an empty batch with nothing delivered and the sink closed once", () =>
    simulate({ capacity }, async ({ env, finish }) => {
      const events: string[] = [];
      const pipeline = env();
      pipeline.fromBatch([]).sink({
        create: () => ({
          open: () => void events.push("open"),
          execute: () => void events.push("record"),
          close: () => void events.push("close"),
        }),
      });

      const { report } = await finish(pipeline);

      expect(events).toEqual(["open", "close"]);
      expect(report.ledger.read).toBe(0);
    }));

  it("takes null for data, and undefined out of a map for a dropped record that is counted", () =>
    simulate({ capacity }, async ({ env, finish }) => {
      const pipeline = env();
      const source = pipeline.fromBatch([1, null, 3]);
      const all = source.collect();
      const mapped = source.map((value) => (value === 3 ? undefined : value), { name: "drop" }).collect();

      const { job, report } = await finish(pipeline);

      expect(job.collected(all)).toEqual([1, null, 3]);
      expect(job.collected(mapped)).toEqual([1, null]);
      expect(report.tasks.find((task) => task.step === "drop")?.ledger.filtered).toBe(1);
    }));

  it.each([
    ["a generator", () => generate()],
    ["an async generator", () => generateLater()],
    ["a Node Readable", () => Readable.from(["a", "b", "c"])],
    ["a Set", () => new Set(["a", "b", "c"])],
    ["a function that returns an iterable", () => () => ["a", "b", "c"]],
  ])("reads %s", (_, make) =>
    simulate({ capacity }, async ({ env, finish }) => {
      const pipeline = env();
      const collected = pipeline.fromBatch<string>(make()).collect();

      const { job } = await finish(pipeline);

      expect(job.collected(collected)).toEqual(["a", "b", "c"]);
    }),
  );

  it("reads a Map's entries", () =>
    simulate({ capacity }, async ({ env, finish }) => {
      const pipeline = env();
      const collected = pipeline.fromBatch(new Map([["a", 1]])).collect();

      const { job } = await finish(pipeline);

      expect(job.collected(collected)).toEqual([["a", 1]]);
    }));

  it.each([
    ["an array", () => range(1000)],
    ["a generator", () => numbers()],
    ["an async generator", () => numbersLater()],
  ])("splits %s among four instances, each record once", (_, make) =>
    simulate({ capacity }, async ({ env, finish }) => {
      const pipeline = env();
      const collected = pipeline.fromBatch<number>(make(), { parallelism: 4 }).collect();

      const { job } = await finish(pipeline);

      expect([...job.collected(collected)].sort((a, b) => a - b)).toEqual(range(1000));
    }),
  );
});

describe("what is no source", () => {
  it.each([5, "text", null, { length: 3 }])("is refused at submit with what is accepted: %j", (items) =>
    simulate({}, async ({ env }) => {
      const pipeline = env();
      pipeline.fromBatch(items as never).run();

      const error = await rejection(pipeline.submit());

      expect(hasCode(error, "GRAPH_INVALID")).toBe(true);
      expect(error.message).toContain("Iterable (not a string)");
    }),
  );

  it("is refused when a function turns out not to return one", () =>
    simulate({}, async ({ env }) => {
      const pipeline = env();
      pipeline.fromBatch((() => 7) as never, { name: "numbers" }).run();

      const error = await rejection(pipeline.submit());

      expect(hasCode(error, "INVALID_SOURCE")).toBe(true);
      expect(error.message).toContain('"numbers"');
    }));
});

describe("a source that fails", () => {
  it("fails the job with its cause, after the records before it", () =>
    simulate({}, async ({ env }) => {
      const cause = new Error("disk gone");
      const pipeline = env();
      const seen: number[] = [];
      pipeline.fromBatch(failing(cause)).sink((record) => void seen.push(record));

      const job = await pipeline.submit();
      const error = await rejection(job.done);

      expect(error.cause).toBe(cause);
      expect(error.message).toContain("source-1#0");
      expect(job.status()).toBe("failed");
      expect(seen.length).toBeLessThanOrEqual(2);
    }));
});

function* generate(): Generator<string> {
  yield* ["a", "b", "c"];
}

async function* generateLater(): AsyncGenerator<string> {
  yield* ["a", "b", "c"];
}

function* numbers(): Generator<number> {
  yield* range(1000);
}

async function* numbersLater(): AsyncGenerator<number> {
  yield* range(1000);
}

async function* failing(cause: Error): AsyncGenerator<number> {
  yield 1;
  yield 2;
  throw cause;
}
