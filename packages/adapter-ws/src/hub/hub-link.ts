import type { BatchCodec, CallCodec } from "@sage-kernel/codec";
import { type Clock, encodeError } from "@sage-kernel/core/spi";
import type { Endpoint } from "../link/endpoint.ts";
import { frameTypes } from "../wire/frame-type.ts";
import { encodeJson } from "../wire/json-body.ts";
import { encodeNumbers } from "../wire/numbers.ts";
import type { ByteReader } from "../wire/varint.ts";
import { WireFault } from "../wire/wire-fault.ts";
import { HubProducer } from "./hub-producer.ts";
import type { HubQueue } from "./hub-queue.ts";
import { HubReaderLink } from "./hub-reader-link.ts";
import { largestBatch } from "./largest-record.ts";

/** What a link works with, at the hub. */
export interface HubLinkScope {
  readonly link: number;
  readonly queue: HubQueue;
  readonly endpoint: Pick<Endpoint, "send" | "flush" | "connected" | "backlog" | "whenLow">;
  readonly codec: BatchCodec | CallCodec;
  readonly clock: Pick<Clock, "setTimer">;
  readonly maxFrameBytes: number;
  /** Bytes that may wait for its client before its session ends. */
  readonly maxBacklogBytes: number;
}

/** The part of these bytes that records may take: the rest is for answers, and for what a turn adds. */
const recordsPart = 1 / 4;

/** A link to a queue of this hub: what its client has sent, and what it is sent. */
export class HubLink {
  readonly queue: HubQueue;
  readonly #scope: HubLinkScope;
  readonly #producer: HubProducer;
  readonly #reader: HubReaderLink;

  constructor(scope: HubLinkScope) {
    const { queue, codec, maxFrameBytes } = scope;
    this.#scope = scope;
    this.queue = queue;
    this.#producer = new HubProducer(queue, {
      grant: (records, bytes) => this.#tell(frameTypes.grant, records, bytes),
      get connected() {
        return scope.endpoint.connected;
      },
      recall: () => this.#tell(frameTypes.recall),
      closed: () => this.#tell(frameTypes.closed),
      setTimer: (delayMs, callback) => scope.clock.setTimer(delayMs, callback),
    });
    queue.addProducer(this.#producer);
    this.#reader = new HubReaderLink(queue, {
      reading: (generation, position, missed) =>
        this.#tell(frameTypes.reading, generation, position, missed ? 1 : 0),
      deliver: (generation, position, bytes) => this.#send(frameTypes.deliver, [generation, position], bytes),
      flush: () => scope.endpoint.flush(),
      get congested() {
        return scope.endpoint.backlog > scope.maxBacklogBytes * recordsPart;
      },
      get connected() {
        return scope.endpoint.connected;
      },
      whenCleared: (listener) => scope.endpoint.whenLow((scope.maxBacklogBytes * recordsPart) / 2, listener),
      end: (generation) => this.#tell(frameTypes.end, generation),
      failed: (generation, error) =>
        this.#send(frameTypes.failed, [generation], encodeJson(encodeError(error))),
      encode: (batch) => codec.encode(batch),
      largest: largestBatch(maxFrameBytes),
    });
  }

  /**
   * Takes in what its client has sent.
   *
   * @throws WireFault.
   */
  onFrame(type: number, body: ByteReader): void {
    if (type === frameTypes.data) {
      this.#onData(body.varint(), body.rest());
      return;
    }
    if (type === frameTypes.want) this.#producer.onWant(body.varint(), body.varint());
    else if (type === frameTypes.giveBack) this.#producer.onGiveBack(body.varint(), body.varint());
    else if (type === frameTypes.read) this.#reader.onRead(body.varint(), body.varint(), body.varint());
    else if (type === frameTypes.advance) this.#reader.onAdvance(body.varint());
    else throw new WireFault("protocol", `a frame of type ${type} is not expected here`);
    body.end();
  }

  /** The client wants room for so much in all if there is any now. */
  wantNow(records: number, bytes: number): Promise<void> {
    return this.#producer.onWantNow(records, bytes);
  }

  /** The client reads no further. */
  stopReading(): void {
    this.#reader.stop();
  }

  /** The client has a connection again. */
  connected(): void {
    this.#reader.connected();
  }

  /** The client has no connection for now. */
  disconnected(): void {
    this.#producer.disconnected();
  }

  /** The client, or its session, is gone. */
  leave(): void {
    this.#reader.leave();
    this.queue.removeProducer(this.#producer);
  }

  #onData(records: number, bytes: Uint8Array): void {
    const { codec, queue } = this.#scope;
    const batch = decoded(() => codec.decode(bytes, queue.descriptor.id));
    if (batch.payloads.length !== records)
      throw new WireFault("protocol", "a batch has other records than it says");
    this.#producer.onData(batch, bytes.length);
  }

  #tell(type: number, ...numbers: number[]): void {
    this.#send(type, numbers);
  }

  #send(type: number, numbers: readonly number[], rest?: Uint8Array): void {
    this.#scope.endpoint.send(type, encodeNumbers([this.#scope.link, ...numbers]), rest);
  }
}

/** @throws WireFault `protocol` for what cannot be read. */
function decoded<T>(read: () => T): T {
  try {
    return read();
  } catch {
    throw new WireFault("protocol", "a batch cannot be read");
  }
}
