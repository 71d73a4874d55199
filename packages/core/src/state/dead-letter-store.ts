import { SageError } from "../errors/sage-error.ts";
import type { DeadLetter, DeadLetterSink } from "./dead-letter.ts";

/** The dead letters of one job, in memory and bounded: past its capacity the job fails instead of dropping one. */
export class DeadLetterStore implements DeadLetterSink {
  /** Most letters it holds. */
  readonly capacity: number;
  readonly #job: string;
  readonly #letters: DeadLetter[] = [];

  constructor(job: string, capacity: number) {
    this.#job = job;
    this.capacity = capacity;
  }

  /** Number of letters. */
  get size(): number {
    return this.#letters.length;
  }

  write(letters: readonly DeadLetter[]): void {
    for (const letter of letters) {
      if (this.#letters.length >= this.capacity) {
        throw new SageError("DEAD_LETTERS_FULL", { job: this.#job, capacity: this.capacity });
      }
      this.#letters.push(letter);
    }
  }

  /** The letters so far, oldest first. */
  list(): readonly DeadLetter[] {
    return [...this.#letters];
  }
}
