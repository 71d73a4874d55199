import { isSageError, SageError } from "../errors/sage-error.ts";
import type { Clock, Timer } from "../host/clock.port.ts";
import type { Host } from "../host/host.ts";
import type { CallInterceptor, CallResult, OutgoingCall } from "./call-interceptor.ts";
import type { Overflow } from "./call-scope.ts";
import { WaitingLine } from "./waiting-line.ts";

/** What a breaker lets through: all calls (`closed`), none (`open`), or one that tries (`half-open`). */
export type CircuitState = "closed" | "open" | "half-open";

/** A change of a breaker's state, and the failures in a row so far. */
export interface CircuitChange {
  readonly from: CircuitState;
  readonly to: CircuitState;
  readonly failures: number;
}

/** When a {@link CircuitBreaker} opens, and for how long. */
export interface CircuitBreakerOptions {
  /** Failures in a row that open it; an integer of at least 1. Default 5. */
  readonly failures?: number;
  /** How long it stays open before it lets a call try, in ms; above 0. Default 10,000. */
  readonly pauseMs?: number;
  /** Whether calls wait while it is not closed, or are refused with `CIRCUIT_OPEN`. Default `wait`. */
  readonly overflow?: Overflow;
  /** Which errors count as failures, of those that are no `usage` and no cancellation. Default: all. */
  readonly counts?: (error: unknown) => boolean;
  /** Told of each change, for logs and metrics. Must not throw. */
  readonly onChange?: (change: CircuitChange) => void;
}

/**
 * Keeps calls from a service that fails one call after the other. It opens after so many failures in a row; after a
 * pause it half-opens and lets one call through, its probe, whose success closes it and whose failure opens it for
 * another pause. Meanwhile calls wait, first come, first served, or until their signal fires: that pauses who calls.
 *
 * A call that ends with an error that does not count says nothing: failures stay in a row across it, and after such a
 * probe the next call is the probe. Nor does a call that ends when the state in which it began is over.
 */
export class CircuitBreaker {
  readonly #clock: Clock;
  readonly #rules: Required<CircuitBreakerOptions>;
  readonly #line = new WaitingLine();
  #state: CircuitState = "closed";
  /** Changes so far: what tells the calls of this state's time from those of an earlier one. */
  #changes = 0;
  #failures = 0;
  #probing = false;
  /** When the pause ends. */
  #dueAt = 0;
  #timer: Timer | undefined;

  /** @throws SageError `INVALID_OPTION`. */
  constructor(options: CircuitBreakerOptions, { clock }: Pick<Host, "clock">) {
    const problem = circuitBreakerProblemOf(options);
    if (problem !== undefined) {
      const expected = '{ failures, pauseMs, overflow: "wait" or "reject", counts, onChange }';
      throw new SageError("INVALID_OPTION", { path: "circuitBreaker", problem, expected });
    }
    const { failures = 5, pauseMs = 10_000, overflow = "wait" } = options;
    const { counts = () => true, onChange = () => undefined } = options;
    this.#clock = clock;
    this.#rules = { failures, pauseMs, overflow, counts, onChange };
  }

  /** The state in which a call would find it. The end of a pause is told to `onChange` when somebody notices it. */
  get state(): CircuitState {
    return this.#isDue() ? "half-open" : this.#state;
  }

  /** Failures in a row, since the last success. */
  get failures(): number {
    return this.#failures;
  }

  /** Calls that wait in line. */
  get waiting(): number {
    return this.#line.size;
  }

  /** Holds a call back, or refuses it, unless the state lets it through; learns from how it ends. */
  readonly intercept: CallInterceptor = async (call, next) => {
    call.signal.throwIfAborted();
    if (this.#isDue()) this.#change("half-open");
    if (this.#admits() && this.#line.size === 0) return this.#run(call, next);
    if (this.#rules.overflow === "wait") return this.#wait(call, next);
    const retryInMs = Math.max(0, this.#dueAt - this.#clock.monotonic());
    throw new SageError("CIRCUIT_OPEN", { service: call.service, failures: this.#failures, retryInMs });
  };

  #isDue(): boolean {
    return this.#state === "open" && this.#clock.monotonic() >= this.#dueAt;
  }

  #admits(): boolean {
    return this.#state === "closed" || (this.#state === "half-open" && !this.#probing);
  }

  async #run(call: OutgoingCall, next: Parameters<CallInterceptor>[1]): Promise<CallResult> {
    const changes = this.#changes;
    this.#probing = this.#state === "half-open";
    let outcome: "success" | "failure" | undefined;
    try {
      const result = await next(call);
      outcome = "success";
      return result;
    } catch (error) {
      if (this.#isFailure(call, error)) outcome = "failure";
      throw error;
    } finally {
      if (changes === this.#changes) this.#learn(outcome);
    }
  }

  #isFailure({ signal }: OutgoingCall, error: unknown): boolean {
    const kind = isSageError(error) ? error.kind : undefined;
    if (kind === "usage" || kind === "cancelled") return false;
    // A caller may cancel with a reason of its own; only its timeout says something of the service.
    if (kind !== "timeout" && signal.aborted && error === signal.reason) return false;
    return this.#rules.counts(error);
  }

  #learn(outcome: "success" | "failure" | undefined): void {
    this.#probing = false;
    if (outcome === "success") {
      this.#failures = 0;
      if (this.#state === "half-open") this.#change("closed");
    } else if (outcome === "failure") {
      // They are forgotten only by a success: one more opens a half-open breaker, too.
      if (++this.#failures >= this.#rules.failures) this.#change("open");
    } else this.#release();
  }

  #change(to: CircuitState): void {
    const from = this.#state;
    this.#state = to;
    this.#changes++;
    if (to === "open") this.#dueAt = this.#clock.monotonic() + this.#rules.pauseMs;
    this.#setTimer();
    this.#rules.onChange({ from, to, failures: this.#failures });
    this.#release();
  }

  /** Lets go whom the state admits: one, all or none. */
  #release(): void {
    this.#line.release(() => this.#admits());
  }

  #wait(call: OutgoingCall, next: Parameters<CallInterceptor>[1]): Promise<CallResult> {
    const turn = this.#line.wait(
      call.signal,
      () => this.#run(call, next),
      () => this.#setTimer(),
    );
    this.#setTimer();
    return turn;
  }

  /** Only somebody who waits needs to be woken: without a timer, the next call notices the end of the pause. */
  #setTimer(): void {
    if (this.#state === "open" && this.#line.size > 0) {
      const leftMs = Math.max(0, this.#dueAt - this.#clock.monotonic());
      this.#timer ??= this.#clock.setTimer(leftMs, () => this.#change("half-open"));
    } else {
      this.#timer?.clear();
      this.#timer = undefined;
    }
  }
}

/** What is wrong with the options of a {@link CircuitBreaker}, in words; `undefined` when nothing is. */
export function circuitBreakerProblemOf(options: unknown): string | undefined {
  if (typeof options !== "object" || options === null) return "is no object";
  const { failures = 1, pauseMs = 1, overflow, counts, onChange, ...rest } = options as CircuitBreakerOptions;
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined) return `has an unknown option "${unknown}"`;
  if (!(Number.isSafeInteger(failures) && failures >= 1)) return 'has no whole number in "failures"';
  if (!(Number.isFinite(pauseMs) && pauseMs > 0)) return 'has no number of ms above 0 in "pauseMs"';
  if (![undefined, "wait", "reject"].includes(overflow)) return 'has no "wait" or "reject" in "overflow"';
  for (const [name, value] of Object.entries({ counts, onChange }))
    if (value !== undefined && typeof value !== "function") return `has no function in "${name}"`;
  return undefined;
}
