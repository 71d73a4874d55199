/** Counts checks and says at the end what came of them. */

/** A running count of `{ passed, failed, skipped }`. */
export class Tally {
  #passed = 0;
  #failed = 0;
  #skipped = 0;

  /** Adds counts; what is left out is 0. */
  add({ passed = 0, failed = 0, skipped = 0 }) {
    this.#passed += passed;
    this.#failed += failed;
    this.#skipped += skipped;
  }

  /** Whether anything was checked and nothing failed. */
  get ok() {
    return this.#failed === 0 && this.#passed > 0;
  }

  /** `N passed, N failed`, and `, N skipped` when there are any. */
  get summary() {
    const skipped = this.#skipped > 0 ? `, ${this.#skipped} skipped` : "";
    return `${this.#passed} passed, ${this.#failed} failed${skipped}`;
  }
}
