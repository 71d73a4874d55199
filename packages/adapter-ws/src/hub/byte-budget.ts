import { type Principal, SageError } from "@sage-kernel/core";

/** Bytes that each principal may have in something; those that are not told apart have them together. */
export class ByteBudget {
  readonly #most: number;
  readonly #used = new Map<string | undefined, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Takes some; answers how they are given back, once. @throws SageError `INVALID_OPTION` for more than there are. */
  take(principal: Principal | undefined, path: string, bytes: number): () => void {
    const key = principal?.id;
    const used = (this.#used.get(key) ?? 0) + bytes;
    if (used > this.#most) {
      const problem = `would be one of ${used} bytes that wait in the job channel`;
      throw new SageError("INVALID_OPTION", {
        path,
        problem,
        expected: `at most ${this.#most} of one principal`,
      });
    }
    this.#used.set(key, used);
    return () => {
      const left = (this.#used.get(key) ?? 0) - bytes;
      if (left > 0) this.#used.set(key, left);
      else this.#used.delete(key);
    };
  }
}
