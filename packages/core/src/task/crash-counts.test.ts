import { describe, expect, test } from "vitest";
import { data } from "../../test-support/task-harness.ts";
import { ChannelMarks } from "../state/channel-marks.ts";
import { CrashCounts } from "./crash-counts.ts";

const marksAt = (channel: number, records: number) => {
  const marks = new ChannelMarks();
  marks.move(data(channel, records));
  return marks;
};

describe("the crashes that a record has caused", () => {
  test("are counted from one, for each record alone", () => {
    const crashes = new CrashCounts();

    expect([crashes.add(1, 5), crashes.add(1, 5), crashes.add(1, 6), crashes.add(2, 5)]).toEqual([
      1, 2, 1, 1,
    ]);
    expect(crashes.add(1, 5)).toBe(3);
  });

  test("are remembered while the record is not done, and forgotten once it is", () => {
    const crashes = new CrashCounts();
    for (const seq of [4, 5, 6]) crashes.add(1, seq);
    crashes.forget(marksAt(1, 5));

    expect([crashes.add(1, 4), crashes.add(1, 5), crashes.add(1, 6)]).toEqual([1, 2, 2]);
  });

  test("are forgotten on the channel that has moved only", () => {
    const crashes = new CrashCounts();
    crashes.add(1, 0);
    crashes.add(2, 0);
    crashes.forget(marksAt(1, 9));

    expect([crashes.add(1, 0), crashes.add(2, 0)]).toEqual([1, 2]);
  });
});
