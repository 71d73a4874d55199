import { SageError } from "@sage-kernel/core";
import type { Batch } from "@sage-kernel/core/spi";
import type { QueueKeys } from "./queue-keys.ts";
import type { IdempotentScript, RedisPort, ScriptReply, StreamEntry } from "./redis-port.ts";
import { revokeScript } from "./scripts.ts";
import type { StreamReader, StreamWatcher } from "./stream-reader.ts";

/** A put that waits until all of it is in. */
interface WaitingPut {
  /** What is not in yet. */
  rest: Batch;
  signal: AbortSignal | undefined;
  /** Whether it does not wait for room. */
  readonly now: boolean;
  /** Records of it that are in. */
  appended: number;
  readonly resolve: (appended: number) => void;
  readonly reject: (error: unknown) => void;
  readonly release: () => void;
}

/** A part of a put, as it is appended. */
interface Chunk {
  readonly put: WaitingPut;
  readonly batch: Batch;
}

/** What a producer works with. */
export interface ProducerScope {
  readonly queue: string;
  readonly capacity: number;
  readonly keys: QueueKeys;
  readonly redis: RedisPort;
  readonly reader: StreamReader;
  readonly codec: { encode(batch: Batch): Uint8Array };
  /** Records in one entry at most; by default 1,024. */
  readonly longestEntry?: number;
  /** How entries are appended. */
  readonly append: IdempotentScript;
  /** Unlike that of any other producer. */
  readonly name: string;
  /** Hears what the server says of the queue: records that were appended and committed, in all. */
  readonly noted: (appended: number, done: number) => void;
}

/** State of a request that was answered before. */
const repeated = 2;
/** Why a request was taken back. */
const withdrawn = new Error("withdrawn");
/** Records in one entry at most. */
const longestEntry = 1024;
/** Entries in one request at most. */
const entriesAtOnce = 32;

/**
 * Appends batches to a queue, in their order, one request at a time. Each request has a number, so that one whose answer
 * was lost can be repeated. While there is no room it waits for the word that there is.
 */
export class QueueProducer implements StreamWatcher {
  readonly key: string;
  after = "0-0";
  wants = false;
  readonly #scope: ProducerScope;
  readonly #puts: WaitingPut[] = [];
  #number = 0;
  /** Whether a request is under way. */
  #busy = false;
  /** Takes the request back that is under way, if it was never sent; where a put of it has a signal. */
  #withdraw: AbortController | undefined;
  /** Records that would have fit last time. */
  #room = Number.POSITIVE_INFINITY;

  constructor(scope: ProducerScope) {
    this.#scope = scope;
    this.key = scope.keys.room;
  }

  /** Appends a batch. @throws SageError `QUEUE_CLOSED`; the signal's reason. */
  async put(batch: Batch, signal?: AbortSignal): Promise<void> {
    await this.#put(batch, false, signal);
  }

  /** Appends what there is room for, and answers how many records that was. @throws SageError `QUEUE_CLOSED`. */
  async putNow(batch: Batch): Promise<number> {
    if (this.wants) return 0;
    return this.#put(batch, true);
  }

  #put(batch: Batch, now: boolean, signal?: AbortSignal): Promise<number> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => this.#onAbort(put);
      const release = (): void => signal?.removeEventListener("abort", onAbort);
      const put: WaitingPut = { rest: batch, signal, now, appended: 0, resolve, reject, release };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#puts.push(put);
      this.#look();
    });
  }

  onEntries(after: string, entries: readonly StreamEntry[]): void {
    const last = entries.at(-1);
    if (after === this.after && last !== undefined) this.after = last.id;
    this.#stopWaiting();
    this.#look();
  }

  onError(error: unknown): void {
    this.#stopWaiting();
    for (const put of this.#puts.splice(0)) this.#end(put, error);
  }

  onHint(): void {
    if (!this.wants) return;
    this.#stopWaiting();
    this.#look();
  }

  /** A request that is under way is waited for; one that is not is taken back. */
  #onAbort(put: WaitingPut): void {
    if (this.#busy) {
      this.#withdraw?.abort(withdrawn);
      return;
    }
    const index = this.#puts.indexOf(put);
    if (index < 0) return;
    this.#puts.splice(index, 1);
    this.#end(put, put.signal?.reason);
    if (index === 0 && this.wants) this.onHint(); // what comes behind it may fit
  }

  #look(): void {
    if (this.#busy || this.wants || this.#puts.length === 0) return;
    this.#busy = true;
    if (this.#puts.some(({ signal }) => signal !== undefined)) this.#withdraw = new AbortController();
    this.#append(this.#withdraw?.signal)
      .catch((error: unknown) => {
        for (const put of this.#puts.splice(0)) this.#end(put, error);
      })
      .finally(() => {
        this.#busy = false;
        this.#withdraw = undefined;
        this.#dropAborted();
        this.#look();
      });
  }

  async #append(signal?: AbortSignal): Promise<void> {
    const { redis, keys, name, capacity, codec, queue, append, noted } = this.#scope;
    const chunks = this.#chunks();
    const args = chunks.flatMap(({ batch }) => [batch.payloads.length, codec.encode(batch)]);
    const number = ++this.#number;
    const all = [keys.entries, keys.meta, keys.room];
    let reply: ScriptReply;
    try {
      reply = await redis.run(append, all, [name, number, capacity, chunks.length, ...args], signal);
    } catch (error) {
      if (error !== withdrawn) throw error;
      this.#dropAborted(); // they hear at once; what became of the rest is asked
      const appended = (await redis.run(revokeScript, [keys.meta], [name, number])) as number;
      this.#onAppended(chunks.slice(0, appended));
      return;
    }
    const [state, appended, total, done, times] = reply as [number, number, number, number, number];
    if (state === -1) throw new SageError("QUEUE_CLOSED", { queue });
    noted(total, done);
    this.#onAppended(chunks.slice(0, appended));
    if (state === repeated) {
      this.#room = Number.POSITIVE_INFINITY; // how much there is now the next request tells
      return;
    }
    const room = capacity - (total - done);
    this.#room = appended === chunks.length ? Number.POSITIVE_INFINITY : room;
    if (appended === chunks.length || room > 0) return;
    this.#endThose(chunks.slice(appended));
    if (this.#puts.length > 0) this.#wait(`${times}-9`);
  }

  /** What the next request has: the beginning of what waits, in entries that fit where it is known what does. */
  #chunks(): Chunk[] {
    const chunks: Chunk[] = [];
    const longest = this.#scope.longestEntry ?? longestEntry;
    let room = Math.max(1, this.#room);
    for (const put of this.#puts) {
      const { payloads } = put.rest;
      for (let from = 0; chunks.length < entriesAtOnce && room > 0; ) {
        const records = Math.min(payloads.length - from, longest, this.#scope.capacity, room);
        const whole = from + records === payloads.length;
        const batch =
          from === 0 && whole ? put.rest : put.rest.range(from, whole ? undefined : from + records);
        chunks.push({ put, batch });
        room -= records;
        from += records;
        if (whole) break;
      }
    }
    return chunks;
  }

  /** Parts of puts are in; some of these puts may have been given up meanwhile. */
  #onAppended(chunks: readonly Chunk[]): void {
    for (const { put, batch } of chunks) {
      const index = this.#puts.indexOf(put);
      if (index < 0) continue;
      put.appended += batch.payloads.length;
      if (batch.elements < put.rest.elements) put.rest = put.rest.range(batch.payloads.length);
      else this.#resolve(index);
    }
  }

  /** There was no room for these parts: puts that do not wait for it have done what they can. */
  #endThose(chunks: readonly Chunk[]): void {
    for (const { put } of chunks) {
      const index = put.now ? this.#puts.indexOf(put) : -1;
      if (index >= 0) this.#resolve(index);
    }
  }

  #resolve(index: number): void {
    const [put] = this.#puts.splice(index, 1) as [WaitingPut];
    put.release();
    put.resolve(put.appended);
  }

  #dropAborted(): void {
    for (let i = this.#puts.length - 1; i >= 0; i--) {
      const put = this.#puts[i] as WaitingPut;
      if (put.signal?.aborted !== true) continue;
      this.#puts.splice(i, 1);
      this.#end(put, put.signal.reason);
    }
  }

  #end(put: WaitingPut, error: unknown): void {
    put.release();
    put.reject(error);
  }

  #wait(after: string): void {
    this.after = after;
    this.wants = true;
    this.#scope.reader.add(this);
    this.#scope.reader.look(this);
  }

  #stopWaiting(): void {
    this.wants = false;
    this.#scope.reader.remove(this);
  }
}
