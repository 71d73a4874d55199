import { type JsonValue, SageError } from "@sage-kernel/core";
import type { Batch, Delivery, MaybePromise, Queue, QueueDescriptor } from "@sage-kernel/core/spi";
import type { ByteReader } from "../wire/varint.ts";
import { WireFault } from "../wire/wire-fault.ts";
import type { HubClient } from "./hub-client.ts";
import { type Decoder, RemoteConsumer } from "./remote-consumer.ts";
import { type Encoder, RemoteProducer } from "./remote-producer.ts";
import type { ClientSession, LinkEvents } from "./session.ts";
import { isWithoutHub } from "./without-hub.ts";

/** What a queue in another process works with. */
export interface RemoteQueueScope {
  readonly descriptor: QueueDescriptor;
  readonly client: HubClient;
  readonly codec: Encoder & Decoder;
  /** Of the store of its job in this process, if there is one. */
  readonly pass: () => string | undefined;
  /** Called when this process has to do with it no longer. */
  readonly onLeft: () => void;
}

/** A queue that lives at a hub: one link, with a producer's end and a consumer's. */
export class RemoteQueue implements Queue, LinkEvents {
  readonly descriptor: QueueDescriptor;
  readonly #scope: RemoteQueueScope;
  readonly #producer: RemoteProducer;
  readonly #consumer: RemoteConsumer;
  /** The session in which the link stands. */
  #session: ClientSession | undefined;
  #link = 0;
  #fill: number | undefined;
  readonly #onLoss = new Set<(error: SageError) => void>();

  constructor(scope: RemoteQueueScope) {
    this.#scope = scope;
    this.descriptor = scope.descriptor;
    const parts = { ...scope, link: () => this.#link };
    this.#producer = new RemoteProducer(parts);
    this.#consumer = new RemoteConsumer(parts);
  }

  /**
   * Makes the link, or another one where that was lost.
   *
   * @throws SageError `QUEUE_UNAVAILABLE`, and what the hub refuses it with.
   */
  async open(): Promise<void> {
    const { client, descriptor } = this.#scope;
    const { session } = client;
    this.#session = session;
    this.#link = client.nextLink();
    session.addLink(this.#link, this);
    const opened = session.request("open", { link: this.#link, descriptor: descriptor.toJSON() });
    this.#producer.opened();
    this.#consumer.opened();
    try {
      await opened;
    } catch (error) {
      session.removeLink(this.#link);
      if (this.#session === session) this.#session = undefined;
      throw session.lost === undefined ? error : this.#unavailable(session.lost);
    }
  }

  offer(batch: Batch): boolean {
    return this.#stands && this.#producer.offer(batch);
  }

  put(batch: Batch, signal?: AbortSignal): MaybePromise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    if (this.offer(batch)) return undefined;
    this.#reopen();
    return this.#producer.put(batch, signal);
  }

  putNow(batch: Batch): Promise<number> {
    this.#reopen();
    return this.#producer.putNow(batch);
  }

  take(max: number, signal?: AbortSignal): MaybePromise<Delivery> {
    this.#reopen();
    return this.#consumer.take(max, signal);
  }

  advance(position: JsonValue): void {
    if (this.#stands) this.#consumer.advance(position);
  }

  positionAfter(delivery: Delivery, elements: number): JsonValue {
    return this.#consumer.positionAfter(delivery, elements);
  }

  rewind(): void {
    this.#reopen();
    this.#consumer.rewind();
  }

  async size(): Promise<number> {
    return (await this.#ask("size")) as number;
  }

  fill(): number | undefined {
    return this.#fill ?? this.#consumer.fill;
  }

  /** Takes note of how full the hub says it is. */
  noted(fill: number): void {
    this.#fill = fill;
  }

  async stopReading(): Promise<void> {
    if (!this.#stands) return;
    this.#consumer.stopping();
    await this.#ask("stopReading"); // what was sent before the answer has come
    this.#consumer.stopped();
  }

  onLoss(listener: (error: SageError) => void): () => void {
    this.#onLoss.add(listener);
    return () => this.#onLoss.delete(listener);
  }

  onDoubt(listener: () => void): () => void {
    return this.#consumer.onDoubt(listener);
  }

  async close(): Promise<void> {
    const pass = this.#scope.pass();
    await this.#ask("close", pass === undefined ? {} : { pass });
  }

  leave(): void {
    this.#scope.onLeft();
    if (!this.#stands) return;
    this.#session?.removeLink(this.#link);
    void this.#session?.request("leave", { link: this.#link }).catch(() => undefined);
    this.#session = undefined;
  }

  onFrame(type: number, body: ByteReader): void {
    if (this.#producer.onFrame(type, body) || this.#consumer.onFrame(type, body)) return;
    throw new WireFault("protocol", `a frame of type ${type} is not expected here`);
  }

  onConnection(connected: boolean): void {
    if (!connected) return;
    this.#producer.pump();
    this.#consumer.connected();
  }

  onLost(error: SageError, closed: boolean): void {
    const told = this.#unavailable(error);
    this.#session = undefined;
    if (!closed && this.#producer.hasSent) for (const listener of this.#onLoss) listener(told);
    this.#producer.lost(told);
    if (!closed) this.#consumer.lost(told); // who takes there at the end of the process need not hear of it
  }

  get #stands(): boolean {
    return this.#session !== undefined && this.#session === this.#scope.client.session;
  }

  /** Makes another link where the former one is lost; whoever waits at it is told where that fails, as does what it answers. */
  #reopen(): Promise<void> | undefined {
    if (this.#stands) return undefined;
    const opened = this.open();
    opened.catch((error: unknown) => {
      this.#producer.lost(error as SageError);
      this.#consumer.lost(error);
    });
    return opened;
  }

  async #ask(operation: string, more: object = {}): Promise<JsonValue> {
    const { client, descriptor } = this.#scope;
    const opened = this.#reopen();
    const { session } = client;
    try {
      return await client.request(operation, { link: this.#link, ...more });
    } catch (error) {
      if (!isWithoutHub(error)) {
        await opened; // where that was refused, there is no link to ask at
        throw error;
      }
      if (client.session !== session && client.connected) return this.#ask(operation, more); // the hub is back
      throw new SageError(
        "QUEUE_UNAVAILABLE",
        { queue: descriptor.id, problem: String(error) },
        { cause: error },
      );
    }
  }

  #unavailable(cause: Error): SageError {
    return new SageError(
      "QUEUE_UNAVAILABLE",
      { queue: this.descriptor.id, problem: cause.message },
      { cause },
    );
  }
}
