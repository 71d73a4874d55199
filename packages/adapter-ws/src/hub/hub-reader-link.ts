import { type Batch, type Delivery, isPromiseLike, whenSettled } from "@sage-kernel/core/spi";
import { tooLarge } from "../wire/too-large.ts";
import { WireFault } from "../wire/wire-fault.ts";
import type { HubQueue, HubReader } from "./hub-queue.ts";

/** How a consumer at the other end of a link is told. */
export interface ConsumerLink {
  /** The generation begins, at this position; `missed` where another reader has taken messages and not said what became of them. */
  reading(generation: number, position: number, missed: boolean): void;
  /** A batch, and the position behind it. */
  deliver(generation: number, position: number, bytes: Uint8Array): void;
  /** Nothing more will come. */
  end(generation: number): void;
  /** What was delivered does not wait for what else may come in this turn. */
  flush(): void;
  /** What comes next cannot be sent. */
  failed(generation: number, error: unknown): void;
  /** Writes a batch. @throws SageError `NOT_SERIALIZABLE`. */
  encode(batch: Batch): Uint8Array;
  /** Whether so much is on its way to the other end that more should wait. */
  readonly congested: boolean;
  /** Whether the other end can be told anything now. */
  readonly connected: boolean;
  /** Calls back when less is on its way. */
  whenCleared(listener: () => void): void;
  /** Bytes of the largest batch. */
  readonly largest: number;
}

/** What is to be sent: a batch, or, behind all that could be written, why the next one cannot be. */
type Chunk = { readonly position: number; readonly bytes: Uint8Array } | { readonly error: unknown };

const mostAtOnce = 1024;
/** Of messages: while one process works on some, the other one can on the next, where in one bundle they would take turns. */
const messagesAtOnce = 16;

/** The hub's side of a consumer: sends what is in the queue, as far as the consumer has room for it. */
export class HubReaderLink implements HubReader {
  readonly #queue: HubQueue;
  readonly #link: ConsumerLink;
  /** Records, or messages, that are taken at once. */
  readonly #most: number;
  #generation = 0;
  #allowed = 0;
  #allowedBytes = 0;
  #sent = 0;
  #sentBytes = 0;
  /** Read, and not sent for want of room in bytes. */
  #held: Chunk[] = [];
  /** The take that waits. */
  #take: object | undefined;
  #active = false;
  /** Whether it waits until less is on its way. */
  #waits = false;
  /** Whether somebody else has read since. */
  #displaced = false;

  constructor(queue: HubQueue, link: ConsumerLink) {
    this.#queue = queue;
    this.#link = link;
    this.#most = queue.descriptor.options.mode === "call" ? messagesAtOnce : mostAtOnce;
  }

  /**
   * The consumer has room for so much in all; a new generation starts over.
   *
   * @throws WireFault `protocol` for room that shrinks, or a generation of before.
   */
  onRead(generation: number, records: number, bytes: number): void {
    if (generation < this.#generation) throw new WireFault("protocol", "a generation comes again");
    if (generation === this.#generation) {
      if (records < this.#allowed || bytes < this.#allowedBytes)
        throw new WireFault("protocol", "credit was taken back");
      this.#allowed = records;
      this.#allowedBytes = bytes;
    } else this.#begin(generation, records, bytes);
    this.#pump();
  }

  /**
   * The consumer is done up to here.
   *
   * @throws WireFault `protocol` for more than it was sent.
   */
  onAdvance(position: number): void {
    const { inner, descriptor } = this.#queue;
    // Where somebody else reads by now, from what is committed, it has no say: only messages are not read again.
    const over = this.#displaced && descriptor.options.mode !== "call";
    if (position > (over ? inner.appended : inner.position))
      throw new WireFault("protocol", "it is done with more than it was sent");
    if (over) return;
    this.#queue.advance(position);
  }

  /** There is a connection again. */
  connected(): void {
    this.#pump();
  }

  displaced(): void {
    this.#active = false;
    this.#displaced = true;
    this.#held = [];
    this.#take = undefined;
  }

  /** The consumer reads no further: what was taken for it is sent, and the rest is for the next one. */
  stop(): void {
    for (const chunk of this.#held.splice(0)) this.#send(chunk);
    this.leave();
  }

  /** The link is gone. */
  leave(): void {
    this.#queue.readerLeft(this);
  }

  #begin(generation: number, records: number, bytes: number): void {
    const again = this.#active;
    const { inner, descriptor } = this.#queue;
    const missed = !again && descriptor.options.mode === "call" && inner.uncommitted > 0;
    if (again) this.#queue.readBy(undefined); // gives up its own take
    this.#queue.readBy(this);
    this.#held = [];
    this.#displaced = false;
    this.#active = true;
    this.#generation = generation;
    this.#allowed = records;
    this.#allowedBytes = bytes;
    this.#sent = 0;
    this.#sentBytes = 0;
    // Messages are read once: what another reader has of them it still answers.
    if (again || descriptor.options.mode !== "call") inner.rewind();
    this.#link.reading(generation, inner.position, missed);
  }

  /** Sends what may be sent, and takes more. */
  #pump(): void {
    while (this.#active && this.#take === undefined) {
      if (!this.#sendHeld()) return;
      const room = Math.min(this.#most, this.#allowed - this.#sent);
      if (room <= 0) return;
      const taken = this.#queue.inner.take(room);
      if (!isPromiseLike(taken)) {
        this.#onDelivery(taken);
        continue;
      }
      const take = {};
      this.#take = take;
      const onTaken = (delivery: Delivery): void => {
        if (this.#take !== take) return;
        this.#take = undefined;
        this.#onDelivery(delivery);
        this.#pump();
      };
      whenSettled(taken, onTaken, () => undefined); // given up
    }
  }

  #onDelivery({ batches, position, done }: Delivery): void {
    if (done) {
      this.#active = false;
      this.#link.end(this.#generation);
      return;
    }
    let at = position as number;
    let records = 0;
    for (const batch of batches) {
      at -= batch.elements;
      records += batch.payloads.length;
    }
    this.#sent += records;
    try {
      for (const batch of batches) {
        this.#write(batch, at);
        at += batch.elements;
      }
    } catch (error) {
      this.#held.push({ error });
    }
    if (records === messagesAtOnce && this.#sendHeld()) this.#link.flush();
  }

  /** Writes a batch behind a position, in parts where it is too large. @throws SageError `INVALID_OPTION`, `NOT_SERIALIZABLE`. */
  #write(batch: Batch, before: number): void {
    const bytes = this.#link.encode(batch);
    const { length } = batch.payloads;
    const { largest } = this.#link;
    if (bytes.length <= largest) {
      this.#held.push({ position: before + batch.elements, bytes });
      return;
    }
    if (length <= 1) throw tooLarge("payload", bytes.length, largest);
    const half = Math.ceil(length / 2);
    this.#write(batch.range(0, half), before);
    this.#write(batch.range(half), before + half);
  }

  /** Sends what waits for room in bytes, and answers whether all of it is sent and more may follow. */
  #sendHeld(): boolean {
    if (this.#isCongested()) return false;
    for (let chunk = this.#held[0]; chunk !== undefined; chunk = this.#held[0]) {
      if ("bytes" in chunk && this.#sentBytes + chunk.bytes.length > this.#allowedBytes) return false;
      this.#held.shift();
      this.#send(chunk);
      if (this.#isCongested()) return false;
    }
    return this.#active;
  }

  /** Whether what its client has of all its links is to arrive first; it goes on by itself when it has. */
  #isCongested(): boolean {
    if (!this.#link.congested) return false;
    if (this.#waits || !this.#link.connected) return true; // the next connection goes on with it
    this.#waits = true;
    this.#link.whenCleared(() => {
      this.#waits = false;
      this.#pump();
    });
    return true;
  }

  #send(chunk: Chunk): void {
    if ("error" in chunk) {
      this.#active = false;
      this.#link.failed(this.#generation, chunk.error);
      return;
    }
    this.#sentBytes += chunk.bytes.length;
    this.#link.deliver(this.#generation, chunk.position, chunk.bytes);
  }
}
