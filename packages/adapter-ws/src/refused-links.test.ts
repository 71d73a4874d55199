import { QueueDescriptor } from "@sage-kernel/core/spi";
import { expect, test } from "vitest";
import { until } from "../test-support/until.ts";
import { WsLab } from "../test-support/ws-lab.ts";

test("who asks a queue whose link is not made again hears why, and its other queues go on", async () => {
  const lab = await WsLab.start({ sessionTtlMs: 20 });
  const client = lab.client({ maxPauseMs: 20 });
  const driver = lab.driver(client);
  const [queue, other] = ["queue", "other"].map(
    (id) => new QueueDescriptor({ kind: "ws", id, capacity: 10 }),
  ) as [QueueDescriptor, QueueDescriptor];
  const [first, second] = [await driver.open(queue), await driver.open(other)];
  const { session } = client;
  lab.proxy.stall();
  lab.proxy.cut();
  await until("the session is over", () => lab.hub.sessions === 0);
  await lab.hub.queues.open(new QueueDescriptor({ kind: "ws", id: "queue", capacity: 20 }));
  lab.proxy.heal();
  await until("another one has begun", () => client.session !== session && client.connected);

  await expect(first.size()).rejects.toMatchObject({ code: "DESCRIPTOR_CONFLICT" });
  expect(await second.size()).toBe(0);
  await expect(first.close()).rejects.toMatchObject({ code: "DESCRIPTOR_CONFLICT" });
  expect([...lab.hub.faults]).toEqual([]);
  await lab.stop();
});
