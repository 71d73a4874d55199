import { SageError } from "../errors/sage-error.ts";
import { isPromiseLike, type MaybePromise } from "../host/maybe-promise.ts";
import type { Commit, CommitFactory, CommitScope, UnitOfWork } from "./commit.port.ts";
import { TaskLedger } from "./ledger.ts";

/**
 * The in-process commit, over queues that take an offer at once. Everything up to the first wait happens in one
 * synchronous step, which is what makes it atomic within the process; `pending` is the part of a put that waits for
 * room in its target queue.
 */
export class QueueCommit implements Commit {
  readonly ledger = new TaskLedger();
  readonly #scope: CommitScope;
  #sequence = 0;

  constructor(scope: CommitScope) {
    this.#scope = scope;
  }

  commit(unit: UnitOfWork): MaybePromise<void> {
    if (unit.sequence !== this.#sequence + 1) {
      const facts = { node: this.#scope.node, expected: this.#sequence + 1, got: unit.sequence };
      throw new SageError("COMMIT_MISMATCH", facts);
    }
    if (unit.deadLetters.length > 0) {
      const written = this.#scope.deadLetters.write(unit.deadLetters);
      if (isPromiseLike(written)) return written.then(() => this.#apply(unit));
    }
    return this.#apply(unit);
  }

  #apply(unit: UnitOfWork): MaybePromise<void> {
    this.#sequence = unit.sequence;
    this.ledger.set(unit.ledger);
    let pending: Waits;
    const outputs = unit.outputs;
    try {
      for (let i = 0; i < outputs.length; i++) {
        const { queue, batch } = outputs[i] as (typeof outputs)[number];
        if (!queue.offer(batch)) pending = join(pending, queue.put(batch));
      }
      if (unit.position !== undefined) pending = join(pending, this.#scope.input.advance(unit.position));
    } catch (error) {
      pending = join(pending, Promise.reject(error)); // not thrown: a part may be downstream already
    }
    return Array.isArray(pending) ? Promise.all(pending).then(() => undefined) : pending;
  }
}

/** Opens {@link QueueCommit}s. */
export const queueCommitFactory: CommitFactory = { create: (scope) => new QueueCommit(scope) };

type Waits = PromiseLike<void> | PromiseLike<void>[] | undefined;

function join(waits: Waits, next: MaybePromise<void>): Waits {
  if (!isPromiseLike(next)) return waits;
  if (waits === undefined) return next;
  return Array.isArray(waits) ? [...waits, next] : [waits, next];
}
