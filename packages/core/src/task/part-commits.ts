import { type Batch, sliceElements } from "../packet/batch.ts";
import type { Delivery } from "../queue/queue.port.ts";
import type { DeliveryWalk } from "./delivery-walk.ts";
import { FlushTimer } from "./flush-timer.ts";
import type { LoopScope } from "./loop-scope.ts";

/**
 * Makes visible what is done of a delivery while the task waits with the rest of it: every `maxBatchMs`, as long as
 * there is something new.
 */
export class PartCommits {
  readonly #scope: LoopScope;
  readonly #walk: DeliveryWalk;
  readonly #onError: (error: unknown) => void;
  readonly #timer: FlushTimer;
  /** The delivery of which a part was committed, and how many of its elements. */
  #delivery: Delivery | undefined;
  #committed = 0;
  #after: (() => void) | undefined;
  #closed = false;

  constructor(scope: LoopScope, walk: DeliveryWalk, onError: (error: unknown) => void) {
    this.#scope = scope;
    this.#walk = walk;
    this.#onError = onError;
    this.#timer = new FlushTimer(scope.clock, scope.maxBatchMs, () => this.commit());
  }

  /** The task begins to wait with a record. */
  begin(): void {
    this.#timer.begin();
  }

  /** The wait has ended. */
  end(): void {
    this.#timer.end();
  }

  /** Commits nothing more, and lets nothing wait. */
  close(): void {
    this.#closed = true;
    this.#timer.close();
  }

  /** Calls back once the part that is being committed is downstream. */
  after(onDone: () => void): void {
    this.#after = onDone;
  }

  /** The elements of a delivery that no part has committed, up to the `to`-th. */
  rest(delivery: Delivery, to = Number.POSITIVE_INFINITY): readonly Batch[] {
    const from = this.#delivery === delivery ? this.#committed : 0;
    if (from === 0 && to === Number.POSITIVE_INFINITY) return delivery.batches;
    return sliceElements(delivery.batches, from, to);
  }

  /** Commits what is done, unless a commit waits for room; answers whether more may follow. */
  commit(): boolean {
    const { committer, runner, inbox } = this.#scope;
    const { delivery, done, more } = this.#walk;
    runner.settleProgress();
    if (this.#closed || delivery === undefined || committer.lost) return false;
    if (committer.waiting) return true;
    if (this.#delivery !== delivery) this.#committed = 0;
    this.#delivery = delivery;
    if (done <= this.#committed) return more;
    const consumed = sliceElements(delivery.batches, this.#committed, done);
    this.#committed = done;
    try {
      const position = inbox.positionAfter(delivery, done);
      committer.commit({ position, consumed, ahead: [] }, this.#onDone, this.#onError);
    } catch (error) {
      this.#onError(error);
    }
    return more;
  }

  readonly #onDone = (): void => {
    const after = this.#after;
    this.#after = undefined;
    if (!this.#closed) after?.();
  };
}
