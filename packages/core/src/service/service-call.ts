import { SageError } from "../errors/sage-error.ts";
import type { Clock } from "../host/clock.port.ts";
import { isPromiseLike } from "../host/maybe-promise.ts";
import type { CallScope, CallTarget, Cancellable, GroupedCall } from "./call-scope.ts";
import type { RequestEnd } from "./outgoing-request.ts";
import type { ServiceEntry } from "./service-entry.ts";

/** What a call is made of. */
export interface ServiceCallFacts {
  readonly service: ServiceEntry;
  readonly target: CallTarget;
  readonly scope: CallScope;
  /** How long it may take, in ms. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** When it was made, in ms of that clock. */
  readonly startedAt: number;
  /** Who waits for it. */
  readonly end: RequestEnd;
}

/** One call, from when it was asked for until its caller has its answer: it ends once. */
export class ServiceCall implements RequestEnd, GroupedCall {
  place = -1;
  readonly service: ServiceEntry;
  readonly target: CallTarget;
  readonly timeoutMs: number;
  /** When it must have ended, in ms of the monotonic clock. */
  readonly deadline: number;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #scope: CallScope;
  readonly #end: RequestEnd;
  #underWay: Cancellable | undefined;
  #ended = false;
  #onAbort: (() => void) | undefined;

  constructor({ service, target, scope, timeoutMs, clock, startedAt, end }: ServiceCallFacts) {
    this.service = service;
    this.target = target;
    this.timeoutMs = timeoutMs;
    this.deadline = startedAt + timeoutMs;
    this.#clock = clock;
    this.#startedAt = startedAt;
    this.#scope = scope;
    this.#end = end;
  }

  /** Its method. */
  get method(): string {
    return this.target.method;
  }

  /** Whether it does not wait for room. */
  get rejects(): boolean {
    return (this.target.overflow ?? this.service.rules.overflow) === "reject";
  }

  /** The services on the way to what it calls, the outermost first. */
  get chain(): readonly string[] {
    return this.#scope.chain;
  }

  /** Begins to listen to those who may give it up. @throws the reason of one who has. */
  begin(): void {
    this.#scope.group?.add(this);
    this.service.stats.begin();
    const { signal } = this.target;
    if (signal === undefined) return;
    this.#onAbort = () => this.cancel(signal.reason);
    signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Keeps what must be given up with it. */
  sent(underWay: Cancellable): void {
    this.#underWay = underWay;
  }

  resolve(value: unknown): void {
    if (isAwaited(value)) {
      // Whoever awaits the result would call its `then`, which came from elsewhere.
      const facts = { path: "value", problem: "has a method then(), which an await would call" };
      this.reject(new SageError("SERVICE_MESSAGE_INVALID", facts));
    } else if (this.#settle()) this.#end.resolve(value);
  }

  reject(error: unknown): void {
    if (this.#settle({ error })) this.#end.reject(error);
  }

  cancel(reason: unknown = this.#cancelled()): void {
    if (!this.#settle({ error: reason })) return;
    this.#underWay?.cancel(reason);
    this.#end.reject(reason);
  }

  #cancelled(): SageError {
    return new SageError("SERVICE_CANCELLED", { service: this.service.name, method: this.method });
  }

  #settle(failure?: { readonly error: unknown }): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    this.service.stats.end(this.#clock.monotonic() - this.#startedAt, failure);
    this.#scope.group?.remove(this);
    if (this.#onAbort !== undefined) this.target.signal?.removeEventListener("abort", this.#onAbort);
    return true;
  }
}

/** Whether an `await` would call a value's `then`, which functions may have, too. */
function isAwaited(value: unknown): boolean {
  return (
    isPromiseLike(value) ||
    (typeof value === "function" && typeof (value as { then?: unknown }).then === "function")
  );
}
