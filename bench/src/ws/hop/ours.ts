import { WsHub, wsQueues } from "@sage-kernel/adapter-ws";
import { Batch, isPromiseLike, QueueDescriptor } from "@sage-kernel/core/spi";
import { hopCase, type Send } from "./hop-case.ts";
import { batchSize, recordsFrom, type WireRecord } from "./records.ts";

const kind = "ws";

/** Ours: a queue at a hub, with credit, acknowledgements and commits. */
export const hop = hopCase(import.meta.url, async () => {
  const hub = await WsHub.listen();
  const { capacity = 1024 } = hub.queues.suits ?? {};
  let runs = 0;
  return {
    address: hub.url,
    async receive(count, take) {
      const queue = await hub.queues.open(new QueueDescriptor({ kind, id: `numbers-${runs++}`, capacity }));
      for (let taken = 0; taken < count; ) {
        const next = queue.take(1024);
        const { batches, position } = isPromiseLike(next) ? await next : next;
        for (const { payloads } of batches) {
          for (const record of payloads) take(record as WireRecord);
          taken += payloads.length;
        }
        queue.advance(position);
      }
    },
    close: () => hub.close(),
  };
});

/** The other process: puts batches. */
export async function open(url: string): Promise<Send> {
  const { driver } = wsQueues({ url });
  const { capacity = 1024 } = driver.suits ?? {};
  let runs = 0;
  return async (count) => {
    const queue = await driver.open(new QueueDescriptor({ kind, id: `numbers-${runs++}`, capacity }));
    for (let from = 0; from < count; from += batchSize) {
      const put = queue.put(new Batch(0, from, recordsFrom(from, Math.min(count, from + batchSize))));
      if (isPromiseLike(put)) await put;
    }
  };
}
