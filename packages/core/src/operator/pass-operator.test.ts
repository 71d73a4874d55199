import { describe, expect, test } from "vitest";
import { runOne } from "../../test-support/run-operator.ts";
import { createContext } from "../../test-support/step-context.ts";
import { Batch } from "../packet/batch.ts";
import { RecordBuffer } from "../packet/record-buffer.ts";
import { Cursor } from "./operator.port.ts";
import { collectRecipe } from "./operator-recipes.ts";
import { PassOperator } from "./pass-operator.ts";

const run = (operator: PassOperator, batch: Batch, from: number, to: number, out = new RecordBuffer()) => {
  const cursor = new Cursor(createContext());
  operator.run(batch, from, to, out, cursor);
  return { out, index: cursor.index };
};
const batch = new Batch(0, 0, ["a", "b", "c"]);

describe("an operator that emits what it receives", () => {
  test.each([true, false])(
    "does so in the order of the batch, up to where it is told (alone: %s)",
    (alone) => {
      const operator = new PassOperator(alone);

      expect([run(operator, batch, 0, 3).out.payloads, run(operator, batch, 0, 3).index]).toEqual([
        ["a", "b", "c"],
        3,
      ]);
      expect([run(operator, batch, 1, 2).out.payloads, run(operator, batch, 1, 2).index]).toEqual([["b"], 2]);
    },
  );

  test("passes on the array of a batch that is alone in its unit, and of no other one", () => {
    expect(run(new PassOperator(true), batch, 0, 3).out.payloads).toBe(batch.payloads);
    expect(run(new PassOperator(false), batch, 0, 3).out.payloads).not.toBe(batch.payloads);
    expect(run(new PassOperator(true), new Batch(0, 0, ["x"]), 0, 1).out.payloads).toEqual(["x"]);
  });

  test("adds to what its unit has already", () => {
    const { out } = run(new PassOperator(true), batch, 0, 3);
    const more = run(new PassOperator(false), new Batch(0, 3, ["d"]), 0, 1, new RecordBuffer()).out;
    run(new PassOperator(false), new Batch(0, 4, ["e", "f"]), 0, 2, more);

    expect([out.payloads, more.payloads]).toEqual([
      ["a", "b", "c"],
      ["d", "e", "f"],
    ]);
  });

  test("emits a record on its own with its key", async () => {
    const out = new RecordBuffer();

    expect(await runOne(new PassOperator(true), { payload: "x", key: "k" }, out)).toBe(false);
    expect([out.payloads, out.keys]).toEqual([["x"], ["k"]]);
  });

  test("opens and closes what it was given, and has nothing to finish", () => {
    const calls: unknown[] = [];
    const ctx = createContext();
    const hooks = { open: (given: unknown) => void calls.push(given), close: () => void calls.push("close") };
    const operator = new PassOperator(true, hooks);
    operator.open(ctx);
    operator.endInput();
    expect(operator.finish()).toBe(true);
    operator.close();

    expect(calls).toEqual([ctx, "close"]);
  });

  test("is what a collect step runs: its records are what it emits", () => {
    const operator = collectRecipe()({} as never) as PassOperator;

    expect(run(operator, batch, 0, 3).out.payloads).toEqual(["a", "b", "c"]);
  });
});
