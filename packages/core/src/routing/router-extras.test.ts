import { describe, expect, test } from "vitest";
import { FakeQueue } from "../../test-support/fake-queue.ts";
import { RecordBuffer } from "../packet/record-buffer.ts";
import { BroadcastGroup } from "./broadcast-group.ts";
import { Connection, type Output } from "./connection.ts";
import { CustomGroup } from "./custom-group.ts";
import type { OutputGroup } from "./output-group.ts";
import { Router } from "./router.ts";
import { SingleGroup } from "./single-group.ts";

const copy = (payload: unknown) => ({ ...(payload as object) });
const connect = (channel: number) =>
  new Connection({ step: "s", index: 0, inputIndex: 0, keyed: true, channel, queue: new FakeQueue() });
const single = (channel: number, shared = false): OutputGroup =>
  Object.assign(new SingleGroup("round-robin", connect(channel)), { shared });

function buffer(...payloads: unknown[]) {
  const records = new RecordBuffer();
  records.payloads = payloads;
  return records;
}

function route(send: (outputs: Output[]) => void) {
  const outputs: Output[] = [];
  send(outputs);
  return outputs.map(({ batch }) => batch).sort((a, b) => a.channel - b.channel);
}

describe("the dead letters of a router", () => {
  test("go to their own edges alone, a copy to each but the first", () => {
    const router = new Router([single(0)], copy, { deadLetters: [single(1), single(2)] });
    const letter = { record: "bad" };
    const batches = route((outputs) => router.routeDeadLetters([letter], outputs));

    expect(batches.map(({ channel, payloads }) => [channel, payloads])).toEqual([
      [1, [letter]],
      [2, [letter]],
    ]);
    expect(batches[0]?.payloads[0]).toBe(letter);
    expect(batches[1]?.payloads[0]).not.toBe(letter);
  });

  test("are not touched by what records there are, nor the other way round", () => {
    const router = new Router([single(0)], copy, { deadLetters: [single(1)] });

    expect(route((outputs) => router.route(buffer({ n: 1 }), outputs)).map((b) => b.channel)).toEqual([0]);
    expect(route((outputs) => router.routeDeadLetters([], outputs))).toEqual([]);
  });

  test("may be spread by a partitioner of their receiver, beside one of the records", () => {
    const custom = (first: number, choice: number) =>
      new CustomGroup("custom", [connect(first), connect(first + 1)], { select: () => choice }, "s", copy);
    const router = new Router([custom(0, 0)], copy, { deadLetters: [single(2), custom(3, 1)] });
    const batches = route((outputs) => router.routeDeadLetters([{ n: 1 }, { n: 2 }], outputs));

    expect(batches.map(({ channel, payloads }) => [channel, payloads.length])).toEqual([
      [2, 2],
      [4, 2],
    ]);
  });

  test("get a stop signal of their own, and count as sent by channel", () => {
    const router = new Router([single(0)], copy, { deadLetters: [single(1)] });
    router.routeDeadLetters([{ n: 1 }], []);
    const stops = route((outputs) => router.stop({ source: "a#0", time: 0 }, outputs));

    expect(stops.map(({ channel }) => channel)).toEqual([0, 1]);
    expect([...router.sent()]).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });
});

describe("a group that shares", () => {
  test("gets the records themselves, while the others get copies", () => {
    const record = { n: 1 };
    const router = new Router([single(0), single(1, true), single(2)], copy);
    const payloads = route((outputs) => router.route(buffer(record), outputs)).map((b) => b.payloads[0]);

    expect(payloads).toEqual([record, record, record]);
    expect(payloads.map((payload) => payload === record)).toEqual([false, true, false]);
  });

  test("may be a broadcast whose instances share too", () => {
    const record = { n: 1 };
    const shared = new BroadcastGroup([connect(0), connect(1)], (payload) => payload);
    const router = new Router([Object.assign(shared, { shared: true })], copy);
    const payloads = route((outputs) => router.route(buffer(record), outputs)).map((b) => b.payloads[0]);

    expect(payloads.every((payload) => payload === record)).toBe(true);
  });
});

describe("a router that checks", () => {
  const refuse = (payload: unknown) => {
    if ((payload as { bad?: boolean }).bad) throw new RangeError("not this one");
  };

  test("refuses a record in the attempt that emitted it, and looks at no other", () => {
    const seen: unknown[] = [];
    const router = new Router([single(0)], copy, {
      check: (payload) => {
        seen.push(payload);
        refuse(payload);
      },
    });
    const records = buffer("before", { n: 1 }, { bad: true });

    expect(router.selective).toBe(true);
    expect(() => router.select(records, 1)).toThrow("not this one");
    expect(seen).toEqual([{ n: 1 }, { bad: true }]);
  });

  test("checks before it asks a custom partitioner", () => {
    let asked = 0;
    const select = () => asked++;
    const group = new CustomGroup("custom", [connect(0)], { select }, "s", copy);
    const router = new Router([group], copy, { check: refuse });

    expect(() => router.select(buffer({ bad: true }), 0)).toThrow("not this one");
    expect(asked).toBe(0);
  });
});
