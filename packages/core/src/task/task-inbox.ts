import type { JsonValue } from "../errors/json.ts";
import { Completion } from "../host/completion.ts";
import { isPromiseLike, type MaybePromise, whenSettled } from "../host/maybe-promise.ts";
import type { Scheduler } from "../host/scheduler.port.ts";
import type { Delivery, Queue } from "../queue/queue.port.ts";
import type { QueueDescriptor } from "../queue/queue-descriptor.ts";
import { ChannelMarks } from "../state/channel-marks.ts";
import type { Inbox } from "./source-inbox.ts";

/** What a task reads: a queue, or what looks like one. */
export type InnerInbox = Inbox & Partial<Pick<Queue, "size" | "fill" | "descriptor">>;

/**
 * A task's input through all of its incarnations: a take that one of them left waiting is answered to its successor,
 * so that nothing goes to a task that is no more.
 */
export class TaskInbox implements Inbox {
  readonly #scheduler: Scheduler;
  #inner: InnerInbox;
  /** What was taken from each channel, by whatever incarnation; only where somebody wants to know. */
  readonly taken: ChannelMarks | undefined;
  /** What the input has not answered yet. */
  #waiting: PromiseLike<Delivery> | undefined;
  /** Whether that was asked for by an incarnation that is no more. */
  #late = false;
  /** What came of it, for the next take. */
  #held: Delivery | undefined;
  /** The take that waits for it. */
  #waiter: Completion<Delivery> | undefined;

  /** With `tracks` it remembers what was taken. */
  constructor(inner: InnerInbox, scheduler: Scheduler, tracks = false) {
    this.taken = tracks ? new ChannelMarks() : undefined;
    this.#inner = inner;
    this.#scheduler = scheduler;
  }

  /** The input itself. */
  get inner(): InnerInbox {
    return this.#inner;
  }

  /** Reads from another input from now on, which goes on where the last commit stands; the old one is closed. */
  renew(inner: InnerInbox): MaybePromise<void> {
    const old = this.#inner;
    this.#inner = inner;
    this.#waiting = undefined;
    this.#late = false;
    this.#forget();
    return old.close();
  }

  /** The queue's, where the input is one. */
  get descriptor(): QueueDescriptor | undefined {
    return this.#inner.descriptor;
  }

  get beginning(): JsonValue | undefined {
    return this.#inner.beginning;
  }

  /** Records inside as far as is known at once, where the input is a queue that can tell. */
  fill(): number | undefined {
    return this.#inner.fill?.();
  }

  /** Records inside, where the input is a queue that can tell. */
  size(): MaybePromise<number> | undefined {
    return this.#inner.size?.();
  }

  take(max: number): MaybePromise<Delivery> {
    const held = this.#held;
    if (held !== undefined) {
      this.#held = undefined;
      return held;
    }
    if (this.#late) {
      this.#waiter = new Completion(this.#scheduler);
      return this.#waiter;
    }
    const taken = this.#inner.take(max);
    if (!isPromiseLike(taken)) return this.taken === undefined ? taken : this.#onTaken(taken);
    const waiting =
      taken instanceof Completion ? taken.map(this.#onTaken) : taken.then(this.#onTaken, this.#onFailed);
    this.#waiting = waiting;
    return waiting;
  }

  advance(position: JsonValue): MaybePromise<void> {
    return this.#inner.advance(position);
  }

  positionAfter(delivery: Delivery, elements: number): JsonValue {
    return this.#inner.positionAfter(delivery, elements);
  }

  rewind(position: JsonValue | undefined): MaybePromise<void> {
    const waiting = this.#waiting;
    if (waiting === undefined || waiting instanceof Completion) return this.#rewind(position);
    // A promise may have been kept already without anybody having heard of it.
    return this.#scheduler.yield().then(() => this.#rewind(position));
  }

  close(): MaybePromise<void> {
    return this.#inner.close();
  }

  readonly #onTaken = (delivery: Delivery): Delivery => {
    this.#waiting = undefined;
    if (this.taken !== undefined) for (const batch of delivery.batches) this.taken.reach(batch);
    return delivery;
  };

  readonly #onFailed = (error: unknown): never => {
    this.#waiting = undefined;
    throw error;
  };

  #rewind(position: JsonValue | undefined): MaybePromise<void> {
    this.#forget();
    const waiting = this.#waiting;
    if (waiting instanceof Completion && waiting.failed) this.#waiting = undefined;
    else if (waiting !== undefined && !this.#late) {
      this.#late = true;
      whenSettled(waiting, this.#onLate, this.#onLateError);
    }
    return this.#inner.rewind(position);
  }

  /** Drops what was for an incarnation that is no more: it comes again. */
  #forget(): void {
    this.#held = undefined;
    this.#waiter = undefined;
  }

  readonly #onLate = (delivery: Delivery): void => {
    this.#late = false;
    if (this.#waiter === undefined) this.#held = delivery;
    else this.#waiter.resolve(delivery);
    this.#waiter = undefined;
  };

  readonly #onLateError = (error: unknown): void => {
    this.#late = false;
    this.#waiting = undefined;
    this.#waiter?.reject(error);
    this.#waiter = undefined;
  };
}
