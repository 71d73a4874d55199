import { Readable } from "node:stream";
import { endOfSource, hasCode, type SourceAnswer, SourceFunction, type TaskContext } from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { capacities, range, rejection, simulate } from "./support/simulate.ts";

/** Its share of the numbers below 100, and the end. */
class Numbers extends SourceFunction<number> {
  readonly events: string[] = [];
  #next = 0;
  override open(ctx: TaskContext): void {
    this.#next = ctx.index;
    opened.push(ctx.index);
  }
  execute(ctx: TaskContext): SourceAnswer<number> {
    const n = this.#next;
    this.#next += ctx.parallelism;
    return n < 100 ? n : endOfSource;
  }
  override close(): void {
    opened.pop();
  }
}
const opened: number[] = [];

/** A source that waits for its signal: for good, unless it is told to end. */
const waiting = (onAbort: () => void) => (ctx: TaskContext) =>
  new Promise<undefined>((resolve) => {
    ctx.signal.addEventListener("abort", () => {
      onAbort();
      resolve(undefined);
    });
  });

describe.each(capacities)("a source function at capacity %i", (capacity) => {
  it.each([1, 3])("in a class is opened, asked and closed once for each of %i instances", (parallelism) =>
    simulate({ capacity }, async ({ results }) => {
      const { records } = await results((env) => env.fromSource(Numbers, { parallelism }));

      expect([...records].sort((a, b) => a - b)).toEqual(range(100));
      expect(opened).toEqual([]);
    }),
  );

  it("may have nothing for now: it is asked again after idleMs", () =>
    simulate({ capacity }, async ({ results, clock }) => {
      const asked: number[] = [];
      const answers: SourceAnswer<number>[] = [undefined, undefined, 1, null as never, endOfSource];

      const { records } = await results((env) =>
        env.fromSource<number>(
          () => {
            asked.push(clock.monotonic());
            return answers.shift();
          },
          { idleMs: 25 },
        ),
      );

      expect(records).toEqual([1, null]);
      expect(asked).toEqual([0, 25, 50, 50, 50]);
    }));

  it("may be asynchronous", () =>
    simulate({ capacity }, async ({ results, clock }) => {
      let n = 0;

      const { records } = await results((env) =>
        env.fromSource<number>(async () => {
          await clock.sleep(10);
          return n < 20 ? n++ : endOfSource;
        }),
      );

      expect(records).toEqual(range(20));
      expect(clock.monotonic()).toBe(210);
    }));

  it.each([
    ["at once", () => boom()],
    ["later", () => Promise.resolve().then(boom)],
  ])("that throws %s fails the job after the records before it", (_, answer) =>
    simulate({ capacity }, async ({ env }) => {
      let n = 0;
      const received: number[] = [];
      const pipeline = env();
      pipeline
        .fromSource<number>(() => (n < 3 ? n++ : answer()), { name: "numbers" })
        .sink((record) => void received.push(record));

      const error = await rejection((await pipeline.submit()).done);

      expect(hasCode(error, "OPERATOR_FAILED")).toBe(true);
      expect(error.message).toContain('"numbers#0" failed in reading its source: Error: boom');
      expect(received.length).toBeLessThanOrEqual(3);
    }),
  );

  it("whose promise rejects while nobody can take a record fails the job when its turn comes", () =>
    simulate({ capacity }, async ({ env, clock }) => {
      const cause = new Error("no more");
      const unhandled: unknown[] = [];
      const note = (error: unknown): void => void unhandled.push(error);
      process.on("unhandledRejection", note);
      let n = 0;
      const received: number[] = [];
      const pipeline = env();
      pipeline
        .fromSource<number>(() => (n < 5 ? n++ : clock.sleep(10).then(() => Promise.reject(cause))))
        .sink(
          async (record) => {
            await clock.sleep(100);
            received.push(record);
          },
          { queueCapacity: 1 },
        );

      const error = await rejection((await pipeline.submit()).done);
      process.off("unhandledRejection", note);

      expect(error.cause).toBe(cause);
      expect(unhandled).toEqual([]);
      expect(received.length).toBeGreaterThan(2);
    }));

  it("that fails to open fails submit with its cause, and is closed", () =>
    simulate({ capacity }, async ({ env }) => {
      const cause = new Error("no connection");
      let closed = 0;
      const pipeline = env();
      pipeline
        .fromSource({
          create: () => ({
            open: () => Promise.reject(cause),
            execute: () => endOfSource as SourceAnswer<number>,
            close: () => void closed++,
          }),
        })
        .run();

      const error = await rejection(pipeline.submit());

      expect(error.cause).toBe(cause);
      expect(closed).toBe(1);
    }));

  it("starts from scratch in each job", () =>
    simulate({ capacity }, async ({ env, finish }) => {
      const pipeline = env();
      const collected = pipeline.fromSource(Numbers).collect();

      const runs = [await finish(pipeline), await finish(pipeline)];

      for (const { job } of runs) expect(job.collected(collected)).toEqual(range(100));
    }));
});

/** Sources that wait for good, and end when their signal fires or when they are destroyed. */
const idleSources = [
  ["a source function", (onEnd: () => void) => ({ step: waiting(onEnd) })],
  [
    "an async iterable made with a signal",
    (onEnd: () => void) => ({
      items: async function* ({ signal }: { signal: AbortSignal }): AsyncGenerator<number> {
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        onEnd();
      },
    }),
  ],
  [
    "a Node Readable",
    (onEnd: () => void) => ({
      items: () =>
        new Readable({
          objectMode: true,
          read: () => undefined,
          destroy: (error, done) => {
            onEnd();
            done(error);
          },
        }),
    }),
  ],
] as const;

describe.each(idleSources)("%s that is idle", (_, make) => {
  it.each([
    [{ drain: true }, "completed"],
    [{ drain: false }, "cancelled"],
  ] as const)("ends on stop(%j): the job is %s", (options, state) =>
    simulate({}, async ({ env, clock }) => {
      let ended = 0;
      const source: { step?: never; items?: never } = make(() => void ended++) as never;
      const pipeline = env();
      const stream =
        source.step === undefined
          ? pipeline.fromBatch<number>(source.items as never)
          : pipeline.fromSource<number>(source.step);
      stream.run();
      const job = await pipeline.submit();
      await clock.sleep(1000);

      const report = await job.stop(options);

      expect(report.state).toBe(state);
      expect(ended).toBe(1);
      expect(clock.monotonic()).toBe(1000);
    }),
  );
});

describe("a source function that is told to end", () => {
  it("still delivers what it answers then", () =>
    simulate({}, async ({ env, clock }) => {
      const pipeline = env();
      const collected = pipeline
        .fromSource<string>(
          (ctx) =>
            new Promise((resolve) => ctx.signal.addEventListener("abort", () => resolve("last words"))),
        )
        .collect();
      const job = await pipeline.submit();
      await clock.sleep(100);

      const report = await job.stop({ drain: true });

      expect(job.collected(collected)).toEqual(["last words"]);
      expect(report.ledger.read).toBe(1);
    }));

  it("may throw: that is its end", () =>
    simulate({}, async ({ env, clock }) => {
      const pipeline = env();
      pipeline
        .fromSource<number>(async (ctx) => {
          await clock.sleep(1_000_000, ctx.signal);
          return 1;
        })
        .run();
      const job = await pipeline.submit();
      await clock.sleep(100);

      expect((await job.stop({ drain: true })).state).toBe("completed");
    }));

  it("while it has nothing for now ends at once", () =>
    simulate({}, async ({ env, clock }) => {
      const pipeline = env();
      pipeline.fromSource<number>(() => undefined, { idleMs: 60_000, parallelism: 3 }).run();
      const job = await pipeline.submit();
      await clock.sleep(100);

      const report = await job.stop({ drain: true });

      expect(report.state).toBe("completed");
      expect(clock.monotonic()).toBe(100);
    }));
});

function boom(): never {
  throw new Error("boom");
}
