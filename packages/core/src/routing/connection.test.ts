import { describe, expect, test } from "vitest";
import { FakeQueue } from "../../test-support/fake-queue.ts";
import { data } from "../../test-support/task-harness.ts";
import { Connection } from "./connection.ts";

const connect = (keyed = true) => {
  const queue = new FakeQueue(4);
  return new Connection({ step: "next", index: 2, inputIndex: 0, keyed, channel: 7, queue });
};
const stop = { source: "map-1#0", time: 0 };

describe("a connection", () => {
  test("numbers the elements of its channel without gaps, the stop signal last", () => {
    const connection = connect();
    const batches = [
      connection.send(["a", "b"], undefined, undefined),
      connection.send(["c"], undefined, undefined),
      connection.stop(stop),
    ].map(({ batch }) => batch);

    expect(batches.map(({ firstSeq }) => firstSeq)).toEqual([0, 2, 3]);
    expect([connection.sent, connection.stopped]).toEqual([3, true]);
  });

  test("names itself as the sender of its outputs", () => {
    const connection = connect();

    expect(connection.send(["a"], undefined, undefined).connection).toBe(connection);
    expect(connection.stop(stop).connection).toBe(connection);
  });

  test("refuses elements after its stop signal, and a second one, naming channel and target", () => {
    const connection = connect();
    connection.stop(stop);

    for (const again of [() => connection.send(["a"], undefined, undefined), () => connection.stop(stop)]) {
      expect(again).toThrow(expect.objectContaining({ code: "ILLEGAL_STATE" }));
      expect(again).toThrow('Channel 7 to "next#2"');
    }
    expect(connection.sent).toBe(0);
  });

  test("drops the keys where the receiver sees none", () => {
    expect(connect(false).send(["a"], ["k"], undefined).batch.keys).toBeUndefined();
    expect(connect(true).send(["a"], ["k"], undefined).batch.keys).toEqual(["k"]);
  });

  test("forgets what it takes back: the numbers go to what comes next", () => {
    const connection = connect();
    connection.send(["a"], undefined, undefined);
    connection.takeBack(connection.send(["b", "c"], undefined, undefined).batch);
    connection.takeBack(connection.stop(stop).batch);

    expect([connection.sent, connection.stopped]).toEqual([1, false]);
    expect(connection.send(["d"], undefined, undefined).batch.firstSeq).toBe(1);
  });

  test("goes on where its channel stands when its sender starts over", () => {
    const { target } = connect();
    const open = new Connection(target, { records: 5, stopped: false });
    const ended = new Connection(target, { records: 5, stopped: true });

    expect([open.sent, open.stopped, ended.sent, ended.stopped]).toEqual([5, false, 5, true]);
    expect(open.send(["f"], undefined, undefined).batch.firstSeq).toBe(5);
    expect(() => ended.stop(stop)).toThrow(expect.objectContaining({ code: "ILLEGAL_STATE" }));
  });

  test("tells how full its target is", () => {
    const connection = connect();
    (connection.target.queue as FakeQueue).offer(data(0, 0, 1, 2, 3));

    expect(connection.bufferLoad()).toBe(0.75);
  });
});
