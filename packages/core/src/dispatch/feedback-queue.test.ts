import { describe, expect, test } from "vitest";
import { FakeQueue } from "../../test-support/fake-queue.ts";
import { data } from "../../test-support/task-harness.ts";
import { FeedbackQueue } from "./feedback-queue.ts";

describe("the sending side of a way back", () => {
  test("takes what fits at once", () => {
    const queue = new FakeQueue(3);
    const back = new FeedbackQueue(queue, "again", "head#0");

    expect(back.put(data(0, 0, "a", "b"))).toBeUndefined();
    expect(back.offer(data(0, 2, "c"))).toBe(true);
    expect([back.size(), queue.size()]).toEqual([3, 3]);
  });

  test("refuses what does not fit, naming the loop, its head and the limit, and keeps nothing of it", () => {
    const queue = new FakeQueue(3);
    const back = new FeedbackQueue(queue, "again", "head#0");

    expect(() => back.put(data(0, 0, 1, 2, 3, 4))).toThrow(
      expect.objectContaining({
        code: "LOOP_OVERFLOW",
        details: { loop: "again", node: "head#0", limit: 3 },
      }),
    );
    expect(queue.size()).toBe(0);
  });

  test("is the same queue in everything else", async () => {
    const queue = new FakeQueue(3);
    const back = new FeedbackQueue(queue, "again", "head#0");
    back.offer(data(0, 0, "a", "b"));
    const delivery = await back.take(2);
    expect(back.positionAfter(delivery, 1)).toBe(1);
    back.advance(1);
    back.rewind();
    expect((await queue.take(2)).batches[0]?.payloads).toEqual(["b"]);

    back.close();
    expect([back.descriptor, queue.closes]).toEqual([queue.descriptor, 1]);
  });
});
