import { afterEach, describe, expect, test, vi } from "vitest";
import { createContext } from "../../test-support/step-context.ts";
import { Batch } from "../packet/batch.ts";
import { RecordBuffer } from "../packet/record-buffer.ts";
import {
  type AsyncLoop,
  filterAsyncLoop,
  keyByAsyncLoop,
  mapAsyncLoop,
  sinkAsyncLoop,
} from "./async-loops.ts";
import { LoopCache } from "./loop-cache.ts";
import { filterLoop, keyByLoop, type Loop, mapLoop, sinkLoop } from "./loops.ts";
import { Cursor } from "./operator.port.ts";
import { ownCopy } from "./own-copy.ts";
import type { StepContext } from "./step-context.ts";

afterEach(() => vi.unstubAllGlobals());

const calls: Record<string, [Loop, (n: unknown) => unknown]> = {
  mapLoop: [mapLoop, (n) => (n === 2 ? undefined : [n])],
  filterLoop: [filterLoop, (n) => n !== 2],
  keyByLoop: [keyByLoop, (n) => `key ${n}`],
  sinkLoop: [sinkLoop, (n) => (n === 3 ? Promise.resolve() : n)],
};

function outcome(loop: Loop, call: (n: unknown) => unknown) {
  const out = new RecordBuffer();
  const cursor = new Cursor(createContext());
  loop(call, {} as StepContext, new Batch(0, 0, [1, 2, 3, 4], ["a", "b", "c", "d"]), 0, 4, out, cursor);
  return { ...out, index: cursor.index, filtered: cursor.filtered, waits: cursor.answer !== undefined };
}

describe("the copy of a loop", () => {
  test.each(Object.entries(calls))("%s is another function that does the same", (_, [loop, call]) => {
    const copy = ownCopy(loop);

    expect(copy).not.toBe(loop);
    expect(outcome(copy, call)).toEqual(outcome(loop, call));
  });

  test("throws what the user's function throws, at the same record", () => {
    const failing = (n: unknown) => {
      if (n === 3) throw new RangeError("three");
      return n;
    };
    const cursor = new Cursor(createContext());
    const batch = new Batch(0, 0, [1, 2, 3]);

    expect(() =>
      ownCopy(mapLoop)(failing, {} as StepContext, batch, 0, 3, new RecordBuffer(), cursor),
    ).toThrow(RangeError);
    expect(cursor.index).toBe(2);
  });

  test("is the loop itself where code generation is forbidden", () => {
    vi.stubGlobal("Function", function forbidden() {
      throw new EvalError("Code generation from strings disallowed for this context");
    });

    expect(ownCopy(mapLoop)).toBe(mapLoop);
  });
});

const asyncCalls: Record<string, [AsyncLoop, (n: unknown) => unknown]> = {
  mapAsyncLoop: [mapAsyncLoop, async (n) => (n === 2 ? undefined : [n])],
  filterAsyncLoop: [filterAsyncLoop, async (n) => n !== 2],
  keyByAsyncLoop: [keyByAsyncLoop, async (n) => `key ${n}`],
  sinkAsyncLoop: [sinkAsyncLoop, async (n) => n],
};

/** Goes on behind the first record's answer, as a task does, and tells what is visible at each await. */
async function asyncOutcome(
  loop: AsyncLoop,
  call: (n: unknown) => unknown,
  stopAt = Number.POSITIVE_INFINITY,
) {
  const out = new RecordBuffer();
  const cursor = new Cursor(createContext());
  const batch = new Batch(0, 0, [1, 2, 3, 4], ["a", "b", "c", "d"]);
  const seen: unknown[] = [];
  const watching = (n: unknown) => {
    seen.push([n, cursor.index, cursor.ctx.key, [...out.payloads]]);
    if (n === stopAt) cursor.stopped = true;
    return call(n);
  };
  cursor.answer = watching(1);
  let thrown: unknown;
  await loop(watching, cursor.ctx, batch, 4, out, cursor).catch((error) => {
    thrown = error;
  });
  return { ...out, index: cursor.index, filtered: cursor.filtered, seen, thrown };
}

describe("the copy of an asynchronous loop", () => {
  test.each(Object.entries(asyncCalls))(
    "%s is another function that does the same",
    async (_, [loop, call]) => {
      const copy = ownCopy(loop);
      const outcome = await asyncOutcome(copy, call);

      expect(copy).not.toBe(loop);
      expect(outcome).toEqual(await asyncOutcome(loop, call));
      expect([outcome.index, outcome.seen.length]).toEqual([4, 4]);
    },
  );

  test.each(Object.entries(asyncCalls))(
    "%s stops at the record that fails, like the loop",
    async (_, [loop, call]) => {
      const failing = async (n: unknown) => {
        if (n === 3) throw new RangeError("three");
        return call(n);
      };
      const outcome = await asyncOutcome(ownCopy(loop), failing);

      expect(outcome).toEqual(await asyncOutcome(loop, failing));
      expect([outcome.index, outcome.thrown]).toEqual([2, new RangeError("three")]);
    },
  );

  test.each(Object.entries(asyncCalls))(
    "%s starts no further record once the task gives up",
    async (_, [loop, call]) => {
      const outcome = await asyncOutcome(ownCopy(loop), call, 2);

      expect(outcome).toEqual(await asyncOutcome(loop, call, 2));
      expect([outcome.index, outcome.seen.length]).toEqual([1, 2]);
    },
  );
});

describe("the loops of a runtime", () => {
  test("are one copy per function and kind of loop", () => {
    const cache = new LoopCache();
    const double = (n: number) => n * 2;
    const triple = (n: number) => n * 3;

    expect(cache.get(double, mapLoop)).toBe(cache.get(double, mapLoop));
    expect(cache.get(double, mapLoop)).not.toBe(cache.get(triple, mapLoop));
    expect(cache.get(double, mapLoop)).not.toBe(cache.get(double, filterLoop));
  });

  test("are shared by closures of one literal: code that is declared again finds its loop warm", () => {
    const cache = new LoopCache();
    const declare = (by: number) => (n: number) => n * by;

    expect(cache.get(declare(2), mapLoop)).toBe(cache.get(declare(3), mapLoop));
  });

  test("are not shared with another runtime", () => {
    const double = (n: number) => n * 2;

    expect(new LoopCache().get(double, mapLoop)).not.toBe(new LoopCache().get(double, mapLoop));
  });
});
