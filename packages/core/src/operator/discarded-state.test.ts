import { describe, expect, test } from "vitest";
import { boom } from "../../test-support/fake-operator.ts";
import { openOperator } from "../../test-support/runner-harness.ts";
import { createContext } from "../../test-support/step-context.ts";
import { Batch } from "../packet/batch.ts";
import { RecordBuffer } from "../packet/record-buffer.ts";
import { ListCell } from "../state/list-cell.ts";
import { absent } from "../state/state-key.ts";
import type { TableChanges } from "../state/state-table.ts";
import { TaskRecord } from "../state/task-record.ts";
import { TaskState } from "../state/task-state.ts";
import { Cursor, type Operator } from "./operator.port.ts";
import { joinRecipe, reduceRecipe } from "./operator-recipes.ts";
import { PluginOperator } from "./plugin-operator.ts";
import { openRecord } from "./run-each.ts";

const sum = reduceRecipe((a: number, b: number) => a + b, { initial: undefined, emit: "each" });
const pair = joinRecipe((l: unknown, r: unknown) => `${l}+${r}`);

/** An operator and what it changes in the state of its task. */
function setUp(make: (tables: TaskState) => Operator) {
  const tables = new TaskState(new TaskRecord());
  const operator = make(tables);
  const cursor = new Cursor(createContext({ tables }));
  /** Applies the record at the cursor, which is then done, or has failed behind its operator: it cannot be routed. */
  const apply = (batch: Batch, done: boolean, input = 0) => {
    const { index, ctx } = cursor;
    const record = openRecord(batch, index, input, ctx);
    operator.apply(operator.invoke(record), record, new RecordBuffer());
    if (!done) ctx.discard();
    cursor.index++;
    ctx.catchUp();
  };
  const taken = () => tables.take(() => 0).map(plain);
  return { operator, cursor, apply, taken };
}

const plain = ({ table, cells }: TableChanges) => [
  table,
  [...cells].map(([key, cell]) => [key, cell instanceof ListCell ? cell.toArray() : cell]),
];

const batch = (...payloads: unknown[]) =>
  new Batch(
    0,
    0,
    payloads,
    payloads.map(() => "k"),
  );

describe("a record whose output cannot be routed, once its context is discarded", () => {
  test("leaves no trace in the state of a reduce", () => {
    const { apply, taken } = setUp((tables) => openOperator(sum, { tables }));
    const rows = batch(1, 10, 2);
    apply(rows, true);
    apply(rows, false);
    apply(rows, true);

    expect(taken()).toEqual([["$reduce", [["k", 3]]]]);
  });

  test("leaves nothing at all of a reduce's new key", () => {
    const { apply, taken } = setUp((tables) => openOperator(sum, { tables }));
    apply(batch(1), false);

    expect(taken()).toEqual([]);
  });

  test("leaves no trace in the state of a join", () => {
    const { apply, taken } = setUp((tables) => openOperator(pair, { tables }));
    const rows = batch("a", "b", "c");
    apply(rows, true);
    apply(rows, false);
    apply(rows, true);

    expect(taken()).toEqual([["$join-0", [["k", ["a", "c"]]]]]);
  });

  test("leaves no trace either when a plug-in behind the step has failed", () => {
    const after = (_packet: unknown, outputs: readonly unknown[]) => {
      if (outputs[0] === 11) throw boom;
    };
    const { operator, cursor, taken } = setUp((tables) => {
      const plugin = new PluginOperator(openOperator(sum, { tables }), [{ name: "strict", after }]);
      void plugin.open(createContext({ tables }));
      return plugin;
    });
    const out = new RecordBuffer();
    const rows = batch(1, 10, 2);
    expect(() => operator.run(rows, 0, 3, out, cursor)).toThrow(boom);
    expect(cursor.index).toBe(1);
    cursor.ctx.discard();
    operator.run(rows, 2, 3, out, cursor);
    cursor.ctx.catchUp();

    expect(out.payloads).toEqual([1, 3]);
    expect(taken()).toEqual([["$reduce", [["k", 3]]]]);
  });
});

describe("what a step keeps", () => {
  test("is a new cell for each record: one that was committed never changes", () => {
    const { apply, taken } = setUp((tables) => openOperator(pair, { tables }));
    const rows = batch("a", "b");
    apply(rows, true);
    const first = taken();
    apply(rows, true);

    expect(taken()).toEqual([["$join-0", [["k", ["a", "b"]]]]]);
    expect(first).toEqual([["$join-0", [["k", ["a"]]]]]);
  });

  test("goes with the last record of each key that a reduce emits at its end", async () => {
    const last = reduceRecipe((a: number, b: number) => a + b, { initial: undefined, emit: "end" });
    const { operator, apply, taken } = setUp((tables) => openOperator(last, { tables }));
    apply(batch(1), true);
    expect(taken()).toEqual([["$reduce", [["k", 1]]]]);
    const out = new RecordBuffer();
    expect(await operator.finish(out, 1)).toBe(false);

    expect(out.payloads).toEqual([1]);
    expect(taken()).toEqual([["$reduce", [["k", absent]]]]);
  });

  test("of a reduce may be undefined, which is not the same as nothing", () => {
    const seen: unknown[] = [];
    const step = reduceRecipe((a: unknown) => void seen.push(a), { initial: () => "new", emit: "each" });
    const { apply } = setUp((tables) => openOperator(step, { tables }));
    const rows = batch(1, 2);
    apply(rows, true);
    apply(rows, true);

    expect(seen).toEqual(["new", undefined]);
  });
});
