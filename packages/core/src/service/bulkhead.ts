import { SageError } from "../errors/sage-error.ts";
import type { CallInterceptor, CallResult, OutgoingCall } from "./call-interceptor.ts";
import type { Overflow } from "./call-scope.ts";
import { WaitingLine } from "./waiting-line.ts";

/** How many calls a {@link Bulkhead} lets through at a time. */
export interface BulkheadOptions {
  /** Most calls in flight; an integer of at least 1. */
  readonly limit: number;
  /** Whether further calls wait for one to end, or are refused with `BULKHEAD_FULL`. Default `wait`. */
  readonly overflow?: Overflow;
}

/**
 * Limits how many calls are in flight together, so that one slow service does not take up everything. Calls beyond the
 * limit wait in line, first come, first served, and leave it when their signal fires; that pauses whoever calls.
 *
 * One bulkhead counts all calls that go through its {@link intercept}, of whatever service and caller.
 */
export class Bulkhead {
  readonly #limit: number;
  readonly #overflow: Overflow;
  readonly #line = new WaitingLine();
  #inFlight = 0;

  /** @throws SageError `INVALID_OPTION`. */
  constructor(options: BulkheadOptions) {
    const problem = bulkheadProblemOf(options);
    if (problem !== undefined) {
      const expected = '{ limit: an integer of at least 1, overflow: "wait" or "reject" }';
      throw new SageError("INVALID_OPTION", { path: "bulkhead", problem, expected });
    }
    const { limit, overflow = "wait" } = options;
    this.#limit = limit;
    this.#overflow = overflow;
  }

  /** Calls that were let through and have not ended. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Calls that wait in line. */
  get waiting(): number {
    return this.#line.size;
  }

  /** Holds a call back while as many as the limit says are in flight. */
  readonly intercept: CallInterceptor = async (call, next) => {
    call.signal.throwIfAborted();
    if (this.#inFlight < this.#limit) return this.#run(call, next);
    if (this.#overflow === "reject")
      throw new SageError("BULKHEAD_FULL", { service: call.service, limit: this.#limit });
    return this.#line.wait(call.signal, () => this.#run(call, next));
  };

  async #run(call: OutgoingCall, next: Parameters<CallInterceptor>[1]): Promise<CallResult> {
    this.#inFlight++;
    try {
      return await next(call);
    } finally {
      this.#inFlight--;
      this.#line.release(() => this.#inFlight < this.#limit);
    }
  }
}

/** What is wrong with the options of a {@link Bulkhead}, in words; `undefined` when nothing is. */
export function bulkheadProblemOf(options: unknown): string | undefined {
  if (typeof options !== "object" || options === null) return "is no object";
  const { limit, overflow, ...rest } = options as BulkheadOptions;
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined) return `has an unknown option "${unknown}"`;
  if (!(Number.isSafeInteger(limit) && limit >= 1)) return 'has no whole number in "limit"';
  if (![undefined, "wait", "reject"].includes(overflow)) return 'has no "wait" or "reject" in "overflow"';
  return undefined;
}
