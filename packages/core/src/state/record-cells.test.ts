import { describe, expect, test } from "vitest";
import { RecordCells } from "./record-cells.ts";
import { absent, type StateKey } from "./state-key.ts";
import { StateTable } from "./state-table.ts";

/** Two tables, the cells of the records that run one after the other, and what the unit has of them. */
function setUp() {
  const tables = ["sums", "counts"].map((name) => new StateTable(name, new Map([["stored", 1]])));
  const [sums, counts] = tables as [StateTable, StateTable];
  const place = { index: 0 };
  const cells = new RecordCells(place);
  const unit = (table = sums): [StateKey, unknown][] => [...table.take().cells];
  return { sums, counts, place, cells, unit };
}

describe("what a record changes", () => {
  test("is seen by the record itself, and by no other one before it is done", () => {
    const { sums, cells, unit } = setUp();
    cells.write(sums, "a", 1);
    cells.write(sums, "a", 2);

    expect([cells.read(sums, "a"), cells.read(sums, "b"), cells.read(sums, "stored")]).toEqual([
      2,
      undefined,
      1,
    ]);
    expect([sums.get("a"), unit()]).toEqual([undefined, []]);
  });

  test("is told apart by table and key", () => {
    const { sums, counts, cells } = setUp();
    cells.write(sums, "a", 1);
    cells.write(counts, "a", 2);
    cells.write(sums, undefined, 3);

    expect([cells.read(sums, "a"), cells.read(counts, "a")]).toEqual([1, 2]);
    expect([cells.read(sums, undefined), cells.read(counts, undefined)]).toEqual([3, undefined]);
  });

  test("may be a deletion, after which there is nothing to read", () => {
    const { sums, cells, unit } = setUp();
    cells.write(sums, "stored", absent);
    expect(cells.read(sums, "stored")).toBeUndefined();

    cells.accept();
    expect(unit()).toEqual([["stored", absent]]);
  });

  test("becomes part of the unit when the next record looks at the state", () => {
    const { sums, place, cells, unit } = setUp();
    cells.write(sums, "a", 1);
    place.index = 1;
    expect(cells.read(sums, "a")).toBe(1);

    expect(unit()).toEqual([["a", 1]]);
  });

  test("becomes part of the unit when the task has caught up, while what the record in place has changed does not", () => {
    const { sums, place, cells, unit } = setUp();
    cells.write(sums, "a", 1);
    cells.catchUp();
    expect(unit()).toEqual([]);

    place.index = 1;
    cells.catchUp();
    expect(unit()).toEqual([["a", 1]]);
  });

  test("is gone with a failed attempt, and only with that of the record in place", () => {
    const { sums, place, cells, unit } = setUp();
    cells.write(sums, "a", 1);
    cells.discard();
    expect(cells.read(sums, "a")).toBeUndefined();

    cells.write(sums, "a", 2);
    place.index = 1;
    cells.discard(); // the record in place has changed nothing
    cells.catchUp();
    expect(unit()).toEqual([["a", 2]]);
  });

  test("is what an attempt with cells of its own has changed, once it is adopted", () => {
    const { sums, place, cells, unit } = setUp();
    const [late, inTime] = [new RecordCells(place), new RecordCells(place)];
    late.write(sums, "a", "late");
    inTime.write(sums, "a", 1);
    expect(cells.read(sums, "a")).toBeUndefined();
    cells.adopt(inTime);
    expect(cells.read(sums, "a")).toBe(1);

    inTime.write(sums, "a", "too late");
    cells.accept();
    expect(unit()).toEqual([["a", 1]]);
  });

  test("is adopted once", () => {
    const { sums, place, cells } = setUp();
    const own = new RecordCells(place);
    own.write(sums, "a", 1);
    cells.adopt(own);
    cells.discard();
    cells.adopt(own);

    expect(cells.read(sums, "a")).toBeUndefined();
  });
});

describe("what a settled record has changed", () => {
  test("is seen by the records behind it, and becomes part of the unit when it is released", () => {
    const { sums, unit } = setUp();
    const [first, second] = [new RecordCells({ index: 0 }), new RecordCells({ index: 1 })];
    first.write(sums, "a", 1);
    expect(second.read(sums, "a")).toBeUndefined();
    first.settle();
    expect([second.read(sums, "a"), unit()]).toEqual([1, []]);

    first.release();
    expect(unit()).toEqual([["a", 1]]);
  });

  test("is released once", () => {
    const { sums, unit } = setUp();
    const cells = new RecordCells({ index: 0 });
    cells.write(sums, "a", 1);
    cells.settle();
    cells.release();
    expect(unit()).toEqual([["a", 1]]);

    cells.release();
    expect(unit()).toEqual([]);
  });

  test("is not lost where a later record has settled in the same cell", () => {
    const { sums, unit } = setUp();
    const [first, second] = [new RecordCells({ index: 0 }), new RecordCells({ index: 1 })];
    first.write(sums, "a", 1);
    first.settle();
    second.write(sums, "a", (second.read(sums, "a") as number) + 1);
    second.settle();
    first.release();
    expect([sums.get("a"), unit()]).toEqual([2, [["a", 1]]]);

    second.release();
    expect([sums.get("a"), unit()]).toEqual([2, [["a", 2]]]);
  });
});
