import type { StepContext } from "../operator/step-context.ts";
import type { Batch } from "../packet/batch.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import { RecordBuffer } from "../packet/record-buffer.ts";
import type { Delivery } from "../queue/queue.port.ts";
import { type Attempt, attemptRecord, type FirstAnswer, type Verdict } from "./attempts.ts";
import { LaneQueue } from "./lane-queue.ts";
import { countVerdict } from "./record-runner.ts";
import type { RunnerScope } from "./runner-scope.ts";
import { type WindowEntry as Entry, type WindowPart, WindowProgress } from "./window-progress.ts";

/** One record in the window. */
interface Slot extends Attempt {
  readonly entry: Entry;
  readonly key: PartitionKey | undefined;
  first: FirstAnswer | undefined;
  verdict: Verdict | undefined;
  ctx: StepContext | undefined;
  /** True when there is nothing to do for it: it was counted, and its outputs, if it has any, are downstream. */
  readonly ahead: boolean;
  startedAt: number;
  flight: Promise<void> | undefined;
  /** True when its failure ends the task: nothing moves on over it. */
  failed: boolean;
}

/** The stop signal of a batch; `stop` is `undefined` when it is a repeated one. */
interface StopMark {
  readonly entry: Entry;
  readonly batch: Batch;
  readonly stop: Batch | undefined;
}

/** A part of a delivery that has become the window's. */
export interface WindowInput {
  readonly delivery: Delivery;
  /** Elements of the delivery before this batch. */
  readonly before: number;
  readonly batch: Batch;
  /** Which input the batch came by. */
  readonly input: number;
  /** First record of the batch that is not done. */
  readonly from: number;
  /** Records of the batch up to this one that are left out. */
  readonly lost?: number;
  /** What that record's function has answered already. */
  readonly first: FirstAnswer | undefined;
  /** False when the batch's stop signal is a repeated one. */
  readonly stops: boolean;
}

/**
 * The records of a concurrent step that were taken and are not done, over several deliveries: up to `concurrency` of
 * them in flight, one per key on keyed steps. Outputs are released in the order of the inputs, or as records settle;
 * the position moves on over the settled prefix only.
 */
export class RecordWindow {
  readonly #scope: RunnerScope;
  readonly #limit: number;
  readonly #onSettled: () => void;
  readonly #elements: (Slot | StopMark)[] = [];
  readonly #progress = new WindowProgress();
  readonly #lanes = new LaneQueue<Slot>();
  readonly #flying = new Set<Slot>();
  /** Whether the first element is a stop signal that {@link advance} has answered. */
  #told = false;
  #failure: { readonly error: unknown } | undefined;

  /** Holds at most `limit` records; calls back when a record has settled, which may be often. */
  constructor(scope: RunnerScope, limit: number, onSettled: () => void) {
    this.#scope = scope;
    this.#limit = Math.max(limit, scope.concurrency);
    this.#onSettled = onSettled;
  }

  /** True when everything taken is done. */
  get empty(): boolean {
    return this.#elements.length === 0;
  }

  /** Records in flight. */
  get flying(): ReadonlySet<Attempt & { readonly startedAt: number }> {
    return this.#flying;
  }

  /** Resolves when none of the records that are in flight now is any more. */
  get idle(): Promise<unknown> {
    return Promise.all([...this.#flying].map(({ flight }) => flight));
  }

  /** The error of a record whose failure ends the task. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /** How many records more could start at once; 0 when there are enough. */
  get wanted(): number {
    const { concurrency } = this.#scope;
    if (this.#lanes.ready > 0 || this.#failure !== undefined) return 0;
    return Math.max(0, Math.min(concurrency - this.#flying.size, this.#limit - this.#elements.length));
  }

  /** Adds the rest of a batch. */
  add({ delivery, before, batch, input, from, lost = 0, first, stops }: WindowInput): void {
    const last = this.#elements.at(-1)?.entry;
    const entry = last?.delivery === delivery ? last : { delivery, done: before + from };
    const { payloads, keys } = batch;
    for (let index = from; index < payloads.length; index++) {
      const ahead = this.#scope.ahead.take(batch, index) || index < lost;
      const progress = { attempt: 1, retryAt: undefined };
      const slot: Slot = {
        entry,
        batch,
        index,
        input,
        key: keys?.[index],
        out: new RecordBuffer(),
        progress,
        first: index === from ? first : undefined,
        verdict: ahead ? { filtered: false } : undefined,
        ctx: undefined,
        ahead,
        startedAt: 0,
        flight: undefined,
        failed: false,
      };
      this.#elements.push(slot);
      if (!ahead) this.#lanes.add(slot, slot.key);
    }
    if (batch.stop !== undefined) this.#elements.push({ entry, batch, stop: stops ? batch : undefined });
  }

  /** Notes elements of the delivery of the first record that were done before they could be added. */
  passed(done: readonly Batch[]): void {
    const first = this.#elements[0];
    if (first !== undefined && done.length > 0) this.#progress.begin(first.entry, done);
  }

  /** Starts as many records as may be in flight. */
  start(): void {
    while (this.#flying.size < this.#scope.concurrency && this.#failure === undefined) {
      const slot = this.#lanes.next();
      if (slot === undefined) return;
      this.#fly(slot);
    }
  }

  /**
   * Moves on over what has settled, up to a stop signal: answers its batch, which the caller then counts before it
   * calls again and so moves on over it, or `undefined` when nothing more can move on.
   */
  advance(): Batch | undefined {
    for (let element = this.#elements[0]; element !== undefined; element = this.#elements[0]) {
      if ("stop" in element) {
        if (element.stop !== undefined && !this.#told) {
          this.#told = true;
          return element.stop;
        }
        this.#told = false;
        this.#pass(element);
        continue;
      }
      if (element.verdict === undefined || element.failed) return undefined;
      if (this.#scope.ordered) this.#release(element);
      if (element.failed) return undefined;
      this.#pass(element);
    }
    return undefined;
  }

  /** How far the settled prefix has come since the last call, if it has. */
  takeProgress(): WindowPart | undefined {
    return this.#progress.take(this.#scope.ordered ? [] : this.#elements);
  }

  #pass(element: Slot | StopMark): void {
    this.#elements.shift();
    this.#progress.pass(element);
  }

  #fly(slot: Slot): void {
    const { cursor, clock, signals, stats } = this.#scope;
    this.#flying.add(slot);
    slot.startedAt = clock.monotonic();
    // The context of a first answer was the shared one, which belongs to that record now.
    const ctx = slot.first === undefined ? cursor.ctx.fork(slot, slot.key, signals) : cursor.release();
    slot.ctx = ctx;
    slot.flight = attemptRecord(this.#scope, slot, ctx, slot.first).then((verdict) => {
      this.#flying.delete(slot);
      ctx.release();
      if (verdict === "cancelled") return;
      stats.record(clock.monotonic() - slot.startedAt);
      slot.verdict = verdict;
      ctx.settle();
      this.#lanes.done(slot.key);
      if (!this.#scope.ordered) this.#release(slot);
      this.#onSettled();
    });
  }

  /** Makes a settled record's outcome part of the next commit. */
  #release(slot: Slot): void {
    if (slot.ahead) return;
    try {
      const ctx = slot.ctx as StepContext;
      countVerdict(this.#scope, slot, ctx, slot.verdict as Exclude<Verdict, "cancelled">);
      this.#scope.out.take(slot.out);
      ctx.commit();
    } catch (error) {
      slot.failed = true;
      this.#failure ??= { error };
    }
  }
}
