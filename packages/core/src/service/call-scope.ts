import type { Headers } from "../packet/packet.ts";

/** What happens to a call for which a service has no room. */
export type Overflow = "wait" | "reject";

/** What is asked of a service. */
export interface CallTarget {
  /** Its name. */
  readonly service: string;
  /** Its method. */
  readonly method: string;
  readonly args: readonly unknown[];
  /** How long to wait for the answer, in ms; by default as the service says. */
  readonly timeoutMs?: number | undefined;
  /** Gives the call up when it fires. */
  readonly signal?: AbortSignal | undefined;
  /** What happens when the service has no room; by default as the service says. */
  readonly overflow?: Overflow | undefined;
  /** Tells a repetition of this call from another call. */
  readonly idempotencyKey?: string | undefined;
  readonly headers?: Headers | undefined;
}

/** Who calls. */
export interface CallScope {
  /** The job whose services are meant first; `undefined` for a caller outside of all jobs. */
  readonly job: string | undefined;
  /** Services, as `job/service`, whose calls have led here, the outermost first. */
  readonly chain: readonly string[];
  /** When the caller's own caller gives up, in ms of the monotonic clock. */
  readonly deadline?: number | undefined;
  /** What the caller's own caller has sent along, and goes on to whom it calls. */
  readonly headers?: Headers | undefined;
  /** Gives up every call of this caller when it ends. */
  readonly group?: CallGroup | undefined;
}

/** Something that can be given up. */
export interface Cancellable {
  /** Ends it with this reason; no effect when it has ended. */
  cancel(reason: unknown): void;
}

/** A call in a {@link CallGroup}, which it knows its place in. */
export interface GroupedCall extends Cancellable {
  /** Kept by the group; -1 outside of all. */
  place: number;
}

/** The calls of one caller that lives as long as a signal: they are many, and the signal gets one listener. */
export class CallGroup {
  readonly #signal: AbortSignal;
  #calls: GroupedCall[] = [];
  #listening = false;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Adds a call. @throws the signal's reason when it has fired. */
  add(call: GroupedCall): void {
    this.#signal.throwIfAborted();
    call.place = this.#calls.push(call) - 1;
    if (this.#listening) return;
    this.#listening = true;
    this.#signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Takes out a call that has ended. */
  remove(call: GroupedCall): void {
    const { place } = call;
    if (this.#calls[place] !== call) return;
    const last = this.#calls.pop() as GroupedCall;
    if (last !== call) {
      this.#calls[place] = last;
      last.place = place;
    }
    call.place = -1;
  }

  readonly #onAbort = (): void => {
    const calls = this.#calls;
    this.#calls = [];
    for (const call of calls) call.cancel(this.#signal.reason);
  };
}
