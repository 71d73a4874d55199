import { describe, expect, test } from "vitest";
import { data, stop } from "../../test-support/task-harness.ts";
import { AheadRecords } from "./ahead-records.ts";

const setUp = () =>
  new AheadRecords([
    [4, 11],
    [4, 13],
    [5, 11],
  ]);

describe("the records that an earlier incarnation has done ahead", () => {
  test("are known by channel and sequence number, wherever they stand in a batch", () => {
    const ahead = setUp();

    expect([0, 1, 2].map((index) => ahead.take(data(4, 10, "a", "b", "c"), index))).toEqual([
      false,
      true,
      false,
    ]);
    expect(ahead.take(data(4, 13, "d"), 0)).toBe(true);
    expect(ahead.take(data(6, 11, "e"), 0)).toBe(false);
    expect(ahead.take(data(5, 11, "f"), 0)).toBe(true);
  });

  test("are counted in a batch, where the stop signal is none of them", () => {
    const ahead = setUp();

    expect(ahead.countIn(data(4, 11, "a", "b", "c"))).toBe(2);
    expect(ahead.countIn(data(4, 12, "b"))).toBe(0);
    expect(ahead.countIn(data(6, 11, "x"))).toBe(0);
    expect(ahead.countIn(stop(4, 13, "a#0"))).toBe(0);
  });

  test("are kept until they have come again, and come once", () => {
    const ahead = setUp();
    ahead.countIn(data(4, 11, "a", "b", "c"));
    expect(ahead.rest).toEqual([
      [4, 11],
      [4, 13],
      [5, 11],
    ]);

    const batch = data(4, 11, "a");
    expect([ahead.take(batch, 0), ahead.take(batch, 0), ahead.countIn(batch)]).toEqual([true, false, 0]);
    expect(ahead.rest).toEqual([
      [4, 13],
      [5, 11],
    ]);
  });

  test("are none at the end, as for a task that has never been restarted", () => {
    const ahead = setUp();
    ahead.take(data(4, 11, "a"), 0);
    ahead.take(data(4, 13, "a"), 0);
    ahead.take(data(5, 11, "a"), 0);

    for (const none of [ahead, new AheadRecords([])]) {
      expect([none.rest, none.countIn(data(4, 11, "a"))]).toEqual([[], 0]);
    }
  });
});
