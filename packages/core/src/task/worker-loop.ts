import { isPromiseLike, whenSettled } from "../host/maybe-promise.ts";
import type { Runnable } from "../host/scheduler.port.ts";
import { type Batch, countRecords } from "../packet/batch.ts";
import type { Delivery } from "../queue/queue.port.ts";
import { ConcurrentRun } from "./concurrent-run.ts";
import { DeliveryWalk } from "./delivery-walk.ts";
import { EarlierOutputs } from "./earlier-outputs.ts";
import { finishTask } from "./finish-phase.ts";
import type { LoopPhase, OnLoopEnd } from "./loop-phase.ts";
import type { LoopScope } from "./loop-scope.ts";
import { PartCommits } from "./part-commits.ts";
import type { PauseGate } from "./pause-gate.ts";

/**
 * A task's loop: take, process, commit, and again until every input has ended; then finish and forward the stop
 * signals. One unit per scheduler step. Nothing is awaited that is there already, so that a unit whose parts are all
 * synchronous costs no promise.
 */
export class WorkerLoop implements Runnable {
  readonly #scope: LoopScope;
  readonly #onEnd: OnLoopEnd;
  readonly #walk: DeliveryWalk;
  readonly #concurrent: ConcurrentRun;
  readonly #parts: PartCommits;
  readonly #gate: PauseGate;
  readonly #earlier: EarlierOutputs;
  /** Taken, and its turn has not come yet. */
  #next: Delivery | undefined;
  #records = 0;
  #taking = false;
  #finishing = false;
  #ended = false;
  #busy: PromiseLike<void> | undefined;
  #busySince = 0;

  /** `onEnd` is called once: with `undefined` when all is done, else with the error and what the loop was doing. */
  constructor(scope: LoopScope, onEnd: OnLoopEnd) {
    this.#scope = scope;
    this.#earlier = new EarlierOutputs(scope.delivered);
    this.#onEnd = onEnd;
    this.#gate = scope.gate;
    this.#gate.onStill = () => this.#rest();
    this.#walk = new DeliveryWalk(scope);
    this.#parts = new PartCommits(scope, this.#walk, this.#onError);
    this.#concurrent = new ConcurrentRun(scope, this.#walk, {
      isPaused: () => this.#gate.paused,
      isTaking: () => this.#taking,
      take: (max) => this.#take(max),
      onEmpty: () => this.#onCommitted(),
      onError: (error) => this.#fail(error),
      onRest: () => this.#rest(),
    });
  }

  /** What it is doing. */
  get phase(): LoopPhase {
    if (this.#ended) return "ended";
    if (this.#finishing) return "finish";
    if (this.#walk.hook !== undefined || this.#concurrent.hook !== undefined) return "hook";
    const inFlight = this.#concurrent.flying.size + (this.#busy === undefined ? 0 : 1);
    if (this.#gate.parked || (this.#gate.paused && inFlight <= this.#gate.standing)) return "paused";
    if (inFlight > 0) return "record";
    if (this.#scope.committer.waiting || this.#earlier.waiting) return "room";
    return this.#taking ? "input" : "ready";
  }

  /** The batch and record that user code works on one at a time, and since when it has been waited for. */
  get current(): { readonly batch: Batch; readonly index: number; readonly since: number } | undefined {
    if (this.#busy === undefined || this.#walk.delivery === undefined) return undefined;
    return { batch: this.#walk.batch, index: this.#scope.cursor.index, since: this.#busySince };
  }

  /** The records that a concurrent step has in flight. */
  get flying(): ConcurrentRun["flying"] {
    return this.#concurrent.flying;
  }

  /** True while it waits for input with nothing in flight. */
  get waiting(): boolean {
    if (this.#scope.cursor.lingering) return true;
    return this.phase === "input" && !this.#concurrent.active && !this.#gate.paused;
  }

  /** Whether something goes on of its own: user code, a commit, or the end of the task. */
  get moving(): boolean {
    const { committer, cursor } = this.#scope;
    if (this.idle !== undefined || committer.waiting) return true;
    return this.#finishing && !this.#ended && !cursor.lingering;
  }

  /** Resolves when no user code is being waited for any more; `undefined` when none is. */
  get idle(): Promise<unknown> | undefined {
    const { cursor, committer } = this.#scope;
    const { flying, idle, hook } = this.#concurrent;
    const waits = [this.#busy, hook, cursor.hook, committer.transaction, flying.size > 0 ? idle : undefined];
    return waits.some(Boolean) ? Promise.allSettled(waits) : undefined;
  }

  /** Begins. */
  start(): void {
    this.#earlier.whenGone(() => this.#scope.scheduler.post(this), this.#onError);
  }

  /** Stops at once; no callback follows, and whatever was in flight is forgotten. */
  abort(): void {
    this.#ended = true;
    this.#scope.cursor.stopped = true;
    this.#parts.close();
    this.#gate.resume(); // what is held there ends, too
  }

  /** Takes nothing more until {@link resume}; resolves when what was begun is done or waits for room. */
  pause(): Promise<void> {
    const still = this.#gate.pause();
    this.#scope.cursor.halted = true;
    this.#rest();
    return still;
  }

  /** Goes on where {@link pause} stopped it. */
  resume(): void {
    if (!this.#gate.paused) return;
    this.#scope.cursor.halted = false;
    if (this.#gate.resume()) this.#scope.scheduler.post(this);
    this.#concurrent.post();
    if (this.waiting) this.#scope.onIdle?.(); // who looked meanwhile has found it paused
  }

  /** Processes the delivery that was taken, or takes the first; called by the scheduler. */
  run(): void {
    if (this.#ended) return;
    const delivery = this.#next;
    if (delivery !== undefined) this.#onDelivery(delivery);
    else if (this.#scope.tracker.ended) this.#wind();
    else this.#take(this.#scope.pace.max);
  }

  /** Takes the next delivery; its turn comes when the other tasks that are ready have had theirs. */
  #take(max: number): void {
    if (this.#gate.paused) {
      this.#park();
      return;
    }
    try {
      const delivery = this.#scope.inbox.take(max);
      if (isPromiseLike(delivery)) {
        this.#taking = true;
        whenSettled(delivery, this.#onTaken, this.#onError);
        if (this.#scope.onIdle !== undefined && !this.#concurrent.active) this.#scope.onIdle();
      } else if (this.#concurrent.active) {
        this.#concurrent.add(delivery);
      } else {
        this.#next = delivery;
        this.#scope.scheduler.post(this);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  readonly #onTaken = (delivery: Delivery): void => {
    this.#taking = false;
    if (this.#ended) return;
    if (this.#concurrent.active) this.#concurrent.add(delivery);
    else this.#onDelivery(delivery);
  };

  readonly #onError = (error: unknown): void => {
    this.#taking = false;
    this.#fail(error);
  };

  #onDelivery(delivery: Delivery): void {
    if (this.#gate.paused) {
      this.#next = delivery;
      this.#park();
      return;
    }
    this.#next = undefined;
    this.#records = countRecords(delivery.batches);
    this.#scope.pace.begin(this.#records);
    this.#go(delivery, true);
  }

  /** Begins the walk, or goes on with it, and does what it asks for next. */
  #go(delivery: Delivery, begin: boolean): void {
    try {
      if (begin ? this.#walk.begin(delivery) : this.#walk.resume()) {
        this.#commit(delivery);
        return;
      }
      const { hook } = this.#walk;
      if (this.#ended) return; // user code has cancelled its own job
      if (hook === undefined && this.#scope.concurrency > 1) {
        this.#scope.pace.skip();
        this.#concurrent.begin(this.#parts.rest(delivery, this.#walk.done));
        return;
      }
      this.#busy = hook ?? this.#scope.runner.runSerially(this.#walk.batch);
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#parts.begin();
    this.#busySince = this.#scope.clock.monotonic();
    this.#rest();
    this.#busy.then(
      () => {
        this.#busy = undefined;
        this.#parts.end();
        if (!this.#ended) this.#go(delivery, false);
      },
      (error) => {
        this.#busy = undefined;
        this.#fail(error);
      },
    );
  }

  #commit(delivery: Delivery): void {
    const { pace, committer } = this.#scope;
    pace.end(this.#records);
    if (committer.waiting) {
      this.#parts.after(() => this.#commit(delivery));
      this.#rest();
      return;
    }
    const input = { position: delivery.position, consumed: this.#parts.rest(delivery), ahead: none };
    let delivered: boolean;
    try {
      delivered = committer.commit(input, this.#onCommitted, this.#onError);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (delivered) this.#onCommitted();
    else this.#rest();
  }

  readonly #onCommitted = (): void => {
    if (this.#ended) return;
    if (this.#scope.tracker.ended) this.#wind();
    else if (!this.#taking) this.#take(this.#scope.pace.max);
    else this.#scope.onIdle?.();
    this.#rest();
  };

  /** All inputs have ended: what is left of the timers comes, and then the end. */
  #wind(): void {
    const { timers, pace } = this.#scope;
    timers?.drain();
    if (this.#gate.paused) this.#park();
    else if (timers?.pending === true) this.#take(pace.max);
    else this.#finish();
  }

  #finish(): void {
    this.#finishing = true;
    finishTask(this.#scope, () => this.#ended).then(() => {
      if (this.#ended) return;
      this.#ended = true;
      this.#parts.close();
      this.#gate.release();
      this.#onEnd(undefined);
    }, this.#onError);
  }

  /** Ends the loop with an error, after what was done before it has been made visible. */
  #fail(error: unknown): void {
    if (this.#ended) return;
    const { phase } = this;
    if (this.#walk.delivery !== undefined) this.#parts.commit();
    if (this.#ended) return;
    this.#ended = true;
    this.#scope.cursor.stopped = true;
    this.#parts.close();
    this.#gate.resume();
    this.#onEnd({ error, phase });
  }

  #park(): void {
    this.#gate.park();
    this.#rest();
  }

  /** Tells those who wait for the pause once nothing moves any more. */
  #rest(): void {
    if (!this.#gate.paused) return;
    const { committer } = this.#scope;
    const { parked, standing } = this.#gate;
    const inFlight = this.#concurrent.flying.size + (this.#busy === undefined ? 0 : 1);
    if (inFlight > standing) return;
    const waiting = this.#taking || committer.waiting || this.#earlier.waiting;
    const still = parked || waiting || this.#concurrent.active || inFlight > 0;
    if (still || this.#finishing || this.#ended) this.#gate.release();
  }
}

const none: readonly never[] = [];
