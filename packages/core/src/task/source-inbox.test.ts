import { describe, expect, test } from "vitest";
import { Completion } from "../host/completion.ts";
import type { Runnable, Scheduler } from "../host/scheduler.port.ts";
import { IteratorReader, type SourceReader } from "../operator/source-reader.ts";
import type { Delivery } from "../queue/queue.port.ts";
import { SourceInbox, sourceChannel } from "./source-inbox.ts";

const scheduler: Scheduler = {
  post: (step: Runnable) => void setImmediate(() => step.run()),
  yield: async () => undefined,
};
const readerOf = (records: readonly unknown[]) => new IteratorReader(records.values());
const inboxOf = (reader: SourceReader) => new SourceInbox("source-1#0", reader, { now: () => 77 } as never);

describe("a source's inbox", () => {
  test("delivers what its reader gives, numbered from 0, with the number of elements as position", () => {
    const inbox = inboxOf(readerOf(["a", "b", "c"]));
    const deliveries = [inbox.take(2), inbox.take(2)] as Delivery[];

    expect(deliveries).toMatchObject([
      { batches: [{ channel: sourceChannel, firstSeq: 0, payloads: ["a", "b"] }], position: 2, done: false },
      { batches: [{ channel: sourceChannel, firstSeq: 2, payloads: ["c"] }], position: 3, done: false },
    ]);
    for (const { batches } of deliveries) expect(batches[0]?.stop).toBeUndefined();
  });

  test("tells the position after a part of a delivery: the number of elements up to there", () => {
    const inbox = inboxOf(readerOf(["a", "b", "c", "d"]));
    inbox.take(1);
    const delivery = inbox.take(3) as Delivery;

    expect([1, 2, 3].map((elements) => inbox.positionAfter(delivery, elements))).toEqual([2, 3, 4]);
  });

  test("ends with a stop signal of its own, once", () => {
    const inbox = inboxOf(readerOf(["a"]));
    inbox.take(5);

    expect(inbox.take(5)).toMatchObject({
      batches: [{ firstSeq: 1, payloads: [], stop: { source: "source-1#0", time: 77 } }],
      position: 2,
      done: true,
    });
    expect(inbox.take(5)).toEqual({ batches: [], position: 2, done: true });
  });

  test("closes its reader", () => {
    const inbox = inboxOf(readerOf(["a", "b"]));
    inbox.take(1);
    inbox.close();

    expect(inbox.take(1)).toMatchObject({ batches: [{ payloads: [], stop: { source: "source-1#0" } }] });
  });

  test("waits for a reader that waits, with a promise or a completion", async () => {
    const completion = new Completion<unknown[]>(scheduler);
    const answers = [Promise.resolve(["a"]), completion];
    const inbox = inboxOf({ poll: () => answers.shift() ?? [], close: () => undefined });

    expect(await inbox.take(1)).toMatchObject({ batches: [{ firstSeq: 0, payloads: ["a"] }] });
    const second = (async () => await inbox.take(1))();
    completion.resolve(["b"]);
    expect(await second).toMatchObject({ batches: [{ firstSeq: 1, payloads: ["b"] }] });
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("torn");
      },
    ],
    ["rejects", () => Promise.reject(new Error("torn"))],
    [
      "rejects a completion",
      () => {
        const completion = new Completion<unknown[]>(scheduler);
        completion.reject(new Error("torn"));
        return completion;
      },
    ],
  ])("fails with its reader when that %s", async (_, poll) => {
    const inbox = inboxOf({ poll, close: () => undefined });

    await expect((async () => await inbox.take(1))()).rejects.toThrow("torn");
  });
});
