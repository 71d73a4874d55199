import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { SageError } from "@sage-kernel/core";
import { type Adapter, tokens } from "@sage-kernel/core/di";
import type { Queue, QueueDescriptor, QueueDriver } from "@sage-kernel/core/spi";
import { Batch, type Delivery } from "@sage-kernel/core/spi";
import type { Element, Reply, Taken } from "./served-queue.ts";

/** The server as built: Node runs no TypeScript. */
const built = import.meta.url.endsWith(".ts")
  ? "../../dist/own-adapter/queue-server.js"
  : "./queue-server.js";

/** Queues in a child process, which is started with the first of them. */
export class IpcQueueDriver implements QueueDriver {
  readonly kind = "ipc";
  readonly capabilities = { crossProcess: false, durable: false, atomicCommit: false };
  #server: QueueServer | undefined;

  /** For `createRuntime({ adapters: [local(), driver.adapter], queueKind: "ipc" })`. */
  readonly adapter: Adapter = {
    name: "ipc-queues",
    register: (container) => void container.register(tokens.queueDriver, { useValue: this }),
  };

  async open(descriptor: QueueDescriptor): Promise<Queue> {
    if (this.#server === undefined || this.#server.gone) this.#server = new QueueServer();
    await this.#server.ask(descriptor.id, "open", descriptor.capacity);
    return new IpcQueue(descriptor, this.#server);
  }

  close(): void {
    this.#server?.close();
  }
}

/** A child process with queues, and who waits for its answers. */
class QueueServer {
  gone = false;
  readonly #child = fork(fileURLToPath(new URL(built, import.meta.url)), { serialization: "advanced" });
  readonly #waiting = new Map<number, Reply>();
  #calls = 0;

  constructor() {
    this.#child.on("message", (message) => this.#answer(...(message as Parameters<Reply>)));
    for (const end of ["error", "exit"]) this.#child.on(end, () => this.close());
  }

  /** @throws SageError `QUEUE_CLOSED`, `ILLEGAL_STATE`, `NOT_SERIALIZABLE`; the signal's reason when it fires. */
  ask(id: string, ask: string, detail?: unknown, signal?: AbortSignal): Promise<Taken | number | undefined> {
    const call = ++this.#calls;
    const onAbort = (): void => void this.#child.send([++this.#calls, id, "abort", call]);
    return new Promise<Taken | number | undefined>((resolve, reject) => {
      signal?.throwIfAborted();
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiting.set(call, (_, value, refusal) => {
        const facts = { what: id, from: "one waiting take", to: "a second" };
        if (refusal === undefined) resolve(value);
        else if (refusal === "aborted") reject(signal?.reason);
        else if (refusal === "closed") reject(new SageError("QUEUE_CLOSED", { queue: id }));
        else if (refusal === "busy") reject(new SageError("ILLEGAL_STATE", facts));
        else reject(new SageError("NOT_SERIALIZABLE", { path: "payload", got: refusal }));
      });
      for (const held of [this.#child, this.#child.channel]) held?.ref(); // somebody waits: this process stays
      if (this.gone) return this.close();
      try {
        this.#child.send([call, id, ask, detail]);
      } catch (error) {
        this.#answer(call, undefined, `what the channel refuses: ${error}`);
      }
    }).finally(() => signal?.removeEventListener("abort", onAbort));
  }

  /** Ends it; what waits for it is rejected. */
  close(): void {
    this.gone = true;
    if (this.#child.connected) this.#child.disconnect();
    for (const call of [...this.#waiting.keys()]) this.#answer(call, undefined, "closed");
  }

  #answer(...[call, value, refusal]: Parameters<Reply>): void {
    const reply = this.#waiting.get(call);
    this.#waiting.delete(call);
    if (this.#waiting.size === 0) for (const held of [this.#child, this.#child.channel]) held?.unref();
    reply?.(call, value, refusal);
  }
}

class IpcQueue implements Queue {
  readonly descriptor: QueueDescriptor;
  readonly #server: QueueServer;
  readonly offer = (): boolean => false; // whether there is room, the server knows

  constructor(descriptor: QueueDescriptor, server: QueueServer) {
    this.descriptor = descriptor;
    this.#server = server;
  }

  async put(batch: Batch, signal?: AbortSignal): Promise<void> {
    const records = batch.payloads.map((_, i) => batch.range(i, i + 1));
    const all = batch.stop === undefined ? records : [...records, batch.range(records.length)];
    await this.#ask("put", all.map(toElement), signal);
  }

  async take(max: number, signal?: AbortSignal): Promise<Delivery> {
    const { elements, ...delivery } = (await this.#ask("take", max, signal)) as Taken;
    return { ...delivery, batches: elements.map(toBatch) };
  }

  async advance(position: number): Promise<void> {
    await this.#ask("advance", position);
  }

  positionAfter({ batches, position }: Delivery, elements: number): number {
    return (position as number) - batches.length + elements; // each batch holds one element
  }

  async rewind(): Promise<void> {
    await this.#ask("rewind");
  }

  async size(): Promise<number> {
    return (await this.#ask("size")) as number;
  }

  async close(): Promise<void> {
    await this.#ask("close");
  }

  #ask(ask: string, detail?: unknown, signal?: AbortSignal): Promise<Taken | number | undefined> {
    return this.#server.ask(this.descriptor.id, ask, detail, signal);
  }
}

function toElement({ channel, firstSeq, payloads, keys, headers, stop }: Batch): Element {
  return { isRecord: payloads.length > 0, fields: [channel, firstSeq, payloads, keys, headers, stop] };
}

function toBatch({ fields }: Element): Batch {
  return new Batch(...(fields as ConstructorParameters<typeof Batch>));
}
