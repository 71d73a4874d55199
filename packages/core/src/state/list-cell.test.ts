import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ListCell } from "./list-cell.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

const none: ListCell<number> = ListCell.empty;

describe("a list cell", () => {
  test("has the items that were appended, in order", () => {
    const list = none.append(1).append(2, 3);

    expect(list.length).toBe(3);
    expect([...list]).toEqual([1, 2, 3]);
  });

  test("is the same as before when nothing is appended", () => {
    const list = none.append(1);

    expect(list.append()).toBe(list);
  });

  test("counts an index from the start, or from the end when it is negative", () => {
    const list = none.append(1, 2, 3);

    expect([0, 2, -1, -3].map((index) => list.at(index))).toEqual([1, 3, 3, 1]);
  });

  test("has nothing outside, also where a newer version has something", () => {
    const list = none.append(1, 2);
    list.append(3);

    expect([2, 3, -3, 0.5, Number.NaN].map((index) => list.at(index))).toEqual(Array(5).fill(undefined));
  });

  test("hands out a copy of its items", () => {
    const list = none.append(1, 2);
    list.toArray().push(3);
    list.toArray()[0] = 9;

    expect(list.toArray()).toEqual([1, 2]);
    expect([...list.append(4)]).toEqual([1, 2, 4]);
  });

  test("does not see what is appended while it is read", () => {
    const list = none.append(1, 2);
    let newest = list;
    for (const item of list) newest = newest.append(item);

    expect([...newest]).toEqual([1, 2, 1, 2]);
  });

  test("keeps two lists apart that both began empty", () => {
    const left = none.append(1);
    const right = none.append(2);

    expect([[...none], [...left], [...right]]).toEqual([[], [1], [2]]);
  });

  test("never changes, whichever versions branch off it", () => {
    const append = fc.record({ from: fc.nat(), items: fc.array(fc.integer(), { maxLength: 4 }) });
    fc.assert(
      fc.property(fc.array(append, { maxLength: 60 }), (appends) => {
        const versions = [{ cell: none, model: [] as readonly number[] }];
        for (const { from, items } of appends) {
          const { cell, model } = versions[from % versions.length]!;
          versions.push({ cell: cell.append(...items), model: [...model, ...items] });
        }
        for (const { cell, model } of versions) {
          expect(cell.length).toBe(model.length);
          expect([...cell]).toEqual(model);
          expect(cell.toArray()).toEqual(model);
          for (let i = -1 - model.length; i <= model.length; i++) expect(cell.at(i)).toBe(model.at(i));
        }
      }),
    );
  });
});
