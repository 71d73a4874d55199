import type { JsonObject, JsonValue } from "../errors/json.ts";
import { describeValue, SageError } from "../errors/sage-error.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import { deepest } from "./check-payload.ts";
import {
  isPlainObject,
  itemsOf,
  malformed,
  pairOf,
  type TaggedJson,
  tagged,
  taggedIn,
  unknownTag,
} from "./tagged-json.ts";

/**
 * Writes any payload that may leave its process as JSON, from which {@link decodePayload} makes an equal one. The
 * payload stays as it is, and what comes back shares nothing with it.
 *
 * JSON stands for itself: `null`, booleans, strings, finite numbers, arrays and objects. All else is an object of a
 * tag `$` and what it is made of, `v`:
 *
 * | `$`                                            | `v`                                                       |
 * | ---------------------------------------------- | --------------------------------------------------------- |
 * | `constant`                                     | `"undefined"`, `"NaN"`, `"Infinity"`, `"-Infinity"`, `"-0"` |
 * | `bigint`                                       | its decimal digits                                        |
 * | `Date`                                         | ms since the Unix epoch; `null` when it is invalid        |
 * | `Map`                                          | pairs of a key and a value, encoded                       |
 * | `Set`                                          | its items, encoded                                        |
 * | `object`                                       | pairs of a key and a value, encoded: a plain object with the key `$` or `__proto__` |
 * | `bare`                                         | the same for an object without a prototype                |
 * | `ArrayBuffer`, `DataView`, `Uint8Array` and so on | the bytes in base64, in the byte order of the machine  |
 *
 * Keys and items keep their order. What is lost: the holes of arrays become `undefined`; one object in two places
 * becomes two; a view keeps only the part of its buffer that it shows; subclasses of typed arrays, such as Node's
 * `Buffer`, become what they extend; symbol keys, and properties of arrays, maps and the like, are left out.
 *
 * @param path how the payload is called in errors
 * @throws SageError `NOT_SERIALIZABLE` with the path of the first part that is no data, that contains itself or that
 * is nested too deep.
 */
export function encodePayload(value: unknown, path = "record"): JsonValue {
  return encode(value, path, []);
}

/**
 * Makes the payload that {@link encodePayload} wrote. Runs nothing that is written there, and leaves every prototype
 * alone.
 *
 * @param path how the payload is called in errors
 * @throws SageError `SNAPSHOT_INVALID` with the path of the first part that `encodePayload` would not have written.
 */
export function decodePayload(encoded: JsonValue, path = "record"): unknown {
  return decode(encoded, path, 0);
}

/** What JSON numbers cannot say, and `undefined`. */
const constants: ReadonlyMap<JsonValue, unknown> = new Map<JsonValue, unknown>([
  ["undefined", undefined],
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
  ["-0", -0],
]);

interface ViewType {
  readonly name: string;
  /** Not there for a `DataView`, which shows any number of bytes. */
  readonly BYTES_PER_ELEMENT?: number;
  new (buffer: ArrayBuffer): ArrayBufferView;
}

const viewTypes: readonly ViewType[] = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  BigInt64Array,
  BigUint64Array,
  Float32Array,
  Float64Array,
  DataView,
];

/** Whether a value is JSON without parts. Most are; nobody needs to know the path of these. */
function isItself(value: unknown): value is null | boolean | number | string {
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0);
  return typeof value === "string" || typeof value === "boolean" || value === null;
}

function encode(value: unknown, path: string, above: object[]): JsonValue {
  if (isItself(value)) return value;
  switch (typeof value) {
    case "number":
      return tagged("constant", value === 0 ? "-0" : String(value));
    case "undefined":
      return tagged("constant", "undefined");
    case "bigint":
      return tagged("bigint", String(value));
    case "object":
      return encodeObject(value as object, path, above);
    default:
      throw refusal(path, `a ${typeof value}`);
  }
}

function encodeObject(value: object, path: string, above: object[]): JsonValue {
  if (above.length >= deepest) throw refusal(path, `nested more than ${deepest} levels deep`);
  if (above.includes(value)) throw refusal(path, "a reference to something that contains it");
  above.push(value);
  const encoded = isPlainObject(value)
    ? encodeFields(value, path, above)
    : encodeBuiltIn(value, Object.getPrototypeOf(value), path, above);
  above.pop();
  return encoded;
}

function encodeFields(value: object, path: string, above: object[]): JsonValue {
  const keys = Object.keys(value);
  const field = (key: string): JsonValue => {
    const item = (value as Record<string, unknown>)[key];
    return isItself(item) ? item : encode(item, `${path}.${key}`, above);
  };
  const bare = Object.getPrototypeOf(value) === null;
  if (bare || keys.includes("$") || keys.includes("__proto__")) {
    return tagged(
      bare ? "bare" : "object",
      keys.map((key) => [key, field(key)]),
    );
  }
  const encoded: Record<string, JsonValue> = {};
  for (const key of keys) encoded[key] = field(key);
  return encoded;
}

function encodeBuiltIn(value: object, prototype: object, path: string, above: object[]): JsonValue {
  if (prototype === Array.prototype && Array.isArray(value)) {
    // Not map(), which would leave holes.
    return Array.from(value, (item, i) => (isItself(item) ? item : encode(item, `${path}[${i}]`, above)));
  }
  if (prototype === Date.prototype) {
    const ms = (value as Date).getTime();
    return tagged("Date", Number.isNaN(ms) ? null : ms);
  }
  if (prototype === Map.prototype) {
    return tagged(
      "Map",
      Array.from(value as Map<unknown, unknown>, ([key, item], i) => [
        isItself(key) ? key : encode(key, `${path}<key ${i}>`, above),
        isItself(item) ? item : encode(item, `${path}<value ${i}>`, above),
      ]),
    );
  }
  if (prototype === Set.prototype) {
    return tagged(
      "Set",
      Array.from(value as Set<unknown>, (item, i) =>
        isItself(item) ? item : encode(item, `${path}<item ${i}>`, above),
      ),
    );
  }
  const type = binaryType(value, prototype);
  if (type !== undefined) return tagged(type, toBase64(bytesOf(value as ArrayBuffer, path)));
  throw refusal(path, `an instance of ${value.constructor?.name ?? "an unnamed class"}`);
}

function binaryType(value: object, prototype: object): string | undefined {
  if (prototype === ArrayBuffer.prototype) return "ArrayBuffer";
  if (!ArrayBuffer.isView(value)) return undefined;
  const type = viewTypes.find((known) => value instanceof known);
  return type === DataView && prototype !== DataView.prototype ? undefined : type?.name;
}

function bytesOf(value: ArrayBuffer | ArrayBufferView, path: string): Uint8Array {
  try {
    return ArrayBuffer.isView(value)
      ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
      : new Uint8Array(value, 0, value.byteLength);
  } catch {
    throw refusal(path, "an array buffer whose bytes were transferred");
  }
}

function decode(json: JsonValue, path: string, depth: number): unknown {
  if (isItself(json) || Object.is(json, -0)) return json;
  if (typeof json !== "object") throw malformed(path, `is ${describeValue(json)}`);
  const special = taggedIn(json, path);
  if (special?.$ === "constant") return decodeConstant(special.v, path);
  if (special?.$ === "bigint") return decodeBigint(special.v, path);
  if (depth >= deepest) throw malformed(path, `is nested more than ${deepest} levels deep`);
  if (special !== undefined) return decodeTagged(special, path, depth + 1);
  if (Array.isArray(json)) {
    return Array.from(json as JsonValue[], (item, i) =>
      isItself(item) ? item : decode(item, `${path}[${i}]`, depth + 1),
    );
  }
  if (!isPlainObject(json)) throw malformed(path, `is ${describeValue(json)}`);
  if (Object.hasOwn(json, "__proto__")) throw malformed(path, 'has a key "__proto__"');
  const object: Record<string, unknown> = {};
  for (const key of Object.keys(json)) {
    const field = (json as JsonObject)[key] as JsonValue;
    object[key] = isItself(field) ? field : decode(field, `${path}.${key}`, depth + 1);
  }
  return object;
}

function decodeConstant(v: JsonValue, path: string): unknown {
  if (!constants.has(v)) throw malformed(path, `is ${describeValue(v)} instead of a constant`);
  return constants.get(v);
}

function decodeBigint(v: JsonValue, path: string): bigint {
  if (typeof v === "string" && /^(?:0|-?[1-9][0-9]*)$/.test(v)) return BigInt(v);
  throw malformed(path, `is ${describeValue(v)} instead of the digits of a bigint`);
}

function decodeTagged({ $, v }: TaggedJson, path: string, depth: number): unknown {
  switch ($) {
    case "Date":
      return decodeDate(v, path);
    case "Map": {
      const map = new Map(
        itemsOf(v, path).map((entry, i) => {
          const [key, item] = pairOf(entry, `${path}<entry ${i}>`);
          return [decode(key, `${path}<key ${i}>`, depth), decode(item, `${path}<value ${i}>`, depth)];
        }),
      );
      return distinct(map, map.size, v, path);
    }
    case "Set": {
      const set = new Set(itemsOf(v, path).map((item, i) => decode(item, `${path}<item ${i}>`, depth)));
      return distinct(set, set.size, v, path);
    }
    case "object":
    case "bare": {
      const fields: object = Object.fromEntries(decodeFields(v, path, depth));
      const object: object = $ === "bare" ? Object.assign(Object.create(null), fields) : fields;
      return distinct(object, Object.keys(object).length, v, path);
    }
    default:
      return decodeBinary($, v, path);
  }
}

function decodeDate(v: JsonValue, path: string): Date {
  if (v === null) return new Date(Number.NaN);
  const date = new Date(typeof v === "number" ? v : Number.NaN);
  if (date.getTime() === v) return date;
  throw malformed(path, `is ${describeValue(v)} instead of the time of a Date`);
}

function decodeFields(v: JsonValue, path: string, depth: number): [string, unknown][] {
  return itemsOf(v, path).map((entry, i) => {
    const [key, field] = pairOf(entry, `${path}<entry ${i}>`);
    if (typeof key !== "string")
      throw malformed(`${path}<entry ${i}>`, `has ${describeValue(key)} as its key`);
    return [key, decode(field, `${path}.${key}`, depth)];
  });
}

/** Refuses a collection in which some of what it was made of has replaced the rest. */
function distinct<T>(made: T, size: number, v: JsonValue, path: string): T {
  if (size === (v as readonly JsonValue[]).length) return made;
  throw malformed(path, "has the same key or item twice");
}

function decodeBinary(tag: string, v: JsonValue, path: string): unknown {
  const type = viewTypes.find(({ name }) => name === tag);
  if (type === undefined && tag !== "ArrayBuffer") throw unknownTag(path, tag);
  const bytes = typeof v === "string" ? fromBase64(v) : undefined;
  if (bytes === undefined) throw malformed(path, `is ${describeValue(v)} instead of base64 text`);
  if (type === undefined) return bytes.buffer;
  if (bytes.length % (type.BYTES_PER_ELEMENT ?? 1) !== 0) {
    throw malformed(path, `has ${bytes.length} bytes, which do not make a ${tag}`);
  }
  return new type(bytes.buffer);
}

function refusal(path: string, got: string): SageError {
  return new SageError("NOT_SERIALIZABLE", { path, got });
}
