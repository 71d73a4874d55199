import { SageError } from "../errors/sage-error.ts";
import { isPromiseLike, whenSettled } from "../host/maybe-promise.ts";
import type { Runnable } from "../host/scheduler.port.ts";
import type { Batch } from "../packet/batch.ts";
import type { Delivery } from "../queue/queue.port.ts";
import type { DeliveryWalk } from "./delivery-walk.ts";
import type { LoopScope } from "./loop-scope.ts";
import { RecordWindow } from "./record-window.ts";
import { noInput } from "./unit-committer.ts";

/** What a concurrent run asks of the loop around it. */
export interface ConcurrentHost {
  /** Whether the task is paused: nothing is started or taken then. */
  isPaused(): boolean;
  /** Whether a take is outstanding. */
  isTaking(): boolean;
  /** Takes up to so many records; they come through {@link ConcurrentRun.add}. */
  take(max: number): void;
  /** Everything taken is done and committed. */
  onEmpty(): void;
  /** Something that cannot go on. */
  onError(error: unknown): void;
  /** The run stands still for now. */
  onRest(): void;
}

/** Drives a {@link RecordWindow}: starts records, commits what has settled, takes more. */
export class ConcurrentRun implements Runnable {
  readonly #scope: LoopScope;
  readonly #walk: DeliveryWalk;
  readonly #host: ConcurrentHost;
  readonly #window: RecordWindow;
  #posted = false;
  #active = false;
  #hook: PromiseLike<void> | undefined;

  constructor(scope: LoopScope, walk: DeliveryWalk, host: ConcurrentHost) {
    this.#scope = scope;
    this.#walk = walk;
    this.#host = host;
    this.#window = new RecordWindow(scope, scope.maxBatch, () => this.post());
  }

  /** True from the first record until everything is done and committed. */
  get active(): boolean {
    return this.#active;
  }

  /** The records in flight. */
  get flying(): RecordWindow["flying"] {
    return this.#window.flying;
  }

  /** Resolves when none of the records that are in flight now is any more. */
  get idle(): Promise<unknown> {
    return this.#window.idle;
  }

  /** The operator's `endInput` that is being waited for. */
  get hook(): PromiseLike<void> | undefined {
    return this.#hook;
  }

  /** Takes over what is left of the walk's delivery; `done` is what it has done of it and nobody has committed. */
  begin(done: readonly Batch[]): void {
    this.#active = true;
    this.#walk.handOver((input) => this.#window.add(input));
    this.#window.passed(done);
    this.#advance();
  }

  /** Adds a further delivery. */
  add(delivery: Delivery): void {
    try {
      this.#add(delivery);
    } catch (error) {
      this.#host.onError(error);
    }
  }

  /** @throws SageError `PROTOCOL_VIOLATION`, `QUEUE_CLOSED`. */
  #add(delivery: Delivery): void {
    if (delivery.batches.length === 0)
      throw new SageError("QUEUE_CLOSED", { queue: `inbox of ${this.#scope.node}` });
    let before = 0;
    for (const batch of delivery.batches) {
      const stops = this.#walk.accept(batch);
      const input = this.#scope.tracker.inputOf(batch.channel);
      const lost = stops ? this.#walk.giveUp(batch) : 0;
      this.#window.add({ delivery, before, batch, input, from: 0, lost, first: undefined, stops });
      before += batch.elements;
    }
    this.post();
  }

  /** Looks at everything again, soon. */
  post(): void {
    if (this.#posted || !this.#active) return;
    this.#posted = true;
    this.#scope.scheduler.post(this);
  }

  /** Called by the scheduler. */
  run(): void {
    this.#posted = false;
    if (!this.#active || this.#scope.cursor.stopped) return;
    try {
      this.#advance();
    } catch (error) {
      this.#host.onError(error);
    }
  }

  #advance(): void {
    if (!this.#host.isPaused()) this.#window.start();
    this.#countStops();
    if (this.#scope.committer.waiting || !this.#commit()) {
      this.#host.onRest();
      return;
    }
    const { failure } = this.#window;
    if (failure !== undefined) {
      this.#active = false;
      this.#host.onError(failure.error);
    } else if (this.#window.empty && this.#hook === undefined) {
      this.#active = false;
      this.#host.onEmpty();
    } else {
      this.#takeMore();
      this.#host.onRest();
    }
  }

  /** Moves over what has settled, with the stop signals in between. */
  #countStops(): void {
    while (this.#hook === undefined) {
      const stopped = this.#window.advance();
      if (stopped === undefined) return;
      const hook = this.#walk.stop(stopped);
      if (!isPromiseLike(hook)) continue;
      this.#hook = hook;
      whenSettled(
        hook,
        () => {
          this.#hook = undefined;
          this.post();
        },
        (error) => this.#host.onError(error),
      );
    }
  }

  /** Commits what there is; `false` when that has to wait. */
  #commit(): boolean {
    const { committer, out, inbox, faults } = this.#scope;
    const part = this.#window.takeProgress();
    if (part === undefined && out.length === 0 && !faults.pending) return true;
    const input =
      part === undefined
        ? noInput
        : { ...part, position: part.delivery && inbox.positionAfter(part.delivery, part.done) };
    return committer.commit(
      input,
      () => this.post(),
      (error) => this.#host.onError(error),
    );
  }

  #takeMore(): void {
    if (this.#host.isTaking() || this.#host.isPaused() || this.#hook !== undefined) return;
    const { wanted } = this.#window;
    if (wanted > 0 && !this.#scope.tracker.announced) this.#host.take(wanted);
  }
}
