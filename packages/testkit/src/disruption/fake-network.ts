import { type Delivery, type MaybePromise, type Queue, QueueDescriptor } from "@sage-kernel/core/spi";
import { FakeQueue } from "../queue/fake-queue.ts";
import { FakeLink } from "./fake-link.ts";

/** A queue of the server, which can forget who reads it. */
class ServerQueue extends FakeQueue {
  /** The reader is gone: what it has taken and not committed is there for the next one. */
  forgetReader(): void {
    this.consumer?.release();
    this.consumer = undefined;
    this.taken = 0;
  }
}

/** A pretended server with queues. The mutants of the contract override one of its methods each. */
export class FakeNetwork extends FakeLink {
  protected readonly queues = new Map<string, ServerQueue>();

  /** Opens a queue by this name. */
  open(name: string, capacity: number): Queue {
    const descriptor = new QueueDescriptor({ kind: "network", id: name, capacity });
    if (!this.queues.has(name)) this.queues.set(name, new ServerQueue(descriptor));
    return new NetworkQueue(descriptor, this);
  }

  /** Asks for something of a queue. */
  askQueue(
    name: string,
    run: (queue: FakeQueue, signal: AbortSignal) => MaybePromise<unknown>,
    signal?: AbortSignal,
  ): Promise<unknown> {
    return this.ask((given) => run(this.queues.get(name) as FakeQueue, given), signal);
  }

  override restartServer(): void {
    for (const queue of this.queues.values()) queue.forgetReader();
    super.restartServer();
  }

  override killPeer(): void {
    super.killPeer();
    for (const queue of this.queues.values()) queue.forgetReader();
  }
}

class NetworkQueue implements Queue {
  readonly descriptor: QueueDescriptor;
  readonly #network: FakeNetwork;
  readonly offer = (): boolean => false;

  constructor(descriptor: QueueDescriptor, network: FakeNetwork) {
    this.descriptor = descriptor;
    this.#network = network;
  }

  async put(...[batch, signal]: Parameters<Queue["put"]>): Promise<void> {
    await this.#ask((queue, given) => queue.put(batch, given), signal);
  }

  take(max: number, signal?: AbortSignal): Promise<Delivery> {
    return this.#ask((queue, given) => queue.take(max, given), signal) as Promise<Delivery>;
  }

  async advance(position: number): Promise<void> {
    await this.#ask((queue) => queue.advance(position));
  }

  positionAfter({ batches, position }: Delivery, elements: number): number {
    return (position as number) - batches.reduce((sum, batch) => sum + batch.elements, 0) + elements;
  }

  async rewind(): Promise<void> {
    await this.#ask((queue) => queue.rewind());
  }

  async size(): Promise<number> {
    return (await this.#ask((queue) => queue.size())) as number;
  }

  async close(): Promise<void> {
    await this.#ask((queue) => queue.close());
  }

  #ask(
    run: (queue: FakeQueue, signal: AbortSignal) => MaybePromise<unknown>,
    signal?: AbortSignal,
  ): Promise<unknown> {
    return this.#network.askQueue(this.descriptor.id, run, signal);
  }
}
