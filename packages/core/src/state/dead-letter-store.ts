import { SageError } from "../errors/sage-error.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import type { DeadLetter, DeadLetterSink } from "./dead-letter.ts";

/** What becomes of a task whose dead letters find no room: it fails, or it waits. */
export type WhenDeadLettersFull = "fail" | "block";

/** A wait that ends when there is room. */
interface Room {
  readonly promise: Promise<void>;
  readonly open: () => void;
}

/**
 * The dead letters of one job, in memory and bounded. It never drops one: when it is full, a writer fails with its job
 * or waits until a letter has been taken out.
 *
 * A unit of work is never split. So a store that blocks holds at most `capacity - 1` letters and those of one unit,
 * and those that were reserved in the meantime and have come back.
 */
export class DeadLetterStore implements DeadLetterSink {
  /** Most letters it holds before it is full. */
  readonly capacity: number;
  /** What becomes of a writer then. */
  readonly whenFull: WhenDeadLettersFull;
  readonly #job: string;
  /** By id, oldest first. */
  readonly #letters = new Map<string, DeadLetter>();
  readonly #reserved = new Set<string>();
  /** Ids of those that were taken out. */
  readonly #gone = new Set<string>();
  #room: Room | undefined;
  /** Called with each letter that is discarded; one that goes elsewhere has been forgotten on its way there. */
  onDiscarded: ((letter: DeadLetter) => void) | undefined;

  constructor(job: string, capacity: number, whenFull: WhenDeadLettersFull = "fail") {
    this.#job = job;
    this.capacity = capacity;
    this.whenFull = whenFull;
  }

  /** Number of letters, reserved ones included. */
  get size(): number {
    return this.#letters.size;
  }

  get fill(): string {
    return `the store holds ${this.#held} of ${this.capacity}`;
  }

  /**
   * Keeps the letters of one commit. A store that blocks takes all of them or none: none while it is full, and then
   * the answer settles when there is room; every writer that waits hears of it.
   *
   * @throws SageError `DEAD_LETTERS_FULL` from a store that fails; those that fit are kept, as evidence.
   */
  write(letters: readonly DeadLetter[]): MaybePromise<void> {
    const blocks = this.whenFull === "block";
    if (blocks && this.#full) return this.#whenRoom();
    for (const letter of letters) {
      if (!blocks && this.#full) {
        throw new SageError("DEAD_LETTERS_FULL", { job: this.#job, capacity: this.capacity });
      }
      this.#letters.set(letter.id, letter);
    }
    return undefined;
  }

  restore(node: string, letters: readonly DeadLetter[]): void {
    const known = new Set(letters.map(({ id }) => id));
    for (const { id, node: from } of [...this.#letters.values()]) {
      if (from === node && !known.has(id) && !this.#reserved.has(id)) this.#letters.delete(id);
    }
    for (const letter of letters) {
      if (!this.#gone.has(letter.id) && !this.#letters.has(letter.id)) this.#letters.set(letter.id, letter);
    }
    this.#wake();
  }

  forgetRemoved(): void {
    this.#gone.clear();
  }

  /** The letters so far, oldest first. */
  list(): readonly DeadLetter[] {
    return [...this.#letters.values()];
  }

  /** The letter with this id, if it is here. */
  get(id: string): DeadLetter | undefined {
    return this.#letters.get(id);
  }

  /** Drops a letter; `false` when it is not here, or is reserved. */
  discard(id: string): boolean {
    const letter = this.#letters.get(id);
    if (letter === undefined || this.#reserved.has(id)) return false;
    this.remove(id);
    this.onDiscarded?.(letter);
    return true;
  }

  /**
   * Keeps a letter for the caller, who then calls {@link remove} or {@link release}. It stays in the list, but its place
   * is free: who wants to put it elsewhere may have to wait for a task that waits for room here. Answers `false` when
   * the letter is not here, or is reserved.
   */
  reserve(id: string): boolean {
    if (!this.#letters.has(id) || this.#reserved.has(id)) return false;
    this.#reserved.add(id);
    this.#wake();
    return true;
  }

  /** Gives a reserved letter back; it counts again, even past the capacity. */
  release(id: string): void {
    this.#reserved.delete(id);
  }

  /** Takes a letter out, reserved or not; `false` when it is not here. */
  remove(id: string): boolean {
    if (!this.#letters.delete(id)) return false;
    this.#reserved.delete(id);
    if (this.onDiscarded !== undefined) this.#gone.add(id);
    this.#wake();
    return true;
  }

  get #held(): number {
    return this.#letters.size - this.#reserved.size;
  }

  get #full(): boolean {
    return this.#held >= this.capacity;
  }

  #whenRoom(): Promise<void> {
    if (this.#room === undefined) {
      let open: () => void = () => undefined;
      const promise = new Promise<void>((resolve) => {
        open = resolve;
      });
      this.#room = { promise, open };
    }
    return this.#room.promise;
  }

  #wake(): void {
    if (this.#room === undefined || this.#full) return;
    this.#room.open();
    this.#room = undefined;
  }
}
