import {
  type Commit,
  type CommitOutcome,
  type CommitScope,
  isPromiseLike,
  type MaybePromise,
  type Output,
  type StateReader,
  type TaskProgress,
  type UnitOfWork,
} from "@sage-kernel/core/spi";
import type { FakeTaskRecord } from "./fake-task-record.ts";

/**
 * One incarnation's hold on a task in a fake store: first everything that may be refused, then all of it in one step.
 * The mutants of the contract override one of its methods each.
 */
export class FakeCommit implements Commit {
  readonly epoch: number;
  readonly restored: TaskProgress;
  protected readonly record: FakeTaskRecord;
  protected readonly scope: CommitScope;

  constructor(record: FakeTaskRecord, scope: CommitScope) {
    this.record = record;
    this.scope = scope;
    this.epoch = ++record.epoch;
    this.restored = record.snapshot();
  }

  get state(): StateReader {
    return this.record;
  }

  get progress(): TaskProgress {
    return this.record;
  }

  commit(unit: UnitOfWork): MaybePromise<CommitOutcome> {
    return this.refusal(unit) ?? this.crowded(unit) ?? this.applied(unit);
  }

  /** Why a unit is not the next one; `undefined` when it is. */
  protected refusal(unit: UnitOfWork): CommitOutcome | undefined {
    if (this.isFenced(unit)) return { code: "fenced" };
    if (this.record.knows(unit)) return this.downstream("alreadyApplied");
    return this.record.awaits(unit) ? undefined : { code: "mismatch" };
  }

  /** Whether this incarnation, or the one that a unit comes from, is not the latest. */
  protected isFenced(unit: UnitOfWork): boolean {
    return this.epoch !== this.record.epoch || unit.epoch !== this.epoch;
  }

  /** Writes the dead letters; answers what to wait for where there is no room for them. */
  protected crowded({ deadLetters }: UnitOfWork): CommitOutcome | undefined {
    const room = deadLetters.length > 0 ? this.scope.deadLetters.write(deadLetters) : undefined;
    return isPromiseLike(room) ? { code: "backpressure", room } : undefined;
  }

  /** Does what the unit says. */
  protected applied(unit: UnitOfWork): CommitOutcome {
    this.collect(unit);
    this.record.apply(unit);
    this.deliver(unit);
    return this.downstream("applied");
  }

  /** Hands over what the unit collects. */
  protected collect({ collected }: UnitOfWork): void {
    if (collected.length > 0) this.scope.collect?.(collected);
  }

  /** Moves the outputs and the input on, and notes what has to wait. */
  protected deliver(unit: UnitOfWork): void {
    const waits: PromiseLike<void>[] = [];
    try {
      for (const output of this.outputsOf(unit)) {
        const wait = this.send(output);
        if (isPromiseLike(wait)) waits.push(wait);
      }
      const wait = this.advance(unit);
      if (isPromiseLike(wait)) waits.push(wait);
    } catch (error) {
      waits.push(Promise.reject(error)); // not thrown: the unit is applied
    }
    this.waitFor(waits);
  }

  /** The outputs in the order of their sending. */
  protected outputsOf({ outputs }: UnitOfWork): readonly Output[] {
    return outputs;
  }

  /** Sends one batch; answers what to wait for where it does not fit. */
  protected send({ queue, batch }: Output): MaybePromise<void> {
    return queue.offer(batch) ? undefined : queue.put(batch);
  }

  /** Moves the input to the unit's position, if it has one. */
  protected advance({ position }: UnitOfWork): MaybePromise<void> {
    return position === undefined ? undefined : this.scope.input.advance(position);
  }

  /** Remembers what the unit waits for until that has come; a wait that fails is remembered for good. */
  protected waitFor(waits: readonly PromiseLike<void>[]): void {
    const { record } = this;
    record.delivered = undefined;
    if (waits.length === 0) return;
    const delivered = Promise.all(waits).then(() => undefined);
    record.delivered = delivered;
    const forget = (): void => {
      if (record.delivered === delivered) record.delivered = undefined;
    };
    delivered.then(forget, () => undefined);
  }

  /** An outcome with what it has to wait for. */
  protected downstream(code: "applied" | "alreadyApplied"): CommitOutcome {
    const { delivered } = this.record;
    return delivered === undefined ? { code } : { code, delivered };
  }
}
