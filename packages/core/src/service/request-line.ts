import type { Host } from "../host/host.ts";
import { isPromiseLike, whenSettled } from "../host/maybe-promise.ts";
import type { Runnable } from "../host/scheduler.port.ts";
import { Batch } from "../packet/batch.ts";
import type { Queue } from "../queue/queue.port.ts";
import { sizeNow } from "../queue/size-now.ts";
import type { DirectReader } from "./direct-ways.ts";
import { isOfOneMessage } from "./message-fault.ts";

/** A message that waits to be sent. */
export interface Waiting {
  /** What is sent. */
  readonly message: unknown;
  /** Whether it is still to be sent. */
  readonly settled: boolean;
  /** Set once it is on its way and cannot be withdrawn any more. */
  sent: boolean;
}

/** How many messages pass a queue by in one step of the scheduler, so that others have their turns. */
const handedOverAtOnce = 64;

/** What a line works with. */
export interface RequestLineScope<M extends Waiting> {
  readonly queue: Queue;
  readonly host: Pick<Host, "scheduler">;
  /** Who reads the queue, if messages may pass it by. */
  readonly reader?: DirectReader | undefined;
  /** Says of what found no room whether it does not wait; whoever waits for it has been told then. */
  readonly refuses?: (message: M) => boolean;
  /** Called for what was not sent, since the queue failed or was closed. */
  readonly onFailed: (message: M, error: unknown) => void;
}

/**
 * The way of messages into one queue: those of one turn go in together, and those that find no room wait here, where
 * they can still be withdrawn. One put is under way at a time.
 */
export class RequestLine<M extends Waiting> implements Runnable {
  readonly #scope: RequestLineScope<M>;
  #line: M[] = [];
  /** How many at the beginning of the line are gone. */
  #head = 0;
  /** How many at the beginning of the line have been told whether there is room. */
  #judged = 0;
  /** Messages to be put alone, since one of them is no data. */
  readonly #single = new Set<M>();
  #posted = false;
  #putting = false;
  #sent = 0;

  constructor(scope: RequestLineScope<M>) {
    this.#scope = scope;
  }

  /** Messages that were not taken in yet, withdrawn ones included. */
  get length(): number {
    return this.#line.length - this.#head;
  }

  /** Sends a message, soon. */
  push(message: M): void {
    this.#line.push(message);
    this.#post();
  }

  /** Sends what waits, as far as there is room; called by the scheduler. */
  run(): void {
    this.#posted = false;
    if (this.#putting) return;
    const { queue, refuses, reader } = this.#scope;
    if (reader !== undefined && this.#handOver(reader)) return;
    for (;;) {
      const messages = this.#next(this.#room());
      if (messages.length === 0) return;
      let offered: boolean;
      try {
        offered = queue.offer(this.#batch(messages));
      } catch (error) {
        if (this.#failSome(messages, error)) continue;
        return;
      }
      if (offered) {
        this.#depart(messages);
        continue;
      }
      if (refuses !== undefined && queue.putNow !== undefined) {
        void this.#putNow(messages, refuses);
        return;
      }
      const refused = refuses !== undefined && this.#full();
      const left = refused ? messages.filter((message) => !refuses(message)) : messages;
      if (left.length === 0) continue;
      this.#put(left);
      return;
    }
  }

  /**
   * Hands over what the reader takes at once; answers whether nothing is to be put. Of what comes in one turn no more
   * than the queue would hold finds room, and no more than a few pass in one step: the others get the next.
   */
  #handOver(reader: DirectReader): boolean {
    const line = this.#line;
    const { capacity } = this.#scope.queue.descriptor;
    const most = Math.min(capacity, handedOverAtOnce);
    for (let handed = 0; this.#head < line.length; ) {
      const message = line[this.#head] as M;
      if (!message.settled && !reader.ready) return false;
      if (!message.settled && handed === most) {
        this.#refuseBeyond(capacity - handed);
        this.#post();
        return true;
      }
      this.#head++;
      if (message.settled) continue;
      handed++;
      message.sent = true;
      reader.read(message.message);
    }
    if (line.length === 1) line.pop();
    else line.length = 0;
    this.#head = 0;
    this.#judged = 0;
    return true;
  }

  /** Refuses those of the line that do not wait, beyond so many others; each is asked once. */
  #refuseBeyond(room: number): void {
    const { refuses } = this.#scope;
    const end = this.#line.length;
    const from = Math.min(end, Math.max(this.#head + room, this.#judged));
    const asked = this.#line.slice(from, end);
    const left = asked.filter((message) => !message.settled && refuses?.(message) !== true);
    if (left.length < asked.length)
      this.#line = [...this.#line.slice(0, from), ...left, ...this.#line.slice(end)];
    this.#judged = from + left.length;
  }

  /** Records that fit now, and at least one: where there is no room, one waits for it. */
  #room(): number {
    const { queue } = this.#scope;
    const { capacity } = queue.descriptor;
    return Math.max(1, capacity - (sizeNow(queue) ?? 0));
  }

  /** Whether there is no room; a queue that can only write later takes nothing at once, with room or without. */
  #full(): boolean {
    const { queue } = this.#scope;
    return (sizeNow(queue) ?? 0) >= queue.descriptor.capacity;
  }

  /** Takes up to so many messages out of the line. */
  #next(max: number): M[] {
    const messages: M[] = [];
    while (messages.length < max && this.#head < this.#line.length) {
      const message = this.#line[this.#head] as M;
      const alone = this.#single.size > 0 && this.#single.has(message);
      if (alone && messages.length > 0) break;
      this.#head++;
      this.#single.delete(message);
      if (!message.settled) messages.push(message);
      if (alone && messages.length > 0) break;
    }
    this.#judged = 0;
    if (this.#head === this.#line.length) {
      this.#line = [];
      this.#head = 0;
    } else if (this.#head >= 1024 && this.#head * 2 > this.#line.length) {
      this.#line = this.#line.slice(this.#head);
      this.#head = 0;
    }
    return messages;
  }

  #put(messages: readonly M[]): void {
    const fail = (error: unknown): void => {
      this.#putting = false;
      if (this.#failSome(messages, error)) this.#post();
    };
    try {
      const put = this.#scope.queue.put(this.#batch(messages));
      this.#depart(messages);
      if (!isPromiseLike(put)) {
        this.#post();
        return;
      }
      this.#putting = true;
      whenSettled(put, this.#onPut, fail);
    } catch (error) {
      fail(error);
    }
  }

  /** Sends what there is room for; what does not wait for more is refused then, and only then. */
  async #putNow(messages: readonly M[], refuses: (message: M) => boolean): Promise<void> {
    const { queue } = this.#scope;
    this.#putting = true;
    try {
      const put = queue.putNow?.(this.#batch(messages));
      this.#depart(messages);
      const left = messages.slice((await put) ?? 0);
      for (const message of left) message.sent = false;
      this.#putting = false;
      const waiting = left.filter((message) => !message.settled && !refuses(message));
      if (waiting.length > 0) this.#put(waiting);
      else this.#onPut();
    } catch (error) {
      this.#putting = false;
      if (this.#failSome(messages, error)) this.#post();
    }
  }

  #depart(messages: readonly M[]): void {
    this.#sent += messages.length;
    for (let i = 0; i < messages.length; i++) (messages[i] as M).sent = true;
  }

  #batch(messages: readonly M[]): Batch {
    const payloads = messages.map(({ message }) => message);
    return new Batch(0, this.#sent, payloads);
  }

  readonly #onPut = (): void => {
    this.#putting = false;
    if (this.length > 0) this.#post();
  };

  /**
   * A put has failed. Where a message is no data, or too large, those that were put together with it go again, each alone, so that
   * only that one fails; answers whether the line goes on.
   */
  #failSome(messages: readonly M[], error: unknown): boolean {
    if (!isOfOneMessage(error)) {
      this.#fail(messages, error);
      return false;
    }
    if (messages.length === 1) this.#scope.onFailed(messages[0] as M, error);
    else for (const message of messages) this.#single.add(message);
    const again = messages.length === 1 ? [] : messages;
    for (const message of again) message.sent = false;
    this.#line = [...again, ...this.#line.slice(this.#head)];
    this.#head = 0;
    this.#judged = 0;
    return true;
  }

  #fail(messages: readonly M[], error: unknown): void {
    const failed = [...messages, ...this.#line.slice(this.#head)];
    this.#line = [];
    this.#head = 0;
    this.#judged = 0;
    for (const message of failed) this.#scope.onFailed(message, error);
  }

  #post(): void {
    if (this.#posted || this.#putting) return;
    this.#posted = true;
    this.#scope.host.scheduler.post(this);
  }
}
