import { SageError } from "@sage-kernel/core";
import type { Batch, QueueDescriptor } from "@sage-kernel/core/spi";
import { frameTypes } from "../wire/frame-type.ts";
import { encodeNumbers } from "../wire/numbers.ts";
import { tooLarge } from "../wire/too-large.ts";
import type { ByteReader } from "../wire/varint.ts";
import type { HubClient } from "./hub-client.ts";

/** Writes batches. */
export interface Encoder {
  /** @throws SageError `NOT_SERIALIZABLE`. */
  encode(batch: Batch): Uint8Array;
}

/** What a producer works with. */
export interface ProducerScope {
  readonly descriptor: QueueDescriptor;
  readonly client: HubClient;
  readonly codec: Encoder;
  /** Number of the link. */
  readonly link: () => number;
}

interface WaitingPut {
  readonly batch: Batch;
  /** The batch as it is written; left out where that depends on when it is sent. */
  readonly written: Uint8Array | undefined;
  /** Records of it that were sent. */
  sent: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** More than this is not under way at once, over all links, in bytes. */
const congested = 8 * 1024 * 1024;
/** Then it goes on when no more than this is left: others may keep something under way all the time. */
const cleared = congested / 2;

/**
 * The producers' end of a link: sends no more than the hub has granted, in records and in bytes (absolute credit, as in QUIC
 * and AMQP 1.0), so that whatever is sent has room.
 */
export class RemoteProducer {
  readonly #scope: ProducerScope;
  readonly #line: WaitingPut[] = [];
  #granted = 0;
  #grantedBytes = 0;
  #used = 0;
  #usedBytes = 0;
  #wanted = 0;
  #wantedBytes = 0;
  #closed = false;
  #open = false;
  #draining = false;

  constructor(scope: ProducerScope) {
    this.#scope = scope;
  }

  /** Whether the queue takes no more. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Whether something was sent since the link stands. */
  get hasSent(): boolean {
    return this.#used > 0;
  }

  /** The link stands, from the beginning. */
  opened(): void {
    this.#granted = 0;
    this.#grantedBytes = 0;
    this.#used = 0;
    this.#usedBytes = 0;
    this.#wanted = 0;
    this.#wantedBytes = 0;
    this.#open = true;
    this.#draining = false;
    this.pump();
  }

  /** The link is lost, and whatever waits with it. */
  lost(error: SageError): void {
    this.#open = false;
    for (const { reject } of this.#line.splice(0)) reject(error);
  }

  /** Sends the whole batch now, or nothing. */
  offer(batch: Batch): boolean {
    if (!this.#ready || this.#closed || this.#line.length > 0) return false;
    if (batch.payloads.length > this.#granted - this.#used) return false;
    try {
      const bytes = this.#scope.codec.encode(batch);
      this.#check(batch, bytes);
      if (!this.#fits(batch, bytes)) return false;
      this.#send(batch, bytes);
      return true;
    } catch {
      return false; // a put says why
    }
  }

  /** Sends the batch, in parts where it must, as soon as there is room. */
  put(batch: Batch, signal?: AbortSignal): Promise<void> {
    if (this.#closed) return Promise.reject(this.#closedError());
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const bytes = this.#scope.codec.encode(batch);
      this.#check(batch, bytes); // before any part of it is sent
      const written = this.#scope.descriptor.options.mode === "call" ? undefined : bytes;
      const onAbort = (): void => {
        const at = this.#line.indexOf(put);
        if (at >= 0) this.#line.splice(at, 1);
        reject(signal?.reason);
        this.pump();
      };
      const settled = <T>(settle: (value: T) => void) => {
        return (value: T): void => {
          signal?.removeEventListener("abort", onAbort);
          settle(value);
        };
      };
      const put: WaitingPut = {
        ...{ batch, written, sent: 0 },
        ...{ resolve: settled(resolve), reject: settled(reject) },
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#line.push(put);
      this.pump();
    });
  }

  /** Sends what there is room for now; how many records that was. */
  async putNow(batch: Batch): Promise<number> {
    if (this.#closed) throw this.#closedError();
    if (this.offer(batch)) return batch.payloads.length;
    if (this.#line.length > 0) return 0;
    const { length } = this.#scope.codec.encode(batch);
    const [records, bytes] = [this.#used + batch.payloads.length, this.#usedBytes + length];
    await this.#scope.client.request("wantNow", { link: this.#scope.link(), records, bytes });
    if (this.#closed) throw this.#closedError();
    const room = Math.min(batch.payloads.length, this.#granted - this.#used);
    for (let count = this.#line.length > 0 ? 0 : room; count > 0; count = Math.floor(count / 2)) {
      if (this.offer(count === batch.payloads.length ? batch : batch.range(0, count))) return count;
    }
    return 0;
  }

  /** Takes in what the hub says about the link; answers `false` for what is none of its. */
  onFrame(type: number, body: ByteReader): boolean {
    if (type === frameTypes.grant) {
      this.#granted = Math.max(this.#granted, body.varint());
      this.#grantedBytes = Math.max(this.#grantedBytes, body.varint());
      this.pump();
    } else if (type === frameTypes.recall) this.#giveBack();
    else if (type === frameTypes.closed) this.close();
    else return false;
    return true;
  }

  /** The queue takes no more. */
  close(): void {
    this.#closed = true;
    const error = this.#closedError();
    for (const { reject } of this.#line.splice(0)) reject(error);
    this.#giveBack();
  }

  /** Sends what there is room for, in order, and asks for more room where something waits. */
  pump(): void {
    for (let put = this.#line[0]; put !== undefined && this.#ready; put = this.#line[0]) {
      try {
        if (!this.#sendSome(put)) break;
        if (put.sent < put.batch.payloads.length) continue;
        this.#line.shift();
        put.resolve();
      } catch (error) {
        this.#line.shift();
        put.reject(error);
      }
    }
  }

  get #ready(): boolean {
    const { client } = this.#scope;
    if (!this.#open || !client.connected) return false;
    const { endpoint } = client.session;
    if (endpoint.backlog < congested) return true;
    if (!this.#draining) {
      this.#draining = true;
      endpoint.whenLow(cleared, () => {
        this.#draining = false;
        this.pump();
      });
    }
    return false;
  }

  /** Sends the next part of a put, and answers whether it could. */
  #sendSome({ batch, sent, written }: WaitingPut): boolean {
    const put = this.#line[0] as WaitingPut;
    const left = batch.payloads.length - sent;
    let count = Math.min(left, this.#granted - this.#used);
    if (left > 0 && count === 0) {
      this.#want(0);
      return false;
    }
    for (;;) {
      const whole = sent === 0 && count === batch.payloads.length;
      const part = whole ? batch : batch.range(sent, count === left ? undefined : sent + count);
      const bytes = (whole ? written : undefined) ?? this.#scope.codec.encode(part);
      if (this.#fits(part, bytes)) {
        this.#send(part, bytes);
        put.sent += count;
        return true;
      }
      if (count > 1) count = Math.ceil(count / 2);
      else {
        this.#want(bytes.length);
        return false;
      }
    }
  }

  #fits({ payloads }: Batch, { length }: Uint8Array): boolean {
    if (payloads.length === 0) return true; // a stop signal weighs nothing
    return length <= this.#largest && length <= this.#grantedBytes - this.#usedBytes;
  }

  /** Bytes of the largest part. */
  get #largest(): number {
    const { maxBytes } = this.#scope.descriptor.options;
    const most = this.#scope.client.maxFrameBytes - 64;
    return typeof maxBytes === "number" ? Math.min(maxBytes, most) : most;
  }

  /** @throws SageError `INVALID_OPTION` for a record that can never be sent. */
  #check(part: Batch, { length }: Uint8Array): void {
    const { maxRecordBytes } = this.#scope.descriptor.options;
    const most = typeof maxRecordBytes === "number" ? Math.min(maxRecordBytes, this.#largest) : this.#largest;
    const records = part.payloads.length;
    if (length <= most || records === 0) return;
    if (records === 1) throw tooLarge("payload", length, most);
    for (let i = 0; i < records; i++) {
      const { length: one } = this.#scope.codec.encode(part.range(i, i + 1));
      if (one > most) throw tooLarge("payload", one, most);
    }
  }

  #send(batch: Batch, bytes: Uint8Array): void {
    const records = batch.payloads.length;
    this.#used += records;
    if (records > 0) this.#usedBytes += bytes.length;
    const head = encodeNumbers([this.#scope.link(), records]);
    this.#scope.client.session.endpoint.send(frameTypes.data, head, bytes);
  }

  /** Asks for room for all that waits, and for so many bytes at least. */
  #want(bytes: number): void {
    let records = 0;
    for (const { batch, sent } of this.#line) records += batch.payloads.length - sent;
    const wanted = this.#used + Math.min(records, this.#scope.descriptor.capacity);
    const wantedBytes = this.#usedBytes + Math.max(bytes, Math.min(records * 64, this.#largest));
    if (wanted <= this.#wanted && wantedBytes <= this.#wantedBytes) return;
    this.#wanted = Math.max(this.#wanted, wanted);
    this.#wantedBytes = Math.max(this.#wantedBytes, wantedBytes);
    this.#tell(frameTypes.want, this.#wanted, this.#wantedBytes);
  }

  /** Gives back what is not used: it counts as sent. */
  #giveBack(): void {
    const records = this.#granted - this.#used;
    const bytes = this.#grantedBytes - this.#usedBytes;
    this.#used += records;
    this.#usedBytes += bytes;
    this.#tell(frameTypes.giveBack, records, bytes);
    if (!this.#closed) this.pump();
  }

  #tell(type: number, ...numbers: number[]): void {
    this.#scope.client.session.endpoint.send(type, encodeNumbers([this.#scope.link(), ...numbers]));
  }

  #closedError(): SageError {
    return new SageError("QUEUE_CLOSED", { queue: this.#scope.descriptor.id });
  }
}
