import { describeValue, SageError } from "../errors/sage-error.ts";
import type { Page, PageOptions } from "./job-control.ts";

/**
 * One page of a list, or of what of it is wanted.
 *
 * @throws SageError `INVALID_OPTION` for an `after` that is not in the list.
 */
export function pageOf<T>(
  all: readonly T[],
  idOf: (entry: T) => string,
  { after, limit = 100 }: PageOptions,
  wanted: (entry: T) => boolean = () => true,
): Page<T> {
  const last = after === undefined ? -1 : all.findIndex((entry) => idOf(entry) === after);
  if (after !== undefined && last < 0) {
    const problem = `is ${describeValue(after)}, which is not in the list`;
    throw new SageError("INVALID_OPTION", { path: "after", problem, expected: "the `next` of a page" });
  }
  const rest = all.slice(last + 1).filter(wanted);
  const entries = rest.slice(0, limit);
  return { entries, ...(rest.length > limit ? { next: idOf(entries.at(-1) as T) } : {}) };
}
