import { describe, expect, test } from "vitest";
import type { MaybePromise } from "../host/maybe-promise.ts";
import { DriverRegistry } from "./driver-registry.ts";
import type { Queue } from "./queue.port.ts";
import { QueueDescriptor } from "./queue-descriptor.ts";
import { QueueHandles } from "./queue-handles.ts";

class FakeQueue implements Queue {
  readonly descriptor: QueueDescriptor;
  closed = 0;

  constructor(descriptor: QueueDescriptor) {
    this.descriptor = descriptor;
  }

  offer(): boolean {
    return true;
  }
  put(): void {}
  take() {
    return { batches: [], position: null, done: true };
  }
  advance(): void {}
  positionAfter(): number {
    return 0;
  }
  rewind(): void {}
  size(): number {
    return 0;
  }
  close(): void {
    this.closed++;
  }
}

/** Handles over one driver of kind `fake`, and everything that the driver opened. */
function handlesOver(open: (queue: FakeQueue, nth: number) => MaybePromise<Queue> = (queue) => queue) {
  const opened: FakeQueue[] = [];
  const driver = {
    kind: "fake",
    capabilities: { crossProcess: false, durable: false, atomicCommit: true },
    open: (descriptor: QueueDescriptor) => {
      const queue = new FakeQueue(descriptor);
      opened.push(queue);
      return open(queue, opened.length);
    },
  };
  return { handles: new QueueHandles(new DriverRegistry([driver])), opened };
}

const descriptor = (id = "q", capacity = 8) => new QueueDescriptor({ kind: "fake", id, capacity });
const later = async (queue: Queue) => queue;
const tick = () => new Promise((resolve) => setImmediate(resolve));

describe("opening", () => {
  test("happens at the first use, not when a descriptor is made or serialised (D-07)", () => {
    const { handles, opened } = handlesOver();
    const made = descriptor();
    JSON.stringify(made);
    expect(opened).toEqual([]);

    handles.open(made);
    expect(opened).toHaveLength(1);
  });

  test("answers without a promise when the driver does", () => {
    const { handles, opened } = handlesOver();

    expect(handles.open(descriptor())).toBe(opened[0]);
    expect(handles.open(descriptor())).toBe(opened[0]);
    expect(opened).toHaveLength(1);
  });

  test("happens once for concurrent callers of an asynchronous driver (D-02)", async () => {
    const { handles, opened } = handlesOver(later);
    const queues = await Promise.all([1, 2, 3].map(async () => handles.open(descriptor())));

    expect(opened).toHaveLength(1);
    expect(new Set(queues)).toEqual(new Set(opened));
    expect(handles.open(descriptor())).toBe(opened[0]);
  });

  test("keeps queues with other ids apart", () => {
    const { handles } = handlesOver();

    expect(handles.open(descriptor("a"))).not.toBe(handles.open(descriptor("b")));
    expect(handles.size).toBe(2);
  });

  test("refuses another capacity for an open queue and names the field (D-08)", () => {
    const { handles } = handlesOver();
    handles.open(descriptor("q", 8));

    expect(() => handles.open(descriptor("q", 9))).toThrow(
      expect.objectContaining({ code: "DESCRIPTOR_CONFLICT", details: { queue: "q", field: "capacity" } }),
    );
  });

  test("refuses a kind that has no driver", () => {
    const { handles } = handlesOver();

    expect(() => handles.open(new QueueDescriptor({ kind: "none", id: "q", capacity: 1 }))).toThrow(
      expect.objectContaining({ code: "UNKNOWN_DESCRIPTOR_KIND" }),
    );
    expect(handles.size).toBe(0);
  });
});

describe("a failed opening", () => {
  test("reaches every concurrent caller, and is forgotten", async () => {
    const failure = new Error("no route");
    const { handles, opened } = handlesOver(async (queue, nth) => {
      if (nth === 1) throw failure;
      return queue;
    });
    const both = await Promise.allSettled([handles.open(descriptor()), handles.open(descriptor())]);

    expect(both.map((r) => r.status === "rejected" && r.reason)).toEqual([failure, failure]);
    expect(await handles.open(descriptor())).toBe(opened[1]);
  });

  test("of a synchronous driver is forgotten too", () => {
    const { handles, opened } = handlesOver((queue, nth) => {
      if (nth === 1) throw new Error("no");
      return queue;
    });

    expect(() => handles.open(descriptor())).toThrow("no");
    expect(handles.open(descriptor())).toBe(opened[1]);
  });

  test("does not forget a later opening of the same queue", async () => {
    let fail: (error: Error) => void = () => undefined;
    const { handles, opened } = handlesOver((queue, nth) =>
      nth === 1 ? new Promise<Queue>((_, reject) => (fail = reject)) : queue,
    );
    const first = Promise.resolve(handles.open(descriptor())).catch(String);
    const cleared = handles.clear(descriptor()).catch(String);
    const second = handles.open(descriptor());

    fail(new Error("late"));
    await Promise.all([first, cleared]);

    expect(handles.open(descriptor())).toBe(second);
    expect(opened).toHaveLength(2);
  });
});

describe("clear", () => {
  test("closes the queue, and the next use opens it anew (D-09)", async () => {
    const { handles, opened } = handlesOver();
    const first = handles.open(descriptor());

    await handles.clear(descriptor());

    expect(opened[0]?.closed).toBe(1);
    expect(handles.open(descriptor())).not.toBe(first);
    expect(opened).toHaveLength(2);
  });

  test("leaves other queues open", async () => {
    const { handles, opened } = handlesOver();
    handles.open(descriptor("a"));
    handles.open(descriptor("b"));

    await handles.clear(descriptor("a"));

    expect(opened.map((queue) => queue.closed)).toEqual([1, 0]);
    expect(handles.size).toBe(1);
  });

  test("of a queue that is not open opens nothing", async () => {
    const { handles, opened } = handlesOver();

    await handles.clear(descriptor());

    expect(opened).toEqual([]);
  });
});

describe("close", () => {
  test("closes every queue once, also one that is just being opened", async () => {
    const { handles, opened } = handlesOver(async (queue) => {
      await tick();
      return queue;
    });
    await handles.open(descriptor("a"));
    void handles.open(descriptor("b"));

    await handles.close();
    await handles.close();

    expect(opened.map((queue) => queue.closed)).toEqual([1, 1]);
    expect(handles.size).toBe(0);
  });

  test("closes the others when one of them fails to, and tells", async () => {
    const { handles, opened } = handlesOver();
    for (const id of ["a", "b", "c"]) handles.open(descriptor(id));
    (opened[0] as FakeQueue).close = () => {
      throw new Error("stuck");
    };

    await expect(handles.close()).rejects.toThrow("stuck");
    expect(opened.slice(1).map((queue) => queue.closed)).toEqual([1, 1]);
  });
});
