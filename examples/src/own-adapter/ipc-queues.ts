import { type ChildProcess, fork } from "node:child_process";
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
  readonly #waiting = new Map<number, Reply>();
  #server: ChildProcess | undefined;
  #calls = 0;

  /** For `createRuntime({ adapters: [local(), driver.adapter], queueKind: "ipc" })`. */
  readonly adapter: Adapter = {
    name: "ipc-queues",
    register: (container) => void container.register(tokens.queueDriver, { useValue: this }),
  };

  async open(descriptor: QueueDescriptor): Promise<Queue> {
    await this.ask(descriptor.id, "open", descriptor.capacity);
    return new IpcQueue(descriptor, this);
  }

  /** Ends the child process. */
  close(): void {
    this.#server?.disconnect();
    this.#server = undefined;
  }

  /** @throws SageError `QUEUE_CLOSED`, `ILLEGAL_STATE`; the signal's reason when it fires. */
  async ask(
    id: string,
    ask: string,
    detail?: unknown,
    signal?: AbortSignal,
  ): Promise<Taken | number | undefined> {
    signal?.throwIfAborted();
    const call = ++this.#calls;
    const onAbort = (): void => this.#send([++this.#calls, id, "abort", call]);
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting.set(call, (_, value, refusal) => {
          if (refusal === undefined) resolve(value);
          else if (refusal === "aborted") reject(signal?.reason);
          else if (refusal === "closed") reject(new SageError("QUEUE_CLOSED", { queue: id }));
          else reject(new SageError("ILLEGAL_STATE", { what: id, from: "one waiting take", to: "a second" }));
        });
        this.#send([call, id, ask, detail]);
      });
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  #send(question: readonly unknown[]): void {
    this.#server ??= this.#start();
    this.#server.channel?.ref(); // somebody waits for the answer
    this.#server.send(question);
  }

  #start(): ChildProcess {
    const server = fork(fileURLToPath(new URL(built, import.meta.url)), { serialization: "advanced" });
    server.unref();
    server.on("message", (message) => {
      const { call, value, refusal } = message as Record<"call" | "value" | "refusal", never>;
      const reply = this.#waiting.get(call);
      this.#waiting.delete(call);
      if (this.#waiting.size === 0) server.channel?.unref(); // nothing keeps this process alive
      reply?.(call, value, refusal);
    });
    server.on("exit", () => {
      if (this.#server === server) this.#server = undefined;
      for (const [call, reply] of this.#waiting) reply(call, undefined, "closed");
      this.#waiting.clear();
    });
    return server;
  }
}

class IpcQueue implements Queue {
  readonly descriptor: QueueDescriptor;
  readonly #driver: IpcQueueDriver;
  readonly offer = (): boolean => false; // whether there is room, the server knows

  constructor(descriptor: QueueDescriptor, driver: IpcQueueDriver) {
    this.descriptor = descriptor;
    this.#driver = driver;
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
    return this.#driver.ask(this.descriptor.id, ask, detail, signal);
  }
}

function toElement({ channel, firstSeq, payloads, keys, headers, stop }: Batch): Element {
  return { isRecord: payloads.length > 0, fields: [channel, firstSeq, payloads, keys, headers, stop] };
}

function toBatch({ fields }: Element): Batch {
  return new Batch(...(fields as ConstructorParameters<typeof Batch>));
}
