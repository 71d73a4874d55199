import { describe, expect, test } from "vitest";
import { createContext } from "../../test-support/step-context.ts";
import { data } from "../../test-support/task-harness.ts";
import { StateTable } from "../state/state-table.ts";
import { Cursor } from "./operator.port.ts";

/** The contexts of a task whose cursor stands at the first record of a batch. */
function setUp() {
  const cursor = new Cursor(createContext());
  cursor.batch = data(4, 10, "a", "b", "c");
  const table = new StateTable("sums", new Map());
  const unit = () => [...table.take().cells];
  return { cursor, table, unit };
}

describe("the id of a record", () => {
  test("names its job, its channel and its sequence number, and moves with the records", () => {
    const { cursor } = setUp();
    expect(cursor.ctx.recordId).toBe("job-1/4:10");
    cursor.index = 2;
    expect(cursor.ctx.recordId).toBe("job-1/4:12");

    cursor.batch = data(-1, 0, "x");
    cursor.index = 0;
    expect(cursor.ctx.recordId).toBe("job-1/-1:0");
  });

  test("is empty where there is no record", () => {
    expect(createContext().recordId).toBe("");
  });

  test("stays with a record that stays in flight, while the cursor goes on with another context", () => {
    const { cursor } = setUp();
    const flying = cursor.release();
    cursor.index = 1;

    expect(cursor.ctx).not.toBe(flying);
    expect([flying.recordId, cursor.ctx.recordId]).toEqual(["job-1/4:10", "job-1/4:11"]);
  });

  test("is that of its place in a fork", () => {
    const { cursor } = setUp();
    const fork = cursor.ctx.fork({ batch: cursor.batch, index: 2 }, "k");

    expect([fork.recordId, fork.key, cursor.ctx.key]).toEqual(["job-1/4:12", "k", undefined]);
  });
});

describe("what a record changes through its context", () => {
  test("counts when the next one is reached, and not when its attempt is discarded", () => {
    const { cursor, table, unit } = setUp();
    cursor.ctx.cells.write(table, "a", 1);
    cursor.index = 1;
    cursor.ctx.cells.write(table, "b", 2);
    cursor.ctx.discard();
    cursor.index = 2;
    cursor.ctx.catchUp();

    expect(unit()).toEqual([["a", 1]]);
  });

  test("stays its own where it stays in flight: those behind it neither see it nor take it along", () => {
    const { cursor, table, unit } = setUp();
    cursor.ctx.cells.write(table, "a", 1);
    const flying = cursor.release();
    cursor.index = 1;
    expect(cursor.ctx.cells.read(table, "a")).toBeUndefined();
    cursor.ctx.cells.write(table, "b", 2);
    cursor.index = 2;
    cursor.ctx.catchUp();
    expect(unit()).toEqual([["b", 2]]);

    flying.settle();
    expect([table.get("a"), unit()]).toEqual([1, []]);
    flying.commit();
    expect(unit()).toEqual([["a", 1]]);
  });

  test("of the records before one that stays in flight counts", () => {
    const { cursor, table, unit } = setUp();
    cursor.ctx.cells.write(table, "a", 1);
    cursor.index = 1;
    const flying = cursor.release();
    flying.cells.write(table, "b", 2);

    expect(unit()).toEqual([["a", 1]]);
    flying.discard();
    flying.settle();
    expect(table.get("b")).toBeUndefined();
  });

  test("is what an attempt with a context of its own did, once that is adopted", () => {
    const { cursor, table, unit } = setUp();
    const { ctx, batch, index } = cursor;
    const [late, own] = [ctx.fork({ batch, index }), ctx.fork({ batch, index })];
    late.cells.write(table, "a", "late");
    own.cells.write(table, "a", 1);
    ctx.adopt(own);
    cursor.index = 1;
    ctx.catchUp();

    expect(unit()).toEqual([["a", 1]]);
  });

  test("is nothing where it has changed nothing", () => {
    const { cursor, table, unit } = setUp();
    const { ctx } = cursor;
    ctx.discard();
    ctx.adopt(ctx.fork({ index: 0 }));
    ctx.settle();
    ctx.commit();
    ctx.catchUp();

    expect([table.changed, unit()]).toEqual([false, []]);
  });
});
