import { hasCode } from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { range, rejection, simulate } from "./support/simulate.ts";

describe("a source that misbehaves", () => {
  it("fails to close: the job still ends, and the log has the reason", () =>
    simulate({ capacity: 10 }, async ({ env, clock, logger }) => {
      const cause = new Error("cannot let go");
      const pipeline = env();
      pipeline
        .fromBatch(
          (function* () {
            try {
              for (;;) yield 1;
            } finally {
              // biome-ignore lint/correctness/noUnsafeFinally: that is what misbehaves
              throw cause;
            }
          })(),
        )
        .sink(() => clock.sleep(1));
      const job = await pipeline.submit();
      await clock.sleep(10);

      const report = await job.stop({ drain: true });

      expect(report.state).toBe("completed");
      expect(logger.lines.some((line) => line.fields.error === cause)).toBe(true);
    }));

  it("asks for the stop from within itself: the job is cancelled", () =>
    simulate({}, async ({ env }) => {
      const pipeline = env();
      let stop = (): void => undefined;
      pipeline
        .fromBatch(
          (function* () {
            for (let n = 0; ; n++) {
              if (n === 5000) stop();
              yield n;
            }
          })(),
        )
        .run();
      const job = await pipeline.submit();
      stop = () => void job.stop({ drain: false });

      expect((await job.done).state).toBe("cancelled");
    }));

  it.each([
    ["undefined", undefined],
    ["null", null],
    ["an error whose message is no text", Object.assign(new Error("x"), { message: Symbol("m") })],
  ])("throws %s: the job fails", (_, thrown) =>
    simulate({}, async ({ env }) => {
      const pipeline = env();
      pipeline
        .fromBatch(
          (async function* () {
            yield 1;
            await Promise.reject(thrown);
          })(),
        )
        .run();

      const job = await pipeline.submit();
      const error = await rejection(job.done);

      expect(hasCode(error, "OPERATOR_FAILED")).toBe(true);
      expect(error.cause).toBe(thrown);
    }),
  );

  it("answers next() with no result object: the job fails", () =>
    simulate({}, async ({ env }) => {
      const pipeline = env();
      const broken = { [Symbol.asyncIterator]: () => ({ next: async () => undefined }) };
      pipeline.fromBatch(broken as unknown as AsyncIterable<number>).run();

      await rejection((await pipeline.submit()).done);
    }));

  it("emits a record that cannot be routed: the dead letter has the record", () =>
    simulate({}, async ({ env, finish }) => {
      const pipeline = env();
      pipeline.fromBatch([{ a: 1 }, { a: 2 }], { onError: "deadLetter" }).run({
        partitioner: () => {
          throw new Error("nowhere");
        },
      });

      const { job } = await finish(pipeline);

      expect(job.deadLetters.list().map((letter) => letter.record)).toEqual([{ a: 1 }, { a: 2 }]);
    }));

  it("is one iterator for two environments: the second submit is refused", () =>
    simulate({}, async ({ env, finish }) => {
      const items = range(3).values();
      const [first, second] = [env("first"), env("second")];
      first.fromBatch(items).run();
      second.fromBatch(items).run();
      await finish(first);

      expect(hasCode(await rejection(second.submit()), "SOURCE_CONSUMED")).toBe(true);
    }));
});

describe("a function that misbehaves", () => {
  it("stops the job from within a record: close comes after that record's batch", () =>
    simulate({}, async ({ env }) => {
      const events: string[] = [];
      let stop = (): void => undefined;
      const pipeline = env();
      pipeline
        .fromBatch(() => range(100_000))
        .sink({
          create: () => ({
            open: () => undefined,
            execute: (n: number) => {
              if (n === 5000) stop();
              if (events.at(-1) !== "record") events.push("record");
            },
            close: () => void events.push("close"),
          }),
        });
      const job = await pipeline.submit();
      stop = () => void job.stop({ drain: false });
      const report = await job.done;

      expect(report.state).toBe("cancelled");
      expect(report.ledger.balanced).toBe(true);
      expect(events).toEqual(["record", "close"]);
    }));

  it("never settles one record: another record's failure fails the job all the same", () =>
    simulate({}, async ({ env, clock }) => {
      const cause = new Error("three");
      const pipeline = env();
      pipeline
        .fromBatch(range(8))
        .map(
          async (n, ctx) => {
            if (n === 6) await clock.sleep(1_000_000, ctx.signal);
            if (n === 3) throw cause;
          },
          { concurrency: 8 },
        )
        .run();

      const error = await rejection((await pipeline.submit()).done);

      expect(error.cause).toBe(cause);
      expect(clock.monotonic()).toBeLessThan(2000);
    }));

  it("starts no record after a cancel, and leaves no rejection behind", () =>
    simulate({}, async ({ env, clock }) => {
      let started = 0;
      const pipeline = env();
      pipeline.fromBatch(range(100)).sink(
        async (n) => {
          started++;
          await clock.sleep(10);
          throw new Error(`late ${n}`);
        },
        { concurrency: 4, onError: "skip" },
      );
      const job = await pipeline.submit();
      await clock.sleep(15);
      const before = started;

      await job.stop({ drain: false });

      expect(started).toBe(before);
    }));

  it("returns an async generator without end: it is left when the job is cancelled", () =>
    simulate({}, async ({ env, clock }) => {
      let left = false;
      const pipeline = env();
      pipeline
        .fromBatch([1])
        .flatMap(async function* () {
          try {
            for (let n = 0; ; n++) {
              await clock.sleep(10);
              yield n;
            }
          } finally {
            left = true;
          }
        })
        .run();
      const job = await pipeline.submit();
      await clock.sleep(95);

      await job.stop({ drain: false });

      expect(left).toBe(true);
    }));

  it("never opens: closing the runtime refuses the submit instead of waiting", () =>
    simulate({}, async ({ env, runtime }) => {
      const pipeline = env();
      pipeline.fromBatch([1]).sink({
        create: () => ({
          open: () => new Promise(() => undefined),
          execute: () => undefined,
          close: () => undefined,
        }),
      });
      const submitting = rejection(pipeline.submit());

      await runtime.close();

      expect(hasCode(await submitting, "RUNTIME_CLOSED")).toBe(true);
    }));

  it("never closes: the deadline names it", () =>
    simulate({}, async ({ env }) => {
      let release = (): void => undefined;
      const closing = new Promise<void>((resolve) => {
        release = resolve;
      });
      const pipeline = env();
      pipeline
        .fromBatch([1])
        .sink(
          { create: () => ({ open: () => undefined, execute: () => undefined, close: () => closing }) },
          { name: "writer" },
        );
      const job = await pipeline.submit();

      const error = await rejection(job.stop({ drain: true, timeoutMs: 100 }));

      expect(error.message).toContain("writer#0 waits for its close()");
      release();
      await job.done;
    }));

  it("is a class of its own making, without the base class", () =>
    simulate({}, async ({ env, finish }) => {
      class Double {
        execute(n: number): number {
          return n * 2;
        }
      }
      const pipeline = env();
      const collected = pipeline
        .fromBatch([1, 2])
        .map(Double as never)
        .collect();

      const { job } = await finish(pipeline);

      expect(job.collected(collected)).toEqual([2, 4]);
    }));

  it.each([undefined, 5, {}])("is none (%j): the build says so", (step) =>
    simulate({}, async ({ env }) => {
      const pipeline = env();
      pipeline
        .fromBatch([1])
        .map(step as never, { name: "double" })
        .run();

      const error = await rejection(pipeline.submit());

      expect(error.message).toContain("double: Its function is");
      expect(error.message).toContain("INVALID_FUNCTION");
    }),
  );
});
