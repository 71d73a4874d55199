import { Batch, QueueDescriptor } from "@sage-kernel/core/spi";
import { expect, onTestFinished, test } from "vitest";
import { wsQueues } from "./node/ws.ts";
import { WsHub } from "./node/ws-hub.ts";

test("what was taken from a hub that is gone moves nothing on at the next one, and breaks nothing there", async () => {
  const descriptor = new QueueDescriptor({ kind: "ws", id: "q", capacity: 10 });
  const hub = await WsHub.listen();
  const queues = wsQueues({ url: hub.url, maxPauseMs: 10 });
  onTestFinished(() => queues.close());
  const queue = await queues.driver.open(descriptor);
  await queue.put(new Batch(0, 0, [1, 2, 3]));
  const { position } = await queue.take(3);
  await hub.close();
  const next = await WsHub.listen({ port: Number(new URL(hub.url).port) });
  onTestFinished(() => next.close());
  await expect(async () => queue.take(1)).rejects.toMatchObject({ code: "QUEUE_UNAVAILABLE" });

  const taking = Promise.resolve(queue.take(5));
  await queue.advance(position);
  await queue.size(); // by now it reads there
  await queue.advance(position);
  await (await next.queues.open(descriptor)).put(new Batch(0, 0, ["new", "newer", "newest"]));
  const { batches } = await taking;
  await queue.advance(position);
  expect(batches.flatMap(({ payloads }) => payloads)).toEqual(["new", "newer", "newest"]);
  expect([await queue.size(), [...next.faults]]).toEqual([3, []]);
});
