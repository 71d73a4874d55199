import type { Clock, Timer } from "../host/clock.port.ts";
import type { Host } from "../host/host.ts";
import type { Scheduler } from "../host/scheduler.port.ts";
import { type PendingCall, PendingCalls, type StrayReply } from "./pending-calls.ts";

/** What a table needs of its machine. */
export type CallTableHost = Pick<Host, "clock"> & { readonly scheduler: Pick<Scheduler, "yield"> };

/** The pending calls of one caller together with the one timer that ends them in time. */
export class CallTable<C extends PendingCall> {
  readonly #clock: Clock;
  readonly #scheduler: Pick<Scheduler, "yield">;
  readonly #onExpired: (call: C) => void;
  readonly #calls = new PendingCalls<C>();
  #timer: Timer | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  /** Whether a look is due at whether the timer is still needed. */
  #looking = false;

  /** `onExpired` is called for each call that has reached its deadline, after it has left the table. */
  constructor({ clock, scheduler }: CallTableHost, onExpired: (call: C) => void) {
    this.#clock = clock;
    this.#scheduler = scheduler;
    this.#onExpired = onExpired;
  }

  /** Calls without an answer. */
  get size(): number {
    return this.#calls.size;
  }

  /** All of them, the oldest first. */
  get calls(): readonly C[] {
    return this.#calls.all;
  }

  /** Begins a call, and gives it its id. */
  open(call: C): void {
    this.#calls.open(call);
    if (call.deadline < this.#dueAt) this.#arm(call.deadline);
  }

  /** Ends the call with this id; `undefined` when there is none, or none any more. */
  settle(id: number): C | undefined {
    const call = this.#calls.settle(id);
    if (call !== undefined && this.#calls.size === 0 && !this.#looking) this.#look();
    return call;
  }

  /** What a reply is whose call {@link settle} did not find. */
  strayKind(id: unknown): StrayReply {
    return this.#calls.strayKind(id);
  }

  /** Ends the calls that match, the oldest first. */
  drain(matches: (call: C) => boolean): C[] {
    const dropped = this.#calls.drain(matches);
    if (this.#calls.size === 0) this.#disarm();
    return dropped;
  }

  /**
   * Calls that are made one after the other leave the table empty between them; that each had a timer of its own would
   * cost more than the call. So the timer goes when the table is still empty after the event loop has had a turn.
   */
  #look(): void {
    this.#looking = true;
    this.#scheduler.yield().then(() => {
      this.#looking = false;
      if (this.#calls.size === 0) this.#disarm();
    });
  }

  #arm(deadline: number): void {
    this.#timer?.clear();
    this.#dueAt = deadline;
    this.#timer = this.#clock.setTimer(Math.max(0, deadline - this.#clock.monotonic()), this.#onTimer);
  }

  #disarm(): void {
    this.#timer?.clear();
    this.#timer = undefined;
    this.#dueAt = Number.POSITIVE_INFINITY;
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    this.#dueAt = Number.POSITIVE_INFINITY;
    const now = this.#clock.monotonic();
    for (let call = this.#calls.expire(now); call !== undefined; call = this.#calls.expire(now)) {
      this.#onExpired(call);
    }
    const next = this.#calls.nextDeadline;
    if (next !== undefined && next < this.#dueAt) this.#arm(next);
  };
}
