import type { JsonValue } from "../errors/json.ts";
import { describeValue, SageError } from "../errors/sage-error.ts";

/** How a value that is no JSON stands in JSON: what it is, and what it is made of. */
export interface TaggedJson {
  /** What it is. */
  readonly $: string;
  /** What it is made of. */
  readonly v: JsonValue;
}

/** Whether a value is an object of no class: its prototype is that of object literals, or none. */
export function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Makes the JSON that stands for a value that is none. */
export function tagged(tag: string, v: JsonValue): JsonValue {
  return { $: tag, v };
}

/**
 * What JSON stands for a value that is none; `undefined` when it stands for itself.
 *
 * @throws SageError `SNAPSHOT_INVALID` for an object that has a tag but is not what {@link tagged} makes.
 */
export function taggedIn(json: unknown, path: string): TaggedJson | undefined {
  if (typeof json !== "object" || json === null || !Object.hasOwn(json, "$")) {
    return undefined;
  }
  const { $, v } = json as { readonly $: unknown; readonly v?: JsonValue };
  const whole = isPlainObject(json) && Object.keys(json).length === 2 && Object.hasOwn(json, "v");
  if (!whole || typeof $ !== "string") throw malformed(path, 'has a tag "$", but not just that and "v"');
  return { $, v: v as JsonValue };
}

/**
 * The items of a part that must be a list.
 *
 * @throws SageError `SNAPSHOT_INVALID` when it is none.
 */
export function itemsOf(json: JsonValue, path: string): readonly JsonValue[] {
  if (!Array.isArray(json)) throw malformed(path, `is ${describeValue(json)} instead of a list`);
  return json;
}

/**
 * Two parts that must stand together in a list.
 *
 * @throws SageError `SNAPSHOT_INVALID` when they do not.
 */
export function pairOf(json: JsonValue | undefined, path: string): readonly [JsonValue, JsonValue] {
  if (!Array.isArray(json) || json.length !== 2) throw malformed(path, "is no pair");
  return json as unknown as readonly [JsonValue, JsonValue];
}

/** The error about a part that no encoder makes; the problem completes the sentence "it …". */
export function malformed(path: string, problem: string): SageError<"SNAPSHOT_INVALID"> {
  return new SageError("SNAPSHOT_INVALID", { path, problem });
}

/** The error about a tag that nobody knows in this place. */
export function unknownTag(path: string, tag: string): SageError<"SNAPSHOT_INVALID"> {
  return malformed(path, `has the unknown tag ${JSON.stringify(tag.slice(0, 40))}`);
}
