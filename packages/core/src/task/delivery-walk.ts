import { reasonOf, SageError } from "../errors/sage-error.ts";
import { isPromiseLike } from "../host/maybe-promise.ts";
import type { Batch } from "../packet/batch.ts";
import type { Delivery } from "../queue/queue.port.ts";
import { endInput } from "./end-input.ts";
import type { LoopScope } from "./loop-scope.ts";
import type { WindowInput } from "./record-window.ts";

/**
 * The way through one delivery, batch by batch: check it against its channel, run its records, count its stop signal
 * and tell the operator of an input that has ended with it.
 */
export class DeliveryWalk {
  readonly #scope: LoopScope;
  #delivery: Delivery | undefined;
  /** Index of the batch that is being worked on. */
  #at = 0;
  /** Elements in the batches before it. */
  #before = 0;
  /** False when the current batch is a repeated stop signal. */
  #accepted = false;
  /** Records of the current batch that are given up, where it is held. */
  #lost = 0;
  #hook: PromiseLike<void> | undefined;

  constructor(scope: LoopScope) {
    this.#scope = scope;
  }

  /** The delivery, while it is not done. */
  get delivery(): Delivery | undefined {
    return this.#delivery;
  }

  /** The batch that is being worked on. */
  get batch(): Batch {
    return (this.#delivery as Delivery).batches[this.#at] as Batch;
  }

  /** The operator's `endInput` that is being waited for, if that is why the walk stopped. */
  get hook(): PromiseLike<void> | undefined {
    return this.#hook;
  }

  /** Elements of the delivery that are done; its stop signals count only with what the operator made of them. */
  get done(): number {
    return this.#before + (this.#at < (this.#delivery?.batches.length ?? 0) ? this.#scope.cursor.index : 0);
  }

  /** Whether records wait in the current batch behind the one at the cursor. */
  get more(): boolean {
    const batch = this.#delivery?.batches[this.#at];
    return batch !== undefined && this.#scope.cursor.index + 1 < batch.payloads.length;
  }

  /**
   * Begins a delivery and goes as far as nothing must be waited for. Answers `true` when all of it is done.
   *
   * @throws SageError `PROTOCOL_VIOLATION`, and `OPERATOR_FAILED` when a record failed for good.
   */
  begin(delivery: Delivery): boolean {
    this.#delivery = delivery;
    this.#at = 0;
    this.#before = 0;
    if (!this.#enter()) return false;
    const { batches } = delivery;
    if (batches.length > 1 || (batches[0] as Batch).stop !== undefined) return this.resume();
    this.#delivery = undefined; // the usual case: one batch that goes on
    return true;
  }

  /** Goes on once the records of the current batch are done, or the hook has been waited for. */
  resume(): boolean {
    const { batches } = this.#delivery as Delivery;
    for (;;) {
      const hook = this.#hook === undefined ? this.#end() : undefined;
      this.#hook = undefined;
      if (isPromiseLike(hook)) {
        this.#hook = hook;
        return false;
      }
      this.#before += this.batch.elements;
      this.#scope.runner.leave();
      if (++this.#at === batches.length) {
        this.#delivery = undefined;
        return true;
      }
      if (!this.#enter()) return false;
    }
  }

  /** Gives what is left of the delivery away, beginning at the record at the cursor. */
  handOver(take: (input: WindowInput) => void): void {
    const { tracker, cursor, runner } = this.#scope;
    const delivery = this.#delivery as Delivery;
    let before = this.#before;
    for (let at = this.#at; at < delivery.batches.length; at++) {
      const batch = delivery.batches[at] as Batch;
      const current = at === this.#at;
      const stops = current ? this.#accepted : this.accept(batch);
      const input = tracker.inputOf(batch.channel);
      const first = current ? runner.first : undefined;
      const from = current ? cursor.index : 0;
      const lost = current ? this.#lost : stops ? this.giveUp(batch) : 0;
      take({ delivery, before, batch, input, from, lost, first, stops });
      before += batch.elements;
    }
    this.#delivery = undefined;
  }

  /** Checks a batch against its channel and counts its records; `false` for a repeated stop signal. */
  accept(batch: Batch): boolean {
    const { tracker, ledger, ahead } = this.#scope;
    const accepted = tracker.accept(batch);
    if (accepted) ledger.received += batch.payloads.length - ahead.countIn(batch);
    return accepted;
  }

  /** Leaves out the records that an earlier incarnation had taken, where they are given up; answers how many. */
  giveUp(batch: Batch): number {
    const { givenUp } = this.#scope;
    if (givenUp === undefined) return 0;
    const { ledger, hooks, node, ahead, trace } = this.#scope;
    const taken = givenUp.records(batch.channel) - batch.firstSeq;
    const lost = Math.max(0, Math.min(taken, batch.payloads.length));
    if (lost > 0) hooks.log.warn(`${lost} records are given up that were taken before the restart`, { node });
    for (let i = 0; i < lost; i++) trace?.skipped(batch, i);
    ledger.skipped += lost - ahead.countIn(batch, lost);
    return lost;
  }

  /** Counts an accepted batch's stop signal; a promise when the operator needs time for the end of an input. */
  stop(batch: Batch): PromiseLike<void> | undefined {
    const { tracker, operator, node, hooks } = this.#scope;
    const ended = tracker.stop(batch);
    if (ended === undefined) return undefined;
    const failed = (cause: unknown): never => {
      const facts = { node, phase: `onInputEnd(${ended})`, reason: reasonOf(cause) };
      throw new SageError("OPERATOR_FAILED", facts, { cause });
    };
    try {
      const hook = endInput(operator, hooks, ended);
      return isPromiseLike(hook) ? hook.then(undefined, failed) : undefined;
    } catch (error) {
      return failed(error);
    }
  }

  /** Begins the current batch; `false` when a record of it must be waited for. */
  #enter(): boolean {
    const { tracker, runner, cursor, ahead, node } = this.#scope;
    const { batch } = this;
    if (batch === undefined) throw new SageError("QUEUE_CLOSED", { queue: `inbox of ${node}` });
    this.#accepted = this.accept(batch);
    this.#lost = 0;
    cursor.input = tracker.inputOf(batch.channel);
    cursor.index = 0;
    if (!this.#accepted) return true;
    if (ahead.empty || ahead.countIn(batch) === 0) return runner.run(batch, this.giveUp(batch));
    this.#lost = this.giveUp(batch);
    runner.hold(batch); // some of them are done: that is for the window
    return false;
  }

  #end(): PromiseLike<void> | undefined {
    const { batch } = this;
    return batch.stop !== undefined && this.#accepted ? this.stop(batch) : undefined;
  }
}
