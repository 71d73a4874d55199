import type { JsonValue } from "../errors/json.ts";
import { SageError } from "../errors/sage-error.ts";
import { isPromiseLike } from "../host/maybe-promise.ts";
import { checkedJson, copiedJson, pathOf } from "../packet/json-copy.ts";

/** Turns values that are no JSON, such as a `Map` or an instance of a class, into JSON and back. */
export interface StateCodec<T> {
  /** The JSON that stands for a value; called once for each write. What it throws reaches the writer as it is. */
  encode(value: T): JsonValue;
  /** The value that the JSON stands for; called once for each read, with a copy that it may keep and change. */
  decode(stored: JsonValue): T;
}

/** What a schema answers: the value, which it may have converted, or what is wrong with it. */
export type SchemaResult<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One thing that a schema found wrong. */
export interface SchemaIssue {
  /** What is wrong, in a sentence. */
  readonly message: string;
  /** The keys that lead to the part concerned, outermost first. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** A schema of any library that follows Standard Schema version 1: a zod schema is one. */
export interface StandardSchema<T> {
  /** The schema, as the standard has it. */
  readonly "~standard": {
    /** Version of the standard. */
    readonly version: 1;
    /** Name of the library. */
    readonly vendor: string;
    /** Carries the types; not there at run time. */
    readonly types?: { readonly input: unknown; readonly output: T } | undefined;
    /** Checks a value and may convert it. A state can use synchronous answers only. */
    readonly validate: (value: unknown) => SchemaResult<T> | Promise<SchemaResult<T>>;
  };
}

/** Options of a named state whose values have type `T`. */
export interface StateOptions<T> {
  /** How values become JSON and come back. Default: values must be JSON themselves. */
  readonly codec?: StateCodec<T>;
  /** Checks values when they are written, before they are encoded; what it answers is kept. Default: no check. */
  readonly schema?: StandardSchema<T>;
  /** How long a value stays after it was last written, in ms; then it is gone. Default: until it is deleted. */
  readonly ttlMs?: number;
}

/** The way of values into the cells of one state, and out of them. */
export interface CellCodec<T> {
  /**
   * The cell for a value: JSON that shares nothing with the value.
   *
   * @throws SageError `STATE_INVALID` with the path of the first part that is no JSON, or that the schema refuses.
   */
  store(value: T): unknown;
  /** The value of a cell that {@link store} made. It shares nothing with the cell. */
  load(cell: unknown): T;
}

/**
 * Makes the way into a state and out of it.
 *
 * JSON is `null`, booleans, finite numbers, strings, arrays without holes, and plain objects without `undefined`,
 * symbols or `__proto__` among their properties; no more than 200 levels, and no cycles. Arrays and objects are copied
 * both ways, so a change to what was stored or loaded never changes the state.
 *
 * @param name name of the state, for error messages
 */
export function cellCodec<T>(name: string, options: StateOptions<T>): CellCodec<T> {
  const { codec, schema } = options;
  return {
    store(value) {
      refuseUndefined(name, value);
      const valid = schema === undefined ? value : validated(name, schema, value);
      const json: unknown = codec === undefined ? valid : codec.encode(valid);
      return checkedJson(json, (keys, got) => refusal(name, keys, got));
    },
    load(cell) {
      const json = copiedJson(cell as JsonValue);
      return codec === undefined ? (json as T) : codec.decode(json);
    },
  };
}

function validated<T>(name: string, schema: StandardSchema<T>, value: T): T {
  const result = schema["~standard"].validate(value);
  if (isPromiseLike(result)) {
    result.then(undefined, () => {}); // whatever comes of it, nobody waits for it
    throw refusal(
      name,
      [],
      "checked by an asynchronous schema, and the schema of a state must be synchronous",
    );
  }
  if (result.issues !== undefined) {
    const [first, ...others] = result.issues;
    const keys = first?.path?.map((part) => (typeof part === "object" ? part.key : part)) ?? [];
    const more = others.length === 0 ? "" : `, and ${others.length} more`;
    throw refusal(name, keys, `refused by the schema (${first?.message ?? "for no reason"}${more})`);
  }
  refuseUndefined(name, result.value);
  return result.value;
}

function refuseUndefined(name: string, value: unknown): void {
  if (value === undefined) throw refusal(name, [], "undefined");
}

function refusal(name: string, keys: readonly PropertyKey[], got: string): SageError {
  return new SageError("STATE_INVALID", { name, path: `value${pathOf(keys)}`, got });
}
