import type { JsonValue } from "../errors/json.ts";
import { describeValue } from "../errors/sage-error.ts";

/** Deep enough for any data, and not too deep for any stack. */
const deepest = 200;

/** Makes the error for a part that is no JSON: the keys that lead there, outermost first, and what is there. */
export type RefuseJson = (keys: readonly (string | number)[], got: string) => Error;

/** Where a copy is: the keys that lead there, and the objects around it. */
interface Trail {
  readonly refuse: RefuseJson;
  readonly keys: (string | number)[];
  readonly above: object[];
}

/**
 * A copy of a value that shares nothing with it and is JSON: `null`, booleans, finite numbers, strings, arrays without
 * holes, and plain objects without `undefined`, symbols or `__proto__` among their properties; no more than 200 levels,
 * and no cycles.
 *
 * @throws what `refuse` makes, for the first part that is no JSON.
 */
export function checkedJson(value: unknown, refuse: RefuseJson): JsonValue {
  return isScalar(value) ? value : checked(value, { refuse, keys: [], above: [] });
}

/** A copy of JSON that has been checked. */
export function copiedJson(value: JsonValue): JsonValue {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copiedJson);
  const copy: Record<string, JsonValue> = {};
  for (const key of Object.keys(value)) copy[key] = copiedJson((value as Record<string, JsonValue>)[key]!);
  return copy;
}

/** The same text for equal JSON, in whatever order its objects have their keys. */
export function canonicalJson(value: JsonValue): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${canonicalJson(v)}`).join()}}`;
}

/** Keys as they would stand behind a value in a program: `[0].name`. */
export function pathOf(keys: readonly PropertyKey[]): string {
  return keys.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
}

function isScalar(value: unknown): value is null | boolean | number | string {
  return (
    value === null ||
    typeof value === "string" ||
    typeof value === "boolean" ||
    (typeof value === "number" && Number.isFinite(value))
  );
}

function checked(value: unknown, trail: Trail): JsonValue {
  if (isScalar(value)) return value;
  const { refuse, keys, above } = trail;
  if (typeof value !== "object" || value === null) throw refuse(keys, describeValue(value));
  if (above.length >= deepest) throw refuse(keys, `nested more than ${deepest} levels deep`);
  if (above.includes(value)) throw refuse(keys, "a reference to something that contains it");
  above.push(value);
  const copy = Array.isArray(value) ? checkedArray(value, trail) : checkedObject(value, trail);
  above.pop();
  return copy;
}

function checkedArray(value: readonly unknown[], trail: Trail): JsonValue {
  const { refuse, keys } = trail;
  if (Object.getPrototypeOf(value) !== Array.prototype) throw refuse(keys, describeValue(value));
  const copy: JsonValue[] = [];
  for (let i = 0; i < value.length; i++) {
    keys.push(i);
    copy.push(checked(value[i], trail));
    keys.pop();
  }
  return copy;
}

function checkedObject(value: object, trail: Trail): JsonValue {
  const { refuse, keys } = trail;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw refuse(keys, describeValue(value));
  const symbol = Object.getOwnPropertySymbols(value)[0];
  if (symbol !== undefined) throw refuse(keys, `an object with the key ${String(symbol)}`);
  const copy: Record<string, JsonValue> = {};
  for (const key of Object.keys(value)) {
    keys.push(key);
    if (key === "__proto__") throw refuse(keys, "a property with a forbidden name");
    copy[key] = checked((value as Record<string, unknown>)[key], trail);
    keys.pop();
  }
  return copy;
}
