import { describeValue, SageError } from "../errors/sage-error.ts";
import type { Page, PageOptions } from "./job-control.ts";

const most = 1000;

/**
 * One page of a list.
 *
 * @throws SageError `INVALID_OPTION` for a limit that is none, or an `after` that is not in the list.
 */
export function pageOf<T>(all: readonly T[], idOf: (entry: T) => string, options: PageOptions = {}): Page<T> {
  const { after, limit = 100 } = options;
  const expected = `an integer of 1 to ${most}`;
  if (!Number.isInteger(limit) || limit < 1 || limit > most)
    throw new SageError("INVALID_OPTION", { path: "limit", problem: `is ${describeValue(limit)}`, expected });
  const last = after === undefined ? -1 : all.findIndex((entry) => idOf(entry) === after);
  if (after !== undefined && last < 0) {
    const problem = `is ${describeValue(after)}, which is not in the list`;
    throw new SageError("INVALID_OPTION", { path: "after", problem, expected: "the `next` of a page" });
  }
  const entries = all.slice(last + 1, last + 1 + limit);
  const more = last + 1 + limit < all.length;
  return { entries, ...(more ? { next: idOf(entries.at(-1) as T) } : {}) };
}
