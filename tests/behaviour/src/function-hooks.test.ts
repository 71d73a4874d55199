import {
  type Emit,
  FlatMapFunction,
  hasCode,
  MapFunction,
  StepFunction,
  type TaskContext,
} from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { capacities, range, rejection, simulate } from "./support/simulate.ts";

/** A map that notes what is called on it. */
const noting = (events: string[], execute: (n: number) => number = (n) => n) => ({
  create: () => ({
    open: (ctx: TaskContext) => void events.push(`open ${ctx.index}`),
    execute: (n: number, ctx: TaskContext) => {
      events.push(`record ${ctx.index}`);
      return execute(n);
    },
    onInputEnd: (index: number) => void events.push(`end of input ${index}`),
    finish: () => void events.push("finish"),
    close: () => void events.push("close"),
  }),
});

describe.each(capacities)("the hooks of a function at capacity %i", (capacity) => {
  it("run once each: open before the first record, close after the last", () =>
    simulate({ capacity }, async ({ results }) => {
      const events: string[] = [];

      await results((env) => env.fromBatch([1, 2]).map(noting(events)));

      expect(events).toEqual(["open 0", "record 0", "record 0", "end of input 0", "finish", "close"]);
    }));

  it("run open and close once also when the job fails, but neither onInputEnd nor finish", () =>
    simulate({ capacity }, async ({ env }) => {
      const events: string[] = [];
      const pipeline = env();
      const failing = noting(events, () => {
        throw new Error("no");
      });
      pipeline.fromBatch([1, 2]).map(failing).run();

      await rejection((await pipeline.submit()).done);

      expect(events).toEqual(["open 0", "record 0", "close"]);
    }));

  it("run open and close once also when the job is cancelled", () =>
    simulate({ capacity }, async ({ env, clock }) => {
      const events: string[] = [];
      const pipeline = env();
      pipeline
        .fromBatch(({ signal }) => idle(signal))
        .map(noting(events))
        .run();
      const job = await pipeline.submit();
      await clock.sleep(10);

      await job.stop({ drain: false });

      expect(events).toEqual(["open 0", "close"]);
    }));

  it("tell of each input once, with its index, when it has ended on every channel", () =>
    simulate({ capacity }, async ({ env, finish, clock }) => {
      const ends: [number, number, number][] = [];
      const pipeline = env();
      const spread = pipeline.fromBatch(range(10)).map((n) => n, { parallelism: 3 });
      const late = pipeline.fromBatch(async function* () {
        await clock.sleep(100);
        yield 1;
      });
      late
        .connect(spread)
        .coMap(
          {
            create: () =>
              new (class extends StepFunction {
                #index = -1;
                override open(ctx: TaskContext): void {
                  this.#index = ctx.index;
                }
                map0 = (n: number): number => n;
                map1 = (n: number): number => n;
                override onInputEnd(input: number): void {
                  ends.push([this.#index, input, clock.monotonic()]);
                }
              })(),
          },
          { parallelism: 2 },
        )
        .run();

      await finish(pipeline);

      expect(ends.sort()).toEqual([
        [0, 0, 100],
        [0, 1, 0],
        [1, 0, 100],
        [1, 1, 0],
      ]);
    }));

  it("let finish emit, before the stop: it reaches the steps behind like any record", () =>
    simulate({ capacity }, async ({ results }) => {
      class Buffered extends FlatMapFunction<number, number> {
        readonly #kept: number[] = [];
        execute(n: number): number[] {
          this.#kept.push(n);
          return [];
        }
        override async finish(emit: Emit<number>): Promise<void> {
          for (const n of this.#kept) emit(n);
        }
      }
      const closings: number[] = [];
      const seen: number[] = [];

      const { records } = await results((env) =>
        env
          .fromBatch(range(600))
          .flatMap(Buffered)
          .map({
            create: () => ({
              execute: (n: number) => {
                seen.push(n);
                return n;
              },
              onInputEnd: () => void closings.push(seen.length),
            }),
          }),
      );

      expect(records).toEqual(range(600));
      expect(closings).toEqual([600]);
    }));

  it("let finish emit on a keyed stream with a key, which the steps behind see", () =>
    simulate({ capacity }, async ({ results }) => {
      const { records } = await results((env) =>
        env
          .fromBatch(["a", "b"])
          .keyBy((word) => word)
          .map({
            create: () => ({
              execute: (word: string) => word,
              finish: (emit: Emit<string>) => emit("total", { key: "sum" }),
            }),
          })
          .map((word, ctx) => `${ctx.key}:${word}`),
      );

      expect([...records].sort()).toEqual(["a:a", "b:b", "sum:total"]);
    }));
});

describe("finish", () => {
  it("on a keyed stream fails the job when it emits without a key", () =>
    simulate({}, async ({ env }) => {
      const pipeline = env();
      pipeline
        .fromBatch(["a"])
        .keyBy((word) => word)
        .map(
          {
            create: () => ({
              execute: (word: string) => word,
              finish: (emit: Emit<string>) => emit("total"),
            }),
          },
          { name: "total" },
        )
        .run();

      const error = await rejection((await pipeline.submit()).done);

      expect(hasCode(error, "MISSING_KEY")).toBe(true);
      expect(error.message).toContain('"total"');
    }));

  it("that is over cannot emit any more", () =>
    simulate({}, async ({ results }) => {
      let late: Emit<number> = () => undefined;
      class Leaking extends MapFunction<number, number> {
        execute(n: number): number {
          return n;
        }
        override finish(emit: Emit<number>): void {
          late = emit;
        }
      }

      await results((env) => env.fromBatch([1]).map(Leaking));

      expect(() => late(2)).toThrow(expect.objectContaining({ code: "ILLEGAL_STATE" }));
    }));
});

async function* idle(signal: AbortSignal): AsyncGenerator<number> {
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
}
