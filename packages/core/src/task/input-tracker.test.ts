import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Batch } from "../packet/batch.ts";
import { ChannelMarks } from "../state/channel-marks.ts";
import { type InputChannel, InputTracker } from "./input-tracker.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

const channels: readonly InputChannel[] = [
  { channel: 4, inputIndex: 0, source: "a#0" },
  { channel: 5, inputIndex: 0, source: "a#1" },
  { channel: 9, inputIndex: 1, source: "b#0" },
];
const createTracker = () => new InputTracker("join-3#0", channels);
const data = (channel: number, firstSeq: number, count = 1) =>
  new Batch(channel, firstSeq, new Array<string>(count).fill("r"));
const stopOf = (channel: number, firstSeq: number, source: string, count = 0) =>
  new Batch(channel, firstSeq, new Array<string>(count).fill("r"), undefined, undefined, { source, time: 0 });

/** Accepts a batch as the loop does, and answers which input ended with it. */
function feed(tracker: InputTracker, batch: Batch): number | undefined {
  return tracker.accept(batch) && batch.stop !== undefined ? tracker.stop(batch) : undefined;
}

describe("a violation of the protocol", () => {
  test("is found behind a stop that was accepted and is not counted yet, as in a concurrent step", () => {
    const tracker = createTracker();
    const stop = stopOf(4, 0, "a#0");

    expect(tracker.accept(stop)).toBe(true);
    expect(tracker.accept(stop)).toBe(false);
    expect(() => tracker.accept(data(4, 0))).toThrow(/1 records came after the stop/);
    expect(tracker.stop(stop)).toBeUndefined();
  });

  test.each<[string, Batch[], number, RegExp]>([
    ["an unknown channel", [data(7, 0)], 7, /no such channel/],
    ["a stop from another task than the channel's", [stopOf(4, 0, "a#1")], 4, /from "a#1" instead of "a#0"/],
    ["a gap", [data(4, 0, 2), data(4, 3)], 4, /missing: expected sequence number 2, got 3/],
    ["a gap at the beginning", [data(4, 1)], 4, /expected sequence number 0, got 1/],
    ["a repetition", [data(4, 0, 2), data(4, 1)], 4, /came again: expected sequence number 2, got 1/],
    ["a gap before a stop", [data(4, 0), stopOf(4, 2, "a#0")], 4, /expected sequence number 1, got 2/],
    ["records after the stop", [stopOf(4, 0, "a#0"), data(4, 1)], 4, /1 records came after the stop/],
  ])("%s is refused with node and channel", (_, batches, channel, problem) => {
    const tracker = createTracker();
    const last = batches.pop() as Batch;
    for (const batch of batches) feed(tracker, batch);

    expect(() => feed(tracker, last)).toThrow(
      expect.objectContaining({
        code: "PROTOCOL_VIOLATION",
        details: { node: "join-3#0", channel, problem: expect.stringMatching(problem) },
      }),
    );
  });

  test("is found on one channel however the others are interleaved", () => {
    const tracker = createTracker();
    feed(tracker, data(4, 0, 3));
    feed(tracker, data(5, 0));
    feed(tracker, data(4, 3));

    expect(() => feed(tracker, data(5, 2))).toThrow(/channel 5/);
  });

  test("does not count the refused records as received", () => {
    const tracker = createTracker();
    feed(tracker, data(4, 0, 2));
    expect(() => feed(tracker, data(4, 5, 3))).toThrow();

    expect(tracker.received().get(4)).toBe(2);
  });
});

describe("a second stop signal", () => {
  test("on a channel is ignored", () => {
    const tracker = createTracker();
    feed(tracker, stopOf(4, 0, "a#0"));

    expect(tracker.accept(stopOf(4, 1, "a#0"))).toBe(false);
    expect(tracker.accept(stopOf(4, 0, "a#0"))).toBe(false);
    expect(tracker.awaited).toEqual(["a#1", "b#0"]);
  });
});

describe("the end of an input", () => {
  test("comes with the stop of the last of its channels, and is told once", () => {
    const tracker = createTracker();

    expect(feed(tracker, stopOf(5, 0, "a#1"))).toBeUndefined();
    expect(feed(tracker, data(4, 0))).toBeUndefined();
    expect(feed(tracker, stopOf(9, 0, "b#0"))).toBe(1);
    expect(tracker.ended).toBe(false);
    expect(feed(tracker, stopOf(4, 1, "a#0", 2))).toBe(0);
    expect(tracker.ended).toBe(true);
    expect(tracker.awaited).toEqual([]);
  });

  test("is counted by channel, so two channels from one task both have to stop", () => {
    const tracker = new InputTracker("t#0", [
      { channel: 0, inputIndex: 0, source: "a#0" },
      { channel: 1, inputIndex: 0, source: "a#0" },
    ]);

    expect(feed(tracker, stopOf(0, 0, "a#0"))).toBeUndefined();
    expect(tracker.awaited).toEqual(["a#0"]);
    expect(feed(tracker, stopOf(1, 0, "a#0"))).toBe(0);
  });

  test("of all inputs comes exactly when every channel has stopped, in any interleaving", () => {
    const shapes = fc.array(
      fc.record({ inputIndex: fc.nat({ max: 2 }), batches: fc.array(fc.nat({ max: 4 }), { maxLength: 4 }) }),
      { minLength: 1, maxLength: 5 },
    );
    const order = fc.infiniteStream(fc.nat());
    fc.assert(
      fc.property(shapes, order, (senders, picks) => {
        const declared = senders.map(({ inputIndex }, channel) => ({
          channel,
          inputIndex,
          source: `s#${channel}`,
        }));
        const tracker = new InputTracker("t#0", declared);
        const scripts = senders.map(({ batches }, channel) => {
          let seq = 0;
          const sent = batches.map((count) => {
            const batch = data(channel, seq, count);
            seq += count;
            return batch;
          });
          return [...sent, stopOf(channel, seq, `s#${channel}`)];
        });
        const inputsEnded: number[] = [];
        let open = scripts.filter((script) => script.length > 0);
        while (open.length > 0) {
          expect(tracker.ended).toBe(false);
          expect(tracker.awaited).toHaveLength(open.length);
          const script = open[(picks.next().value as number) % open.length] as Batch[];
          const ended = feed(tracker, script.shift() as Batch);
          if (ended !== undefined) inputsEnded.push(ended);
          open = scripts.filter((rest) => rest.length > 0);
        }
        expect(tracker.ended).toBe(true);
        expect(inputsEnded.sort()).toEqual([...new Set(senders.map((s) => s.inputIndex))].sort());
        senders.forEach(({ batches }, channel) => {
          expect(tracker.received().get(channel)).toBe(batches.reduce((sum, n) => sum + n, 0));
        });
      }),
    );
  });

  test("has come at once for a task without channels", () => {
    expect(new InputTracker("t#0", []).ended).toBe(true);
  });
});

describe("the way back of a feedback loop", () => {
  const back: InputChannel = { channel: 7, inputIndex: 0, source: "c#0", feedback: true, loop: true };
  const createLooped = () => new InputTracker("head#0", [...channels, back]);
  const stopOthers = (tracker: InputTracker) => {
    feed(tracker, stopOf(4, 0, "a#0"));
    feed(tracker, stopOf(5, 0, "a#1"));
    return feed(tracker, stopOf(9, 0, "b#0"));
  };

  test("is not waited for by its input, and lingers until it stops too", () => {
    const tracker = createLooped();
    expect(stopOthers(tracker)).toBe(1);
    expect([tracker.ended, tracker.lingering, tracker.awaited]).toEqual([true, true, []]);

    expect(feed(tracker, stopOf(7, 0, "c#0"))).toBeUndefined();
    expect(tracker.lingering).toBe(false);
  });

  test("is checked like every other channel, also after the inputs have ended", () => {
    const tracker = createLooped();
    stopOthers(tracker);
    expect(tracker.accept(data(7, 0, 2))).toBe(true);

    expect(() => tracker.accept(data(7, 5))).toThrow(expect.objectContaining({ code: "PROTOCOL_VIOLATION" }));
    expect(tracker.received().get(7)).toBe(2);
  });

  test("is told apart from what comes from outside", () => {
    const tracker = createLooped();
    const outside = ({ loop }: InputChannel) => loop !== true;
    expect(tracker.stopped(outside)).toBe(false);
    stopOthers(tracker);

    expect([tracker.stopped(outside), tracker.stopped(() => true)]).toEqual([true, false]);
  });
});

describe("a tracker that goes on where an earlier one stood", () => {
  const back: InputChannel = { channel: 7, inputIndex: 0, source: "c#0", feedback: true, loop: true };
  const all = [...channels, back];

  test("expects what comes next on each channel", () => {
    const marks = new ChannelMarks();
    marks.move(data(4, 0, 3));
    const tracker = new InputTracker("join-3#0", all, marks);

    expect(tracker.received().get(4)).toBe(3);
    expect(() => tracker.accept(data(4, 0))).toThrow(/came again: expected sequence number 3/);
    expect(tracker.accept(data(4, 3))).toBe(true);
  });

  test("knows which channels and inputs have ended, and waits for the others only", () => {
    const marks = new ChannelMarks();
    for (const stop of [stopOf(4, 0, "a#0"), stopOf(9, 0, "b#0", 2), stopOf(7, 0, "c#0")]) marks.move(stop);
    const tracker = new InputTracker("join-3#0", all, marks);

    expect([tracker.endedInputs, tracker.ended, tracker.announced]).toEqual([[1], false, false]);
    expect([tracker.awaited, tracker.lingering]).toEqual([["a#1"], false]);
    expect(tracker.accept(stopOf(4, 0, "a#0"))).toBe(false);
    expect(feed(tracker, stopOf(5, 0, "a#1"))).toBe(0);
    expect([tracker.endedInputs, tracker.ended, tracker.announced]).toEqual([[0, 1], true, true]);
  });

  test("has ended at once where every input had", () => {
    const marks = new ChannelMarks();
    for (const { channel, source } of channels) marks.move(stopOf(channel, 0, source));
    const tracker = new InputTracker("join-3#0", all, marks);

    expect([tracker.ended, tracker.announced, tracker.lingering]).toEqual([true, true, true]);
  });
});

test("every channel is known by the input that it feeds", () => {
  const tracker = createTracker();
  feed(tracker, data(9, 0));

  expect([4, 9, 5].map((channel) => tracker.inputOf(channel))).toEqual([0, 1, 0]);
});

describe("an optional channel", () => {
  const extra: InputChannel = { channel: -9, inputIndex: 1, source: "redrive", optional: true };
  const stopAll = (tracker: InputTracker) => {
    for (const { channel, source } of channels) feed(tracker, stopOf(channel, 0, source));
  };

  test("is waited for by nobody, and counted by no input", () => {
    const tracker = new InputTracker("join-3#0", [...channels, extra]);
    expect(tracker.awaited).toEqual(["a#0", "a#1", "b#0"]);
    expect(tracker.stopped(({ channel }) => channel === -9)).toBe(true);
    stopAll(tracker);

    expect([tracker.ended, tracker.announced, tracker.lingering]).toEqual([true, true, false]);
    expect([tracker.awaited, tracker.endedInputs]).toEqual([[], [0, 1]]);
    expect(tracker.stopped(() => true)).toBe(true);
  });

  test("is no input by itself", () => {
    const tracker = new InputTracker("t#0", [extra]);

    expect([tracker.ended, tracker.announced, tracker.endedInputs]).toEqual([true, true, []]);
  });

  test("leads to its input, and is checked like every other one", () => {
    const tracker = new InputTracker("join-3#0", [...channels, extra]);
    expect(tracker.accept(data(-9, 0, 2))).toBe(true);
    expect(tracker.inputOf(-9)).toBe(1);

    expect(() => tracker.accept(data(-9, 3))).toThrow(/missing: expected sequence number 2, got 3/);
    expect(() => tracker.accept(data(-9, 1))).toThrow(/came again/);
    expect(() => tracker.accept(stopOf(-9, 2, "a#0"))).toThrow(/from "a#0" instead of "redrive"/);
  });

  test("is told of only when something came by it", () => {
    const tracker = new InputTracker("join-3#0", [...channels, extra]);
    expect([...tracker.received().keys()]).toEqual([4, 5, 9]);

    feed(tracker, data(-9, 0));
    expect(tracker.received().get(-9)).toBe(1);
  });

  test("goes on where an earlier tracker stood", () => {
    const marks = new ChannelMarks();
    marks.move(data(-9, 0, 3));
    const tracker = new InputTracker("join-3#0", [...channels, extra], marks);

    expect(tracker.received().get(-9)).toBe(3);
    expect(tracker.accept(data(-9, 3))).toBe(true);
  });
});
