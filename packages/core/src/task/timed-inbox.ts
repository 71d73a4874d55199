import type { JsonValue } from "../errors/json.ts";
import type { Clock, Timer } from "../host/clock.port.ts";
import { Completion } from "../host/completion.ts";
import { isPromiseLike, type MaybePromise, whenSettled } from "../host/maybe-promise.ts";
import type { Scheduler } from "../host/scheduler.port.ts";
import { TimerSignal, timerChannel } from "../operator/timer-signal.ts";
import { Batch } from "../packet/batch.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import type { Delivery } from "../queue/queue.port.ts";
import type { TimerTable } from "../state/timer-table.ts";
import type { Inbox } from "./source-inbox.ts";

/** Id that stands for the sender on that channel. */
export const timerSource = "timers";

/** Longest time that a host's timer can take, in ms. */
const longestTimerMs = 2 ** 31 - 1;

/** What a timed inbox works with. */
export interface TimedInboxScope {
  readonly inner: Inbox;
  readonly timers: TimerTable;
  /** Whether the step's records have keys. */
  readonly keyed: boolean;
  /** Timers that earlier incarnations have had. */
  readonly fired: number;
  /** Where the input stands; `undefined` when nothing was taken from it. */
  readonly position: JsonValue | undefined;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
}

/**
 * A task's input together with its timers: one that is due comes before what waits in the input. Once the input has
 * ended, {@link TimedInbox.drain} lets all that are left come, whenever they are due.
 */
export class TimedInbox implements Inbox {
  readonly #scope: TimedInboxScope;
  /** Where the input stands behind everything that was delivered. */
  #position: JsonValue | undefined;
  #fired: number;
  /** Whether timers come though they are not due. */
  #hurried = false;
  #draining = false;
  #arrived: Delivery | undefined;
  #awaited = false;
  #failure: { readonly error: unknown } | undefined;
  #waiting: { readonly max: number; readonly completion: Completion<Delivery> } | undefined;
  #alarm: Timer | undefined;

  constructor(scope: TimedInboxScope) {
    this.#scope = scope;
    this.#fired = scope.fired;
    this.#position = scope.position;
  }

  /** Timers that it has handed out, with those of earlier incarnations. */
  get fired(): number {
    return this.#fired;
  }

  /** Whether timers are left that have not come. */
  get pending(): boolean {
    return this.#scope.timers.nextAt !== undefined;
  }

  /** From here on the timers that are left come, whether they are due or not, and nothing else. */
  drain(): void {
    this.#draining = true;
    this.#hurried = true;
    this.#scope.timers.close();
  }

  /** The timers that are set come now, whether they are due or not; those that records set later come when they are due. */
  hurry(): void {
    this.#hurried = true;
    this.#scope.timers.close();
    this.#wake();
  }

  take(max: number): MaybePromise<Delivery> {
    const now = this.#look(max);
    if (now !== undefined) return now;
    const completion = new Completion<Delivery>(this.#scope.scheduler);
    this.#waiting = { max, completion };
    this.#setAlarm();
    return completion;
  }

  advance(position: JsonValue): MaybePromise<void> {
    return this.#scope.inner.advance(position);
  }

  positionAfter(delivery: Delivery, elements: number): JsonValue {
    if (delivery.batches[0]?.channel === timerChannel) return delivery.position;
    return this.#scope.inner.positionAfter(delivery, elements);
  }

  rewind(position: JsonValue | undefined): MaybePromise<void> {
    return this.#scope.inner.rewind(position);
  }

  close(): MaybePromise<void> {
    this.stop();
    return this.#scope.inner.close();
  }

  /** Lets no timer wake anybody any more. */
  stop(): void {
    this.#alarm?.clear();
    this.#alarm = undefined;
    this.#waiting = undefined;
  }

  /** The next delivery, if there is one now; otherwise the input is being waited for. */
  #look(max: number): Delivery | undefined {
    if (this.#failure !== undefined) throw this.#failure.error;
    const { timers, clock } = this.#scope;
    const due = timers.takeDue(this.#hurried ? Number.POSITIVE_INFINITY : clock.now(), max);
    if (due.length > 0) return this.#fire(due);
    this.#hurried = this.#draining;
    const arrived = this.#arrived;
    if (arrived !== undefined) {
      this.#arrived = undefined;
      return this.#deliver(arrived);
    }
    if (this.#awaited) return undefined;
    const taken = this.#scope.inner.take(max);
    if (!isPromiseLike(taken)) return this.#deliver(taken);
    this.#awaited = true;
    whenSettled(
      taken,
      (delivery) => {
        this.#awaited = false;
        this.#arrived = delivery;
        this.#wake();
      },
      (error) => {
        this.#failure = { error };
        this.#wake();
      },
    );
    return undefined;
  }

  #fire(due: readonly { readonly at: number; readonly key: unknown }[]): Delivery {
    const signals = due.map(({ at }) => new TimerSignal(at));
    const keys = this.#scope.keyed ? due.map(({ key }) => key as PartitionKey) : undefined;
    const batch = new Batch(timerChannel, this.#fired, signals, keys);
    this.#fired += due.length;
    // Timers are state and move no position; before any input there is none.
    return { batches: [batch], position: this.#position as JsonValue, done: false };
  }

  #deliver(delivery: Delivery): Delivery {
    this.#position = delivery.position;
    return delivery;
  }

  /** Answers the take that waits, if there is something for it. */
  #wake(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    try {
      const delivery = this.#look(waiting.max);
      if (delivery === undefined) return;
      this.#waiting = undefined;
      waiting.completion.resolve(delivery);
    } catch (error) {
      this.#waiting = undefined;
      waiting.completion.reject(error);
    }
  }

  #setAlarm(): void {
    this.#alarm?.clear();
    this.#alarm = undefined;
    const { timers, clock } = this.#scope;
    const { nextAt } = timers;
    if (nextAt === undefined) return;
    const delayMs = Math.min(longestTimerMs, Math.max(0, nextAt - clock.now()));
    this.#alarm = clock.setTimer(delayMs, () => {
      this.#alarm = undefined;
      this.#wake();
      if (this.#waiting !== undefined) this.#setAlarm();
    });
  }
}
