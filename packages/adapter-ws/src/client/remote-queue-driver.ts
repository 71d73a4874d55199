import type { BatchCodec, CallCodec } from "@sage-kernel/codec";
import type { QueueDescriptor, QueueDriver } from "@sage-kernel/core/spi";
import { jobOf } from "../wire/job-of.ts";
import { wsQueues } from "../wire/ws-queues.ts";
import type { HubClient } from "./hub-client.ts";
import { RemoteQueue } from "./remote-queue.ts";

/** Opens queues that live at a hub. */
export class RemoteQueueDriver implements QueueDriver {
  readonly kind = wsQueues.kind;
  readonly capabilities = wsQueues.capabilities;
  readonly suits = wsQueues.suits;
  readonly #client: HubClient;
  readonly #records: BatchCodec;
  readonly #calls: CallCodec;
  readonly #passes: ReadonlyMap<string, string>;

  /** `passes` are those of the stores of this process, by job: queues of a job are closed with them. */
  constructor(
    client: HubClient,
    records: BatchCodec,
    calls: CallCodec,
    passes: ReadonlyMap<string, string> = new Map(),
  ) {
    this.#passes = passes;
    this.#client = client;
    this.#records = records;
    this.#calls = calls;
  }

  async open(descriptor: QueueDescriptor): Promise<RemoteQueue> {
    const codec = descriptor.options.mode === "call" ? this.#calls : this.#records;
    const queue = new RemoteQueue({
      ...{ descriptor, client: this.#client, codec },
      pass: () => this.#passes.get(jobOf(descriptor.id)),
    });
    await queue.open();
    return queue;
  }
}
