import { type Delivery, type MaybePromise, type Queue, QueueDescriptor } from "@sage-kernel/core/spi";
import { FakeQueue } from "../queue/fake-queue.ts";
import type { Disruption } from "./disruption.ts";

type Operation = (queue: FakeQueue, signal: AbortSignal) => MaybePromise<unknown>;

/** Something that a client asks of the server, until it has heard the answer. */
export interface Request {
  readonly id: number;
  readonly queue: string;
  readonly run: Operation;
  /** Gives it up on the server. */
  readonly abort: AbortController;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** A queue of the server, which can forget who reads it. */
class ServerQueue extends FakeQueue {
  /** The reader is gone: what it has taken and not committed is there for the next one. */
  forgetReader(): void {
    this.consumer?.release();
    this.consumer = undefined;
    this.taken = 0;
  }
}

/**
 * A pretended server with queues, and one client that asks it over connections that can be cut. The client repeats what
 * it has heard no answer to, under the same number; the server does what has a number once. The mutants of the contract
 * override one of its methods each.
 */
export class FakeNetwork implements Disruption {
  protected readonly queues = new Map<string, ServerQueue>();
  /** Requests without an answer, in their order. */
  protected waiting = new Map<number, Request>();
  /** What the server has begun, by number. */
  protected readonly begun = new Map<number, Promise<unknown>>();
  protected connected = true;
  #connection = 0;
  #requests = 0;

  /** Opens a queue by this name. */
  open(name: string, capacity: number): Queue {
    const descriptor = new QueueDescriptor({ kind: "network", id: name, capacity });
    if (!this.queues.has(name)) this.queues.set(name, new ServerQueue(descriptor));
    return new NetworkQueue(descriptor, this);
  }

  /** Asks the server for something. */
  ask(queue: string, run: Operation, signal?: AbortSignal): Promise<unknown> {
    signal?.throwIfAborted();
    let giveUp = (): void => undefined;
    return new Promise((resolve, reject) => {
      const request: Request = {
        id: this.#requests++,
        queue,
        run,
        abort: new AbortController(),
        resolve,
        reject,
      };
      this.waiting.set(request.id, request);
      giveUp = () => this.giveUp(request, signal?.reason);
      signal?.addEventListener("abort", giveUp, { once: true });
      this.send(request);
    }).finally(() => signal?.removeEventListener("abort", giveUp));
  }

  cut(): void {
    this.connected = false;
    this.#connection++;
  }

  heal(): void {
    this.connected = true;
    for (const request of this.waiting.values()) this.send(request);
  }

  restartServer(): void {
    this.cut();
    for (const queue of this.queues.values()) queue.forgetReader();
    this.forgetTakes();
    this.heal();
  }

  killPeer(): void {
    for (const { abort } of this.waiting.values()) abort.abort(new Error("the process was killed"));
    this.waiting = new Map();
    for (const queue of this.queues.values()) queue.forgetReader();
  }

  /** Sends a request over the connection of now. */
  protected send(request: Request): void {
    if (!this.connected) return;
    const connection = this.#connection;
    const arrived = (): boolean => this.connected && connection === this.#connection;
    void Promise.resolve().then(() => {
      if (!arrived()) return; // lost on its way there
      this.execute(request).then(
        (value) => {
          if (arrived() && this.waiting.delete(request.id)) request.resolve(value);
        },
        (error) => {
          if (arrived() && this.waiting.delete(request.id)) request.reject(error);
        },
      );
    });
  }

  /** Does what has not been done under this number. */
  protected execute({ id, queue, run, abort }: Request): Promise<unknown> {
    let answer = this.begun.get(id);
    if (answer === undefined) {
      answer = new Promise((resolve) => resolve(run(this.queues.get(queue) as FakeQueue, abort.signal)));
      answer.catch(() => undefined);
      this.begun.set(id, answer);
    }
    return answer;
  }

  /** Gives a request up: the server decides whether it came too late, unless it cannot be asked. */
  protected giveUp(request: Request, reason: unknown): void {
    request.abort.abort(reason);
    if (!this.connected && this.waiting.delete(request.id)) request.reject(reason);
  }

  /** The server has forgotten who waits for records: they ask again. */
  protected forgetTakes(): void {
    for (const { id } of this.waiting.values()) this.begun.delete(id);
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

  #ask(run: Operation, signal?: AbortSignal): Promise<unknown> {
    return this.#network.ask(this.descriptor.id, run, signal);
  }
}
