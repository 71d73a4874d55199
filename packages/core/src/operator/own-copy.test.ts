import { afterEach, describe, expect, test, vi } from "vitest";
import { Batch } from "../packet/batch.ts";
import { RecordBuffer } from "../packet/record-buffer.ts";
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
  const cursor = new Cursor();
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
    const cursor = new Cursor();
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
