import { describeValue, SageError } from "../errors/sage-error.ts";

/** What a record can be keyed by. `0`, `""`, `false` and `null` are keys; `1` and `"1"` are different keys. */
export type PartitionKey = string | number | boolean | bigint | null;

/**
 * Checks a key that user code computed.
 *
 * @throws SageError `INVALID_KEY` for `undefined`, `NaN`, infinities, objects, functions and symbols.
 */
export function checkKey(key: unknown): PartitionKey {
  switch (typeof key) {
    case "string":
    case "boolean":
    case "bigint":
      return key;
    case "number":
      if (Number.isFinite(key)) return key;
      break;
    case "object":
      if (key === null) return key;
  }
  throw new SageError("INVALID_KEY", { got: describeValue(key) });
}
