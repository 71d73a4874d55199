import type { Loop } from "./loops.ts";
import { ownCopy } from "./own-copy.ts";

/**
 * The loop copies of one runtime, one per user function and kind of loop: a function that is used again, in a later
 * job or another environment, finds its loop already optimised. Copies live as long as their functions.
 */
export class LoopCache {
  readonly #copies = new WeakMap<object, Map<Loop, Loop>>();

  /** The copy of a loop for a function, a function class or a `{ create }` object. */
  get(step: unknown, loop: Loop): Loop {
    let copies = this.#copies.get(step as object);
    if (copies === undefined) {
      copies = new Map();
      this.#copies.set(step as object, copies);
    }
    let copy = copies.get(loop);
    if (copy === undefined) {
      copy = ownCopy(loop);
      copies.set(loop, copy);
    }
    return copy;
  }
}
