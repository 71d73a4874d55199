import { SageError } from "../errors/sage-error.ts";
import type { Clock } from "../host/clock.port.ts";
import { isPromiseLike, type MaybePromise, whenSettled } from "../host/maybe-promise.ts";
import type { Runnable, Scheduler } from "../host/scheduler.port.ts";
import type { Operator } from "../operator/operator.port.ts";
import type { Batch } from "../packet/batch.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import type { Delivery } from "../queue/queue.port.ts";
import type { Output } from "../routing/connection.ts";
import type { Router } from "../routing/router.ts";
import type { Commit } from "../state/commit.port.ts";
import type { TaskLedger } from "../state/ledger.ts";
import type { FaultPolicy } from "./fault-policy.ts";
import type { InputTracker } from "./input-tracker.ts";
import type { Pace } from "./pace.ts";
import type { RecordRunner } from "./record-runner.ts";
import type { Inbox } from "./source-inbox.ts";

/** What a loop works with. */
export interface LoopScope {
  readonly node: string;
  readonly inbox: Inbox;
  readonly tracker: InputTracker;
  readonly operator: Operator;
  readonly runner: RecordRunner;
  readonly router: Router;
  readonly commit: Commit;
  readonly ledger: TaskLedger;
  readonly faults: FaultPolicy;
  readonly out: RecordBuffer;
  readonly pace: Pace;
  readonly maxBatch: number;
  readonly scheduler: Scheduler;
  readonly clock: Clock;
}

/** What a loop is doing, for a report of who waits for what. */
export type LoopPhase = "ready" | "input" | "record" | "room" | "finish" | "ended";

/** Hears how a loop ended: well, or by an error, whatever was thrown. */
export type OnLoopEnd = (failure: { readonly error: unknown; readonly phase: LoopPhase } | undefined) => void;

/**
 * A task's loop: take, process, commit, and again until every input has ended; then finish and forward the stop
 * signals. One unit per scheduler step. Nothing is awaited that is there already, so that a unit whose parts are all
 * synchronous costs no promise.
 */
export class WorkerLoop implements Runnable {
  readonly #scope: LoopScope;
  readonly #onEnd: OnLoopEnd;
  #phase: LoopPhase = "ready";
  #delivery: Delivery | undefined;
  #records = 0;
  #sequence = 0;
  #busy: PromiseLike<void> | undefined;

  /**
   * `onEnd` is called once: with `undefined` when all is done, else with the error that ended the loop and what the
   * loop was doing.
   */
  constructor(scope: LoopScope, onEnd: OnLoopEnd) {
    this.#scope = scope;
    this.#onEnd = onEnd;
  }

  /** What it is doing. */
  get phase(): LoopPhase {
    return this.#phase;
  }

  /** Resolves when no asynchronous record is in flight. */
  get idle(): Promise<void> {
    return Promise.resolve(this.#busy).catch(() => undefined);
  }

  /** Begins. */
  start(): void {
    this.#scope.scheduler.post(this);
  }

  /** Stops at once; no callback follows, and whatever was in flight is forgotten. */
  abort(): void {
    this.#phase = "ended";
  }

  /** Processes the delivery that was taken, or takes the first; called by the scheduler. */
  run(): void {
    const delivery = this.#delivery;
    if (delivery === undefined) this.#take();
    else this.#onDelivery(delivery);
  }

  /** Takes the next delivery; its turn comes when the other tasks that are ready have had theirs. */
  #take(): void {
    if (this.#phase === "ended") return;
    try {
      const delivery = this.#scope.inbox.take(this.#scope.pace.max);
      if (isPromiseLike(delivery)) {
        this.#phase = "input";
        whenSettled(delivery, this.#onDelivery, this.#onError);
      } else {
        this.#delivery = delivery;
        this.#scope.scheduler.post(this);
      }
    } catch (error) {
      this.#onError(error);
    }
  }

  readonly #onDelivery = (delivery: Delivery): void => {
    if (this.#phase === "ended") return;
    try {
      const { batches } = delivery;
      if (batches.length === 0)
        throw new SageError("QUEUE_CLOSED", { queue: `inbox of ${this.#scope.node}` });
      this.#delivery = delivery;
      this.#records = countRecords(batches);
      this.#scope.pace.begin(this.#records);
      const wait = this.#process(batches);
      if (wait === undefined) {
        this.#onProcessed();
      } else {
        this.#phase = "record";
        this.#busy = wait;
        wait.then(this.#onProcessed, this.#onError);
      }
    } catch (error) {
      this.#onError(error);
    }
  };

  readonly #onProcessed = (): void => {
    if (this.#phase === "ended") return;
    try {
      this.#busy = undefined;
      this.#scope.pace.end(this.#records);
      const wait = this.#commit((this.#delivery as Delivery).position);
      this.#delivery = undefined;
      if (isPromiseLike(wait)) {
        this.#phase = "room";
        whenSettled(wait, this.#onCommitted, this.#onError);
      } else {
        this.#onCommitted();
      }
    } catch (error) {
      this.#onError(error);
    }
  };

  readonly #onCommitted = (): void => {
    if (this.#phase === "ended") return;
    this.#phase = "ready";
    if (this.#scope.tracker.ended) void this.#finish();
    else this.#take();
  };

  readonly #onError = (error: unknown): void => {
    if (this.#phase === "ended") return;
    const phase = this.#phase;
    this.#phase = "ended";
    this.#onEnd({ error, phase });
  };

  /** Checks the batches against their channels, runs their records, and counts their stop signals. */
  #process(batches: readonly Batch[]): PromiseLike<void> | undefined {
    const { tracker, ledger, runner } = this.#scope;
    let accepted = batches;
    for (let b = 0; b < batches.length; b++) {
      const batch = batches[b] as Batch;
      if (tracker.accept(batch)) ledger.received += batch.payloads.length;
      else accepted = accepted.filter((other) => other !== batch);
    }
    const wait = runner.process(accepted);
    if (wait !== undefined) return wait.then(() => this.#countStops(accepted));
    this.#countStops(accepted);
    return undefined;
  }

  #countStops(batches: readonly Batch[]): void {
    for (let b = 0; b < batches.length; b++) {
      const batch = batches[b] as Batch;
      if (batch.stop !== undefined) this.#scope.tracker.stop(batch);
    }
  }

  #commit(position: Delivery["position"] | undefined): MaybePromise<void> {
    const { router, out, ledger, faults } = this.#scope;
    const outputs: Output[] = [];
    ledger.emitted += out.payloads.length;
    router.route(out, outputs);
    out.clear();
    return this.#apply(position, outputs, faults.take());
  }

  #apply(
    position: Delivery["position"] | undefined,
    outputs: readonly Output[],
    deadLetters: ReturnType<FaultPolicy["take"]>,
  ): MaybePromise<void> {
    const { commit, ledger } = this.#scope;
    return commit.commit({ sequence: ++this.#sequence, position, outputs, deadLetters, ledger });
  }

  async #finish(): Promise<void> {
    const { node, operator, out, router, clock, maxBatch } = this.#scope;
    this.#phase = "finish";
    try {
      for (let done = false; !done; ) {
        done = await operator.finish(out, maxBatch);
        if (this.#ended) return;
        if (router.selective) router.select(out, 0);
        await this.#commit(undefined);
        if (this.#ended) return;
      }
      const stops: Output[] = [];
      router.stop({ source: node, time: clock.now() }, stops);
      await this.#apply(undefined, stops, []);
      if (this.#ended) return;
      this.#phase = "ended";
      this.#onEnd(undefined);
    } catch (error) {
      this.#onError(error);
    }
  }

  get #ended(): boolean {
    return this.#phase === "ended";
  }
}

function countRecords(batches: readonly Batch[]): number {
  let records = 0;
  for (let b = 0; b < batches.length; b++) records += (batches[b] as Batch).payloads.length;
  return records;
}
