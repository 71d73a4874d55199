import type { BatchCodec, CallCodec } from "@sage-kernel/codec";
import type { QueueDescriptor, QueueDriver } from "@sage-kernel/core/spi";
import { jobOf } from "../wire/job-of.ts";
import { wsQueues } from "../wire/ws-queues.ts";
import type { HubClient } from "./hub-client.ts";
import { RemoteQueue } from "./remote-queue.ts";
import { WsProcess } from "./ws-process.ts";

/** Opens queues that live at a hub. */
export class RemoteQueueDriver implements QueueDriver {
  readonly kind = wsQueues.kind;
  readonly capabilities = wsQueues.capabilities;
  readonly suits = wsQueues.suits;
  readonly #client: HubClient;
  readonly #records: BatchCodec;
  readonly #calls: CallCodec;
  readonly #process: WsProcess;

  constructor(
    client: HubClient,
    records: BatchCodec,
    calls: CallCodec,
    process: WsProcess = new WsProcess(),
  ) {
    this.#process = process;
    this.#client = client;
    this.#records = records;
    this.#calls = calls;
  }

  async open(descriptor: QueueDescriptor): Promise<RemoteQueue> {
    const codec = descriptor.options.mode === "call" ? this.#calls : this.#records;
    const { id } = descriptor;
    const { passes, queues } = this.#process;
    const queue: RemoteQueue = new RemoteQueue({
      ...{ descriptor, client: this.#client, codec },
      pass: () => passes.get(jobOf(id)),
      onLeft: () => {
        if (queues.get(id) === queue) queues.delete(id);
      },
    });
    await queue.open();
    queues.set(id, queue);
    return queue;
  }
}
