import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchOf, type Row, runOne, runRows } from "../../test-support/run-operator.ts";
import { openOperator } from "../../test-support/runner-harness.ts";
import { createContext } from "../../test-support/step-context.ts";
import { RecordBuffer } from "../packet/record-buffer.ts";
import { Cursor, type Operator } from "./operator.port.ts";
import { joinRecipe } from "./operator-recipes.ts";
import { openRecord } from "./run-each.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

const pair = (left: unknown, right: unknown) => `${left}+${right}`;
const styles: Record<string, (left: unknown, right: unknown) => unknown> = {
  "a function": pair,
  "an async function": async (left, right) => pair(left, right),
};
const left = (payload: unknown, key: string): Row => ({ payload, key, input: 0 });
const right = (payload: unknown, key: string): Row => ({ payload, key, input: 1 });

describe.each(Object.entries(styles))("a join with %s", (_, step) => {
  test("emits each pair of equal keys exactly once, whatever the order in which records come", async () => {
    const rows = fc.array(
      fc.record({ input: fc.nat({ max: 1 }), key: fc.constantFrom<Row["key"] & {}>("a", 0, false) }),
      { maxLength: 14 },
    );
    await fc.assert(
      fc.asyncProperty(rows, async (plan) => {
        const all: Row[] = plan.map((row, n) => ({ ...row, payload: n }));
        const { out } = await runRows(openOperator(joinRecipe(step)), all);
        const lefts = all.filter(({ input }) => input === 0);
        const rights = all.filter(({ input }) => input === 1);
        const pairs = lefts.flatMap((l) =>
          rights.filter((r) => r.key === l.key).map((r) => [pair(l.payload, r.payload), l.key]),
        );

        const got = out.payloads.map((payload, i) => [payload, out.keys?.[i]]);
        expect(got.map(String).sort()).toEqual(pairs.map(String).sort());
      }),
    );
  });

  test("emits a pair when its later record comes, oldest partner first", async () => {
    const rows = [left(1, "k"), left(2, "k"), right("x", "k"), left(3, "k")];
    const { out } = await runRows(openOperator(joinRecipe(step)), rows);

    expect(out.payloads).toEqual(["1+x", "2+x", "3+x"]);
  });
});

describe("a join", () => {
  test("emits nothing for a pair for which the function answers undefined", async () => {
    const some = (l: number, r: number) => (l === r ? undefined : null);
    const { out } = await runRows(openOperator(joinRecipe(some)), [
      left(1, "k"),
      right(1, "k"),
      right(2, "k"),
    ]);

    expect(out.payloads).toEqual([null]);
  });

  test("keeps a side no longer once the other one has ended", async () => {
    let calls = 0;
    const operator = openOperator(joinRecipe(() => ++calls));
    await runRows(operator, [left(1, "k"), right("x", "k")]);
    await operator.endInput(1);
    await runRows(operator, [left(2, "k"), left(3, "k")]);
    expect(calls).toBe(3);

    await runRows(operator, [right("y", "k")]);
    expect(calls).toBe(3);
  });

  /** Applies a record whose output then cannot be routed. */
  function applyAndDiscard(operator: Operator, row: Row) {
    const cursor = new Cursor(createContext());
    const record = openRecord(batchOf(row), 0, row.input ?? 0, cursor.ctx);
    operator.apply(operator.invoke(record), record, new RecordBuffer());
    cursor.ctx.discard();
    cursor.index = 1;
    cursor.ctx.catchUp();
  }

  test("forgets a record whose context was discarded, and only that one", async () => {
    const operator = openOperator(joinRecipe(pair));
    const out = new RecordBuffer();
    await runOne(operator, left(1, "k"), out);
    applyAndDiscard(operator, left(2, "k"));
    await runOne(operator, right("x", "k"), out);
    applyAndDiscard(operator, right("y", "new"));
    await runOne(operator, left(3, "new"), out);

    expect(out.payloads).toEqual(["1+x"]);
  });

  test("has nothing to discard once the other side has ended", async () => {
    const operator = openOperator(joinRecipe(pair));
    await runRows(operator, [left(1, "k")]);
    await operator.endInput(1);
    applyAndDiscard(operator, left(2, "k"));

    const { out } = await runRows(operator, [right("x", "k")]);
    expect(out.payloads).toEqual([]);
  });
});
