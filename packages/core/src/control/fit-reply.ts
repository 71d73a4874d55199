import type { JsonValue } from "../errors/json.ts";
import { SageError } from "../errors/sage-error.ts";
import { checkedJson, pathOf } from "../packet/json-copy.ts";
import type { Page } from "./job-control.ts";

/** An entry of a page, with what it is continued behind. */
interface Entry {
  readonly id?: string;
  readonly job?: string;
}

/**
 * The result of an operation as it fits a message of so many characters: a page with fewer entries, if need be.
 *
 * @throws SageError `NOT_JSON`; `CONTROL_MESSAGE_INVALID` for what does not fit even so.
 */
export function fitReply(result: unknown, longest: number): JsonValue {
  let fitting: unknown = checkedJson(result, (keys, got) => {
    return new SageError("NOT_JSON", { path: `result${pathOf(keys)}`, got });
  });
  for (let length = lengthOf(fitting); length > longest; length = lengthOf(fitting)) {
    const { entries } = (fitting ?? {}) as Partial<Page<Entry>>;
    if (entries === undefined || entries.length < 2) {
      const problem = `it has ${length} characters of JSON, and a message holds ${longest}`;
      throw new SageError("CONTROL_MESSAGE_INVALID", { path: "result", problem });
    }
    const fewer = entries.slice(0, Math.ceil(entries.length / 2));
    const last = fewer.at(-1) as Entry;
    fitting = { ...(fitting as object), entries: fewer, next: last.id ?? last.job };
  }
  return fitting as JsonValue;
}

function lengthOf(result: unknown): number {
  return JSON.stringify(result).length;
}
