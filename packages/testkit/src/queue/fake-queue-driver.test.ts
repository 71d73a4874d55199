import { Batch, QueueDescriptor } from "@sage-kernel/core/spi";
import { describe, expect, it } from "vitest";
import { FakeQueue } from "./fake-queue.ts";
import { FakeQueueDriver } from "./fake-queue-driver.ts";

const descriptor = new QueueDescriptor({ kind: "fake", id: "q", capacity: 4 });

describe("a fake queue driver", () => {
  it("opens a new queue each time, and remembers them", () => {
    const driver = new FakeQueueDriver();

    const queues = [driver.open(descriptor), driver.open(descriptor)];

    expect(driver.opened).toEqual(queues);
    expect(queues[0]).not.toBe(queues[1]);
    expect(driver.capabilities.crossProcess).toBe(false);
  });

  it("leads to the same queue as another driver with the same server", async () => {
    const server = new Map<string, FakeQueue>();
    const [one, other] = [new FakeQueueDriver({ server }), new FakeQueueDriver({ server })];

    await one.open(descriptor).put(new Batch(0, 0, ["a"]));

    expect(await other.open(descriptor).size()).toBe(1);
    expect(one.capabilities.crossProcess).toBe(true);
  });

  it("makes and wraps queues as it is told", () => {
    class Special extends FakeQueue {}
    const wrapped = new FakeQueue(descriptor);
    const driver = new FakeQueueDriver({ create: (named) => new Special(named), wrap: () => wrapped });

    expect(driver.open(descriptor)).toBe(wrapped);
    expect(driver.opened[0]).toBeInstanceOf(Special);
  });
});
