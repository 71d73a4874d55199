import type { JsonValue } from "@sage-kernel/core";
import {
  type Batch,
  BatchDeque,
  type Delivery,
  decodeError,
  type MaybePromise,
  type QueueDescriptor,
  WaitingTake,
  type WireError,
} from "@sage-kernel/core/spi";
import * as z from "zod";
import { frameTypes } from "../wire/frame-type.ts";
import { type HubPosition, isHubPosition } from "../wire/hub-position.ts";
import { decodeJson } from "../wire/json-body.ts";
import { encodeNumbers } from "../wire/numbers.ts";
import type { ByteReader } from "../wire/varint.ts";
import { WireFault } from "../wire/wire-fault.ts";
import type { HubClient } from "./hub-client.ts";

/** Reads batches. */
export interface Decoder {
  /** @throws SageError `ENTRY_UNREADABLE`. */
  decode(bytes: Uint8Array, queue: string): Batch;
}

/** What a consumer works with. */
export interface ConsumerScope {
  readonly descriptor: QueueDescriptor;
  readonly client: HubClient;
  readonly codec: Decoder;
  /** Number of the link. */
  readonly link: () => number;
}

/** Most that is read ahead; in bytes at least so much, and two of the largest batches. */
const windowRecords = 4096;
const leastWindowBytes = 4 * 1024 * 1024;

/**
 * The consumer's end of a link: reads ahead, no more than it has room for. Each time that it starts over a new generation
 * begins, and what comes of earlier ones is dropped.
 */
export class RemoteConsumer {
  readonly #scope: ConsumerScope;
  readonly #window: number;
  /** Of this generation; only ever grows. */
  #windowBytes = leastWindowBytes;
  readonly #ready = new BatchDeque();
  readonly #take: WaitingTake<Delivery> = new WaitingTake();
  #generation = 0;
  /** Whether the hub was told to send what there is. */
  #reading = false;
  /** Behind what was handed out, and behind what has come. */
  #position = 0;
  #arrived = 0;
  #committed = 0;
  /** Records and bytes of this generation: that have come, were handed out, and may come. */
  #came = 0;
  #cameBytes = 0;
  #left = 0;
  #leftBytes = 0;
  #allowed = 0;
  #allowedBytes = 0;
  #ended = false;
  /** Hands out what it has and reads no more. */
  #stopped = false;
  #stopping = false;
  readonly #doubts = new Set<() => void>();
  #failed: unknown;
  #settling = false;
  /** Of the session in which the link stands. */
  #stand: object = {};
  /** In which session each position was handed out, of which that is known. */
  readonly #handedOut = new WeakMap<object, object>();
  /** Whether the hub has said where this generation begins, and where that is. */
  #begun = false;
  #base = 0;
  /** What it was advanced to before the hub has said so. */
  #early = 0;

  constructor(scope: ConsumerScope) {
    this.#scope = scope;
    this.#window = Math.min(windowRecords, scope.descriptor.capacity);
  }

  /** Records that have come here and are not committed. */
  get fill(): number {
    return this.#ready.records + this.#position - this.#committed;
  }

  take(max: number, signal?: AbortSignal): MaybePromise<Delivery> {
    this.#take.check(this.#scope.descriptor.id, signal);
    if (this.#failed !== undefined && this.#ready.empty) throw this.#failure();
    if (!this.#ready.empty || this.#done) return this.#deliver(max);
    const taken = this.#take.wait(max, signal);
    if (!this.#reading) this.#read();
    return taken;
  }

  /** Starts over from what is committed. */
  rewind(): void {
    this.#failed = undefined;
    this.#ended = false;
    this.#stopped = false;
    this.#stopping = false;
    this.#ready.clear();
    this.#read();
  }

  /** What was not handed out in this session, since it started over, does not count: the hub may be another one by now. */
  advance(position: JsonValue): void {
    if (!this.#reading || !isHubPosition(position)) return;
    const [, , elements] = position;
    if (!this.#begun) {
      this.#early = Math.max(this.#early, elements);
      return;
    }
    const isOfBefore = (this.#handedOut.get(position) ?? this.#stand) !== this.#stand;
    if (elements <= (isOfBefore ? this.#base : this.#position)) this.#advance(elements);
  }

  /** The position behind so many elements of a delivery. */
  positionAfter({ batches, position }: Delivery, elements: number): JsonValue {
    const taken = batches.reduce((sum, batch) => sum + batch.elements, 0);
    const [, , end] = position as unknown as HubPosition;
    const stand = this.#handedOut.get(position as object);
    return this.#positionAt(end - taken + elements, stand);
  }

  /** Asks for no more. */
  stopping(): void {
    this.#stopping = true;
  }

  /** All that was read has come. */
  stopped(): void {
    this.#stopped = true;
    this.#settle();
  }

  /** Calls back when another reader may have taken messages whose answers nobody gives. Answers how to stop listening. */
  onDoubt(listener: () => void): () => void {
    this.#doubts.add(listener);
    return () => this.#doubts.delete(listener);
  }

  /** The link stands, from the beginning. */
  opened(): void {
    this.#reading = false;
    this.#stand = {};
    if (this.#take.waits) this.#read();
  }

  /** There is a connection: its hub may send larger batches than the one before. */
  connected(): void {
    if (this.#reading && this.#largestWindow > this.#windowBytes) this.#allow();
  }

  /** The link is lost. */
  lost(error: unknown): void {
    this.#reading = false;
    this.#ready.clear();
    if (this.#take.waits) this.#take.reject(error);
    else this.#failed = error;
  }

  /** Takes in what the hub says about the link. @throws WireFault. */
  onFrame(type: number, body: ByteReader): boolean {
    if (type < frameTypes.reading || type > frameTypes.failed) return false;
    if (body.varint() !== this.#generation) return true; // of before the last start
    if (type === frameTypes.reading) {
      this.#begun = true;
      this.#position = body.varint();
      this.#base = this.#position;
      this.#arrived = this.#position;
      this.#committed = this.#position;
      // Messages are read once: what was read of them before is done by now, and its room is free.
      if (this.#early > 0 && this.#early <= this.#base) this.#advance(this.#early);
      this.#early = 0;
      if (body.varint() === 1) for (const listener of this.#doubts) listener();
    } else if (type === frameTypes.end) this.#ended = true;
    else if (type === frameTypes.failed)
      this.#failed = decodeError(decodeJson(body.rest(), z.unknown()) as WireError);
    else this.#onBatch(body.varint(), body.rest());
    this.#settleSoon();
    return true;
  }

  /** Hands out what there is behind all that has come at once: a take gets as much as it can. */
  #settleSoon(): void {
    if (this.#settling) return;
    this.#settling = true;
    queueMicrotask(() => {
      this.#settling = false;
      this.#settle();
    });
  }

  #onBatch(position: number, bytes: Uint8Array): void {
    const batch = this.#scope.codec.decode(bytes, this.#scope.descriptor.id);
    this.#came += batch.payloads.length;
    this.#cameBytes += bytes.length;
    this.#arrived += batch.elements;
    const more = this.#came > this.#allowed || this.#cameBytes > this.#allowedBytes;
    if (more && !this.#stopping) throw new WireFault("limit", "it delivers more than was asked for");
    if (position !== this.#arrived) throw new WireFault("protocol", "positions do not fit");
    this.#ready.push(batch);
  }

  /** Whether nothing more will come. */
  get #done(): boolean {
    return this.#ended || this.#stopped;
  }

  #settle(): void {
    if (this.#take.waits && (!this.#ready.empty || this.#done))
      this.#take.resolve((max) => this.#deliver(max));
    else if (this.#take.waits && this.#failed !== undefined) this.#take.reject(this.#failure());
  }

  /** Why nothing more comes, which is told once: who goes on begins anew. */
  #failure(): unknown {
    const error = this.#failed;
    this.#failed = undefined;
    this.#reading = false;
    return error;
  }

  #deliver(max: number): Delivery {
    const batches = this.#ready.shift(max);
    for (const batch of batches) {
      this.#position += batch.elements;
      this.#left += batch.payloads.length;
    }
    if (this.#reading && !this.#stopping) this.#allowMore();
    const position = this.#positionAt(this.#position, this.#stand);
    return { batches, position, done: this.#done && batches.length === 0 };
  }

  #positionAt(elements: number, stand: object | undefined): JsonValue {
    const position: HubPosition = ["ws", this.#scope.descriptor.id, elements];
    if (stand !== undefined) this.#handedOut.set(position, stand);
    return position as unknown as JsonValue;
  }

  #advance(elements: number): void {
    this.#committed = Math.max(this.#committed, elements);
    this.#tell(frameTypes.advance, elements);
  }

  #read(): void {
    this.#generation++;
    this.#reading = true;
    this.#begun = false;
    this.#came = 0;
    this.#cameBytes = 0;
    this.#left = 0;
    this.#leftBytes = 0;
    this.#windowBytes = leastWindowBytes;
    this.#allow();
  }

  /** Lets more come where half of what may come was handed out. */
  #allowMore(): void {
    const inside = this.#came === 0 ? 0 : (this.#cameBytes * (this.#came - this.#left)) / this.#came;
    this.#leftBytes = Math.max(this.#leftBytes, Math.floor(this.#cameBytes - inside));
    const records = this.#left + this.#window - this.#allowed;
    const bytes = this.#leftBytes + this.#windowBytes - this.#allowedBytes;
    if (records >= this.#window / 2 || bytes >= this.#windowBytes / 2) this.#allow();
  }

  /** So much that the largest batch fits into the half for which it is allowed again. */
  get #largestWindow(): number {
    return Math.max(leastWindowBytes, 2 * this.#scope.client.maxFrameBytes);
  }

  #allow(): void {
    this.#windowBytes = Math.max(this.#windowBytes, this.#largestWindow);
    this.#allowed = this.#left + this.#window;
    this.#allowedBytes = this.#leftBytes + this.#windowBytes;
    this.#tell(frameTypes.read, this.#generation, this.#allowed, this.#allowedBytes);
  }

  #tell(type: number, ...numbers: number[]): void {
    this.#scope.client.session.endpoint.send(type, encodeNumbers([this.#scope.link(), ...numbers]));
  }
}
