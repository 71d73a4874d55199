import { FlatMapFunction, MapFunction, type TaskContext } from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { capacities, range, rejection, simulate } from "./support/simulate.ts";

describe.each(capacities)("operators at capacity %i", (capacity) => {
  it("filter keeps what its function answers true for, in order", () =>
    simulate({ capacity }, async ({ env, finish }) => {
      const pipeline = env();
      const collected = pipeline
        .fromBatch([1, -2, 3, 4, -5, 6, 0, 7])
        .filter((n) => n > 0)
        .filter((n) => n % 2 === 0)
        .collect();

      const { job } = await finish(pipeline);

      expect(job.collected(collected)).toEqual([4, 6]);
    }));

  it("flatMap emits every item of an iterable, nothing for an empty one, and a string as one record", () =>
    simulate({ capacity }, async ({ env, finish }) => {
      const pipeline = env();
      const lines = pipeline.fromBatch(["a b", "", "c"]);
      const words = lines.flatMap((line) => (line === "" ? [] : line.split(" "))).collect();
      const generated = lines
        .flatMap(function* (line) {
          yield* line.split(" ").filter((word) => word !== "");
        })
        .collect();
      const whole = lines.flatMap<string>((line) => line as unknown as Iterable<string>).collect();
      const later = lines
        .flatMap(async function* (line) {
          yield line;
          yield line.length;
        })
        .collect();

      const { job } = await finish(pipeline);

      expect(job.collected(words)).toEqual(["a", "b", "c"]);
      expect(job.collected(generated)).toEqual(["a", "b", "c"]);
      expect(job.collected(whole)).toEqual(["a b", "", "c"]);
      expect(job.collected(later)).toEqual(["a b", 3, "", 0, "c", 1]);
    }));

  it("flatMap keeps the partition key on each output", () =>
    simulate({ capacity }, async ({ env, finish }) => {
      const pipeline = env();
      const collected = pipeline
        .fromBatch([
          { user: "u1", words: ["a", "b"] },
          { user: "u2", words: ["c"] },
        ])
        .keyBy((record) => record.user)
        .flatMap((record) => record.words)
        .map((word, ctx) => `${ctx.key}:${word}`)
        .collect();

      const { job } = await finish(pipeline);

      expect([...job.collected(collected)].sort()).toEqual(["u1:a", "u1:b", "u2:c"]);
    }));

  it("reduce folds each key in order, and emits each accumulator or only the last ones", () =>
    simulate({ capacity }, async ({ env, finish }) => {
      const pipeline = env();
      const keyed = pipeline.fromBatch(["a", "b", "a", "a"]).keyBy((word) => word);
      const options = { initial: () => 0 };
      const rolling = keyed.reduce((count: number) => count + 1, options).collect();
      const last = keyed
        .reduce((count: number) => count + 1, { ...options, emit: "end" })
        .map((count, ctx) => `${ctx.key}${count}`)
        .collect();
      const joined = keyed.reduce((left, right) => left + right).collect();

      const { job } = await finish(pipeline);

      expect([...job.collected(rolling)].sort()).toEqual([1, 1, 2, 3]);
      expect([...job.collected(last)].sort()).toEqual(["a3", "b1"]);
      expect([...job.collected(joined)].sort()).toEqual(["a", "aa", "aaa", "b"]);
    }));

  it("reduce emits more keys than a unit of work holds", () =>
    simulate({ capacity }, async ({ env, finish }) => {
      const pipeline = env();
      const collected = pipeline
        .fromBatch(range(1000))
        .keyBy((n) => n)
        .reduce((left, right) => left + right, { emit: "end" })
        .collect();

      const { job } = await finish(pipeline);

      expect([...job.collected(collected)].sort((a, b) => a - b)).toEqual(range(1000));
    }));

  it("two sinks on one stream both get every record", () =>
    simulate({ capacity }, async ({ env, finish }) => {
      const a: number[] = [];
      const b: number[] = [];
      const pipeline = env();
      pipeline
        .fromBatch([1, 2])
        .sink((n) => void a.push(n))
        .sink((n) => void b.push(n));

      await finish(pipeline);

      expect(a).toEqual([1, 2]);
      expect(b).toEqual([1, 2]);
    }));

  it("fan-out gives each branch every record in order, and hides one branch's mutation from the other", () =>
    simulate({ capacity }, async ({ env, finish }) => {
      const pipeline = env();
      const source = pipeline.fromBatch([{ n: 1 }, { n: 2 }, { n: 3 }]);
      const left = source.map((record) => Object.assign(record, { n: record.n * 10 })).collect();
      const right = source.map((record) => record.n).collect();

      const { job } = await finish(pipeline);

      expect(job.collected(left)).toEqual([{ n: 10 }, { n: 20 }, { n: 30 }]);
      expect(job.collected(right)).toEqual([1, 2, 3]);
    }));

  it("a union carries a fast and a slow source to the end of both", () =>
    simulate({ capacity }, async ({ env, finish, clock }) => {
      const pipeline = env();
      const slow = pipeline.fromBatch(
        (async function* () {
          for (const n of range(5)) {
            await clock.sleep(100);
            yield n;
          }
        })(),
      );
      const collected = pipeline.fromBatch([10, 11, 12]).union(slow).collect();

      const { job } = await finish(pipeline);

      expect(job.collected(collected)).toHaveLength(8);
      expect([...job.collected(collected)].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 10, 11, 12]);
    }));

  it("a stream united with itself carries every record twice", () =>
    simulate({ capacity }, async ({ env, finish }) => {
      const pipeline = env();
      const source = pipeline.fromBatch([1, 2]);
      const collected = source.union(source).collect();

      const { job } = await finish(pipeline);

      expect([...job.collected(collected)].sort()).toEqual([1, 1, 2, 2]);
    }));

  it("an asynchronous map keeps the order with eight records in flight", () =>
    simulate({ capacity }, async ({ env, finish, clock }) => {
      let inFlight = 0;
      let most = 0;
      const pipeline = env();
      const collected = pipeline
        .fromBatch(range(100))
        .map(
          async (n) => {
            most = Math.max(most, ++inFlight);
            await clock.sleep(10 + ((n * 7) % 5));
            inFlight--;
            return n;
          },
          { concurrency: 8 },
        )
        .collect();

      const { job } = await finish(pipeline);

      expect(job.collected(collected)).toEqual(range(100));
      expect(most).toBeLessThanOrEqual(8);
      expect(most).toBe(capacity === 1 ? 1 : 8);
    }));
});

describe("function classes", () => {
  it("give each instance its own object, opened before its first record and closed after its last", () =>
    simulate({}, async ({ env, finish }) => {
      const events: string[] = [];
      class Tag extends MapFunction<number, string> {
        #index = -1;
        override open(ctx: TaskContext): void {
          this.#index = ctx.index;
          events.push(`open ${ctx.index}`);
        }
        execute(record: number): string {
          events.push(`record ${this.#index}`);
          return `${this.#index}:${record}`;
        }
        override close(): void {
          events.push(`close ${this.#index}`);
        }
      }
      const pipeline = env();
      const collected = pipeline.fromBatch([0, 1, 2, 3]).map(Tag, { parallelism: 2 }).collect();

      const { job } = await finish(pipeline);

      expect([...job.collected(collected)].sort()).toEqual(["0:0", "0:2", "1:1", "1:3"]);
      for (const index of [0, 1]) {
        const own = events.filter((event) => event.endsWith(`${index}`)).map((event) => event.split(" ")[0]);
        expect(own).toEqual(["open", "record", "record", "close"]);
      }
    }));

  it("can be created with arguments", () =>
    simulate({}, async ({ env, finish }) => {
      class Repeat extends FlatMapFunction<string, string> {
        readonly times: number;
        constructor(times: number) {
          super();
          this.times = times;
        }
        execute(record: string): string[] {
          return range(this.times).map(() => record);
        }
      }
      const pipeline = env();
      const collected = pipeline
        .fromBatch(["x"])
        .flatMap({ create: () => new Repeat(3) })
        .collect();

      const { job } = await finish(pipeline);

      expect(job.collected(collected)).toEqual(["x", "x", "x"]);
    }));

  it("fail submit with the cause when the constructor or open throws, and close what was opened", () =>
    simulate({}, async ({ env }) => {
      const cause = new Error("no connection");
      let closed = 0;
      class Broken extends MapFunction<number, number> {
        override open(): void {
          throw cause;
        }
        execute(record: number): number {
          return record;
        }
        override close(): void {
          closed++;
        }
      }
      const pipeline = env();
      pipeline.fromBatch([1]).map(Broken, { name: "broken" }).run();

      const error = await rejection(pipeline.submit());

      expect(error.cause).toBe(cause);
      expect(error.message).toContain('"broken#0" failed in open');
      expect(closed).toBe(1);
    }));
});
