import { hasCode } from "@sage-kernel/core";
import { Batch, isPromiseLike, QueueDescriptor } from "@sage-kernel/core/spi";
import { describe, expect, it } from "vitest";
import { FakeQueue } from "./fake-queue.ts";

const queueOf = (capacity: number, options = {}): FakeQueue =>
  new FakeQueue(new QueueDescriptor({ kind: "fake", id: "q", capacity, options }));

describe("a fake queue", () => {
  it("shows what was put, taken and committed so far, and how many puts wait", async () => {
    const queue = queueOf(3);
    const first = new Batch(0, 0, ["a", "b"]);
    const second = new Batch(0, 2, ["c", "d"]);

    queue.put(first);
    const waiting = queue.put(second);
    expect(queue.waitingPuts).toBe(1);
    const delivery = await queue.take(2);
    queue.advance(delivery.position as number);
    await waiting;

    expect(queue.puts).toEqual([first, second]);
    expect(queue.takes).toEqual([delivery]);
    expect(queue.commits).toEqual([2]);
    expect(queue.waitingPuts).toBe(0);
    expect(queue.closed).toBe(false);
  });

  it("answers what needs no waiting without a promise", () => {
    const queue = queueOf(4);

    const put = queue.put(new Batch(0, 0, [1, 2]));
    const taken = queue.take(10);

    expect(put).toBeUndefined();
    expect(isPromiseLike(taken)).toBe(false);
  });

  it("delivers what belongs together as one batch, and channels apart", async () => {
    const queue = queueOf(10);
    queue.put(new Batch(0, 0, ["a"]));
    queue.put(new Batch(0, 1, ["b"]));
    queue.put(new Batch(1, 0, ["c"]));
    queue.put(new Batch(0, 2, [], undefined, undefined, { source: "s", time: 0 }));

    const { batches } = await queue.take(10);

    expect(batches.map(({ channel, firstSeq, payloads }) => [channel, firstSeq, payloads])).toEqual([
      [0, 0, ["a", "b"]],
      [1, 0, ["c"]],
      [0, 2, []],
    ]);
  });

  it("measures records in bytes when it is told to", () => {
    const queue = queueOf(10, { maxRecordBytes: 4 });

    queue.put(new Batch(0, 0, ["abcd"]));
    const refused = (() => {
      try {
        return queue.put(new Batch(0, 1, ["aé😀"]));
      } catch (error) {
        return error;
      }
    })();

    expect(hasCode(refused, "INVALID_OPTION")).toBe(true);
    expect(String(refused)).toContain("has 7 bytes");
  });
});
