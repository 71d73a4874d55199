import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { data, stop } from "../../test-support/task-harness.ts";
import { Batch } from "../packet/batch.ts";
import { ChannelMarks } from "./channel-marks.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

describe("the marks of a task's channels", () => {
  test("stand at the beginning of a channel on which nothing was", () => {
    const marks = new ChannelMarks();

    expect([marks.records(3), marks.stopped(3)]).toEqual([0, false]);
    expect(marks.toJSON()).toEqual({});
  });

  test("move to the end of each batch, for each channel alone", () => {
    const marks = new ChannelMarks();
    marks.move(data(3, 0, "a", "b"));
    marks.move(data(-1, 4, "c"));

    expect([marks.records(3), marks.records(-1), marks.records(0)]).toEqual([2, 5, 0]);
    expect(marks.toJSON()).toEqual({ 3: 2, [-1]: 5 });
  });

  test("do not count a stop signal as a record, whether records come with it or not", () => {
    const marks = new ChannelMarks();
    marks.move(stop(3, 2, "a#0"));
    marks.move(new Batch(4, 5, ["x"], undefined, undefined, { source: "a#0", time: 0 }));

    expect([marks.records(3), marks.stopped(3)]).toEqual([2, true]);
    expect([marks.records(4), marks.stopped(4)]).toEqual([6, true]);
    expect(marks.stopped(5)).toBe(false);
  });

  test("of a copy stay where they are when the others move, and the other way round", () => {
    const marks = new ChannelMarks();
    marks.move(data(3, 0, "a"));
    const copy = marks.copy();
    marks.move(data(3, 1, "b"));
    marks.move(stop(4, 0, "a#0"));
    copy.move(data(5, 0, "c"));

    expect([copy.records(3), copy.stopped(4), copy.records(5)]).toEqual([1, false, 1]);
    expect([marks.records(3), marks.stopped(4), marks.records(5)]).toEqual([2, true, 0]);
  });

  test("tell for every channel how many records it has had, however the batches are cut and mixed", () => {
    const batch = fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 5 }));
    fc.assert(
      fc.property(
        fc.array(batch, { maxLength: 30, size: "max" }),
        fc.subarray([0, 1, 2, 3]),
        (batches, stopped) => {
          const marks = new ChannelMarks();
          const counts = [0, 0, 0, 0];
          for (const [channel, count] of batches) {
            marks.move(new Batch(channel, counts[channel] as number, new Array(count).fill("r")));
            counts[channel] = (counts[channel] as number) + count;
          }
          for (const channel of stopped) marks.move(stop(channel, counts[channel] as number, "a#0"));
          const copy = marks.copy();

          for (const each of [marks, copy]) {
            expect(counts.map((_, channel) => each.records(channel))).toEqual(counts);
            expect(counts.map((_, channel) => each.stopped(channel))).toEqual(
              counts.map((_, channel) => stopped.includes(channel)),
            );
          }
        },
      ),
    );
  });
});
