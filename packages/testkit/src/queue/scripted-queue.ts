import type { JsonValue } from "@sage-kernel/core";
import type { Batch, Clock, Delivery, MaybePromise, Queue, QueueDescriptor } from "@sage-kernel/core/spi";

/** An operation of a queue that a plan can let fail. */
export type QueueOperation = "put" | "take" | "advance" | "rewind" | "size" | "close";

/** One thing that goes wrong, with the `nth` call of an operation; the first call is 1. */
export type QueueFault =
  | { readonly kind: "delay"; readonly operation: "put" | "take"; readonly nth: number; readonly ms: number }
  | { readonly kind: "drop"; readonly operation: "put"; readonly nth: number }
  | { readonly kind: "duplicate"; readonly operation: "put"; readonly nth: number }
  | {
      readonly kind: "fail";
      readonly operation: QueueOperation;
      readonly nth: number;
      readonly error: unknown;
    };

/** The faults that a plan is made of. */
export const faults = {
  /** The nth put or take begins `ms` later. Later puts stay behind a delayed one, as on one connection. */
  delay: (operation: "put" | "take", nth: number, ms: number): QueueFault => ({
    kind: "delay",
    operation,
    nth,
    ms,
  }),
  /** The nth put is answered as if it had been done. */
  drop: (nth: number): QueueFault => ({ kind: "drop", operation: "put", nth }),
  /** The nth put is done twice. */
  duplicate: (nth: number): QueueFault => ({ kind: "duplicate", operation: "put", nth }),
  /** The nth call of an operation fails with `error`, and does nothing. */
  fail: (operation: QueueOperation, nth: number, error: unknown): QueueFault => ({
    kind: "fail",
    operation,
    nth,
    error,
  }),
} as const;

/**
 * A queue around another one, in which what the plan says goes wrong, and nothing else. An accepted offer counts as a
 * put; an offer whose turn in the plan has come is refused, so that its sender puts it.
 */
export class ScriptedQueue implements Queue {
  readonly #inner: Queue;
  readonly #plan: readonly QueueFault[];
  readonly #clock: Clock;
  readonly #calls = { put: 0, take: 0, advance: 0, rewind: 0, size: 0, close: 0 };
  /** Settles, never rejects, when the delayed puts have begun; `undefined` when there are none. */
  #gate: Promise<void> | undefined;

  /** Delays go by `clock`. */
  constructor(inner: Queue, plan: readonly QueueFault[], clock: Clock) {
    this.#inner = inner;
    this.#plan = plan;
    this.#clock = clock;
  }

  get descriptor(): QueueDescriptor {
    return this.#inner.descriptor;
  }

  offer(batch: Batch): boolean {
    if (this.#gate !== undefined || this.#faultsAt("put", this.#calls.put + 1).length > 0) return false;
    const accepted = this.#inner.offer(batch);
    if (accepted) this.#calls.put++;
    return accepted;
  }

  put(batch: Batch, signal?: AbortSignal): MaybePromise<void> {
    const due = this.#next("put");
    const delay = delayOf(due);
    const again = due.some(({ kind }) => kind === "duplicate");
    const begin = (): MaybePromise<void> => {
      if (due.some(({ kind }) => kind === "drop")) return undefined;
      const done = this.#inner.put(batch, signal);
      return again ? bothOf(done, this.#inner.put(batch, signal)) : done;
    };
    if (delay === 0 && this.#gate === undefined) return begin();
    const before = this.#gate ?? Promise.resolve();
    const sleeping = delay > 0 ? this.#clock.sleep(delay, signal) : undefined;
    const turn = Promise.all([sleeping, before]);
    const gate = Promise.allSettled([sleeping, before]).then(() => {
      if (this.#gate === gate) this.#gate = undefined;
    });
    this.#gate = gate;
    return turn.then(begin);
  }

  take(max: number, signal?: AbortSignal): MaybePromise<Delivery> {
    const delay = delayOf(this.#next("take"));
    if (delay === 0) return this.#inner.take(max, signal);
    return this.#clock.sleep(delay, signal).then(() => this.#inner.take(max, signal));
  }

  advance(position: JsonValue): MaybePromise<void> {
    this.#next("advance");
    return this.#inner.advance(position);
  }

  positionAfter(delivery: Delivery, elements: number): JsonValue {
    return this.#inner.positionAfter(delivery, elements);
  }

  rewind(): MaybePromise<void> {
    this.#next("rewind");
    return this.#inner.rewind();
  }

  size(): MaybePromise<number> {
    this.#next("size");
    return this.#inner.size();
  }

  close(): MaybePromise<void> {
    this.#next("close");
    return this.#inner.close();
  }

  /** Counts a call and gives its faults; throws the error of the one that lets it fail. */
  #next(operation: QueueOperation): readonly QueueFault[] {
    const due = this.#faultsAt(operation, ++this.#calls[operation]);
    for (const fault of due) if (fault.kind === "fail") throw fault.error;
    return due;
  }

  #faultsAt(operation: QueueOperation, nth: number): readonly QueueFault[] {
    return this.#plan.filter((fault) => fault.operation === operation && fault.nth === nth);
  }
}

function delayOf(due: readonly QueueFault[]): number {
  return due.reduce((sum, fault) => sum + (fault.kind === "delay" ? fault.ms : 0), 0);
}

async function bothOf(...puts: readonly MaybePromise<void>[]): Promise<void> {
  await Promise.all(puts);
}
