import { Batch, QueueDescriptor } from "@sage-kernel/core/spi";
import { expect, test } from "vitest";
import { AttackedHub, workerToken } from "../test-support/attacked-hub.ts";
import { RawClient } from "../test-support/raw-client.ts";
import { wsQueues } from "./node/ws.ts";
import { WsHub } from "./node/ws-hub.ts";

const attacked = new AttackedHub();

test("an operation whose name takes many bytes closes its connection, and not the hub", async () => {
  const one = attacked.raw();
  await one.hello();
  one.request(1, "€".repeat(50), {});
  await attacked.expectEnd(one.end, 4400, "protocol");
  expect((await one.end).reason).toMatch(/^there is no operation "€+$/);
});

test("who listens for refusals, and fails, breaks nothing", async () => {
  const fails = (): never => {
    throw new Error("of the listener");
  };
  const hub = await WsHub.listen({}, { onRefused: fails });
  const [one, two] = [new RawClient(hub.url), new RawClient(hub.url)];
  await one.hello();
  one.request(1, "nothing", {});
  expect((await one.end).code).toBe(4400);
  await two.hello();
  two.socket.terminate();
  expect((await new RawClient(`${hub.url}/elsewhere`).end).code).toBe(404);
  await hub.close();
});

test("a process with many full inboxes gets all of them, however much that is together", async () => {
  await attacked.listen({ maxBacklogBytes: 8 * 1024 * 1024, heartbeatMs: 2000 });
  const text = "x".repeat(100_000);
  const queues = wsQueues({ url: attacked.hub.url, token: workerToken });
  const inboxes = Array.from(
    { length: 10 },
    (_, n) => new QueueDescriptor({ kind: "ws", id: `inbox-${n}`, capacity: 100 }),
  );
  for (const inbox of inboxes) {
    const inside = await attacked.hub.queues.open(inbox);
    await inside.put(new Batch(0, 0, Array(50).fill(text)));
  }
  const opened = await Promise.all(inboxes.map((inbox) => queues.driver.open(inbox)));
  const taken = await Promise.all(
    opened.map(async (queue) => {
      let count = 0;
      while (count < 50) {
        const { batches, position } = await queue.take(10);
        for (const { payloads } of batches) count += payloads.length;
        await queue.advance(position);
      }
      return count;
    }),
  );
  expect(taken).toEqual(Array(10).fill(50));
  expect([...attacked.hub.faults]).toEqual([]);
  await queues.close();
});
