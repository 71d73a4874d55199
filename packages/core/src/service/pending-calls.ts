import { DeadlineHeap } from "./deadline-heap.ts";
import { IdRing } from "./id-ring.ts";

/** A call that has begun. */
export interface PendingCall {
  /** What tells it from the other calls of its caller; given by {@link PendingCalls.open}. */
  id: number;
  /** When its caller gives up, in ms of the caller's monotonic clock. */
  readonly deadline: number;
  /** Whether it has ended; kept by {@link PendingCalls}. */
  settled: boolean;
}

/** What a reply is that belongs to no call any more. */
export type StrayReply = "late" | "unknown";

/**
 * The calls of one caller that have no answer yet: who waits for which reply, and until when. Pure bookkeeping: each
 * call leaves exactly once, by its reply, its deadline, its cancellation or the end of everything, whichever comes
 * first; what comes later is a stray.
 */
export class PendingCalls<C extends PendingCall> {
  readonly #calls = new IdRing<C>();
  readonly #deadlines = new DeadlineHeap<C>();
  #opened = 0;

  /** Calls without an answer. */
  get size(): number {
    return this.#calls.size;
  }

  /** All of them, the oldest first. */
  get all(): readonly C[] {
    return this.#calls.values();
  }

  /** The earliest deadline; `undefined` when no call waits. */
  get nextDeadline(): number | undefined {
    return this.#deadlines.peek()?.deadline;
  }

  /** Begins a call, and gives it its id. */
  open(call: C): void {
    call.id = this.#opened++;
    this.#calls.add(call.id, call);
    this.#deadlines.add(call, this.#calls.size);
  }

  /** Ends the call with this id; `undefined` when there is none, or none any more. */
  settle(id: number): C | undefined {
    const call = this.#calls.take(id);
    if (call !== undefined) call.settled = true;
    return call;
  }

  /** What a reply is whose call {@link settle} did not find. */
  strayKind(id: unknown): StrayReply {
    return Number.isSafeInteger(id) && (id as number) >= 0 && (id as number) < this.#opened
      ? "late"
      : "unknown";
  }

  /** Ends one call whose deadline has passed, the earliest first; `undefined` when none is left. */
  expire(now: number): C | undefined {
    const first = this.#deadlines.peek();
    return first === undefined || first.deadline > now ? undefined : this.settle(first.id);
  }

  /** Ends the calls that match, the oldest first. */
  drain(matches: (call: C) => boolean): C[] {
    const dropped = this.all.filter(matches);
    for (const { id } of dropped) this.settle(id);
    return dropped;
  }
}
