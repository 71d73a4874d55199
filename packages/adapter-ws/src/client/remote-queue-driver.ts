import type { BatchCodec, CallCodec } from "@sage-kernel/codec";
import type { QueueDescriptor, QueueDriver } from "@sage-kernel/core/spi";
import type { HubClient } from "./hub-client.ts";
import { RemoteQueue } from "./remote-queue.ts";

/** Kind of the descriptors of queues at a hub. */
export const wsQueueKind = "ws";

/** What is known of the queues at a hub, whoever opens them. */
export const wsQueues = {
  kind: wsQueueKind,
  capabilities: { crossProcess: true, durable: false, atomicCommit: false },
  suits: { capacity: 4096, maxBatch: 1024 },
} as const;

/** Opens queues that live at a hub. */
export class RemoteQueueDriver implements QueueDriver {
  readonly kind = wsQueues.kind;
  readonly capabilities = wsQueues.capabilities;
  readonly suits = wsQueues.suits;
  readonly #client: HubClient;
  readonly #records: BatchCodec;
  readonly #calls: CallCodec;

  constructor(client: HubClient, records: BatchCodec, calls: CallCodec) {
    this.#client = client;
    this.#records = records;
    this.#calls = calls;
  }

  async open(descriptor: QueueDescriptor): Promise<RemoteQueue> {
    const codec = descriptor.options.mode === "call" ? this.#calls : this.#records;
    const queue = new RemoteQueue({ descriptor, client: this.#client, codec });
    await queue.open();
    return queue;
  }
}
