import { ignoresContext } from "./ignores-context.ts";
import { ownCopy } from "./own-copy.ts";

type AnyLoop = (...args: never[]) => unknown;

/** Copies that one runtime keeps; beyond that it starts afresh, which costs a little warmth and nothing else. */
const maxCopies = 1000;

/** By this statement a loop says which record a call is for; a function that sees no context needs no such thing. */
const tracking = "cursor.index = i;";

/**
 * The loop copies of one runtime, one per kind of loop and text of the user's function: code that runs again, in a
 * later job or as another closure of the same literal, finds its loop already optimised.
 */
export class LoopCache {
  readonly #copies = new Map<AnyLoop, Map<string, AnyLoop>>();
  #size = 0;

  /** The copy of a loop for a function, a function class or a `{ create }` object. */
  get<L extends AnyLoop>(step: unknown, loop: L): L {
    const text = typeof step === "function" ? step.toString() : String((step as { create: unknown }).create);
    let copies = this.#copies.get(loop);
    if (copies === undefined) {
      copies = new Map();
      this.#copies.set(loop, copies);
    }
    let copy = copies.get(text);
    if (copy === undefined) {
      copy = ownCopy(loop, ignoresContext(step) ? tracking : "");
      if (this.#size++ >= maxCopies) this.#forget(copies, loop);
      copies.set(text, copy);
    }
    return copy as L;
  }

  #forget(copies: Map<string, AnyLoop>, loop: AnyLoop): void {
    this.#copies.clear();
    copies.clear();
    this.#copies.set(loop, copies);
    this.#size = 1;
  }
}
