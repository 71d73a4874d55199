import { hasCode, SageError } from "../errors/sage-error.ts";
import { isPromiseLike, type MaybePromise } from "../host/maybe-promise.ts";
import type { DeadLetter } from "../state/dead-letter.ts";
import type { DeadLetterStore, WhenDeadLettersFull } from "../state/dead-letter-store.ts";

/** What the view of a job's dead letters works with. */
export interface DeadLettersScope {
  readonly job: string;
  readonly store: DeadLetterStore;
  /** Why nothing can be redriven now, if so. */
  readonly problem: () => string | undefined;
  /** Puts a letter's record into the inbox of the task that failed on it; done, or settled, when that has taken it. */
  readonly send: (letter: DeadLetter) => MaybePromise<void>;
}

/** The dead letters of one job: to look at, to try again, or to drop. */
export class DeadLetters {
  readonly #scope: DeadLettersScope;

  /** @internal It comes from `job.deadLetters`. */
  constructor(scope: DeadLettersScope) {
    this.#scope = scope;
  }

  /** Number of letters. */
  get size(): number {
    return this.#scope.store.size;
  }

  /** With this many letters there is no room for more: `deadLetterCapacity`. */
  get capacity(): number {
    return this.#scope.store.capacity;
  }

  /** What happens then to a task that has more of them: it fails, with the job, or waits for room. */
  get whenFull(): WhenDeadLettersFull {
    return this.#scope.store.whenFull;
  }

  /** All letters, oldest first. */
  list(): readonly DeadLetter[] {
    return this.#scope.store.list();
  }

  /** The letter with this id; `undefined` when there is none, or none any more. */
  get(id: string): DeadLetter | undefined {
    return this.#scope.store.get(id);
  }

  /** Drops a letter for good. Answers `false` when there is none with this id, or when it is being redriven. */
  discard(id: string): boolean {
    return this.#scope.store.discard(id);
  }

  /**
   * Lets a record be tried again: puts it into the inbox of the task that failed on it, behind what waits there, with
   * its key, its headers and the header `redriven-from`, which is the letter's id. Resolves when the inbox has taken it;
   * only then is the letter gone. What it becomes is decided as for every record: if it fails again, it is a new letter.
   *
   * @throws SageError `REDRIVE_REFUSED` when there is no such letter, or it is being redriven, or the record would not
   * be seen, since the job, the input that it came by, or its feedback loop has ended; when a source failed on it; when
   * it is a timer; while a snapshot is being taken. The letter stays then.
   */
  async redrive(id: string): Promise<void> {
    const { job, store, problem, send } = this.#scope;
    const refusal = (why: string): SageError =>
      new SageError("REDRIVE_REFUSED", { job, letter: id, problem: why });
    const letter = store.get(id);
    if (letter === undefined) throw refusal("there is no such dead letter (any more)");
    const why = problem();
    if (why !== undefined) throw refusal(why);
    if (!store.reserve(id)) throw refusal("it is being redriven already");
    try {
      const taken = send(letter);
      if (isPromiseLike(taken)) await taken;
    } catch (error) {
      store.release(id);
      throw error;
    }
    store.remove(id);
  }

  /**
   * Redrives the letters that are here now, oldest first; where inboxes are full, all of them wait in line at once. Those
   * that are refused stay. Resolves with the number of those that went, when the last one is in.
   */
  async redriveAll(): Promise<number> {
    const redrives = await Promise.allSettled(this.list().map(({ id }) => this.redrive(id)));
    let redriven = 0;
    for (const redrive of redrives) {
      if (redrive.status === "fulfilled") redriven++;
      else if (!hasCode(redrive.reason, "REDRIVE_REFUSED")) throw redrive.reason;
    }
    return redriven;
  }
}
