/**
 * A process that puts numbers into a queue at a hub: `node producer.mjs <url> <queue> <capacity> <records> <records per batch>`.
 * It says at the end how much was under way at most, as JSON.
 */
import { BatchCodec, CallCodec } from "@sage-kernel/codec";
import { Batch, QueueDescriptor } from "@sage-kernel/core/spi";
import { RemoteQueueDriver } from "../dist/client/remote-queue-driver.js";
import { clientSchema } from "../dist/node/hub-options.js";
import { nodeClock } from "../dist/node/node-host.js";
import { openClient } from "../dist/node/ws.js";

const [url, id, capacity, count, size] = process.argv.slice(2);
const client = openClient(clientSchema.parse({ url }));
const records = new BatchCodec();
const driver = new RemoteQueueDriver(client, records, new CallCodec(nodeClock, records));
const queue = await driver.open(new QueueDescriptor({ kind: "ws", id, capacity: Number(capacity) }));
let mostBytes = 0;
let mostHeap = 0;
for (let from = 0; from < Number(count); from += Number(size)) {
  const length = Math.min(Number(size), Number(count) - from);
  const payloads = Array.from({ length }, (_, i) => ({
    id: from + i,
    value: `${from + i}`.padStart(12, "v"),
  }));
  await queue.put(new Batch(0, from, payloads));
  mostBytes = Math.max(mostBytes, client.session.endpoint.backlog);
  mostHeap = Math.max(mostHeap, process.memoryUsage().heapUsed);
}
await queue.put(new Batch(0, Number(count), [], undefined, undefined, { source: "numbers", time: 0 }));
await client.close();
console.log(JSON.stringify({ mostBytes, mostHeap }));
