import * as fc from "fast-check";

/** Names that mean something to JavaScript, to JSON or to an encoder. */
export const awkwardKeys = [
  "$",
  "v",
  "__proto__",
  "constructor",
  "prototype",
  "toJSON",
  "toString",
  "valueOf",
  "then",
  "length",
  "0",
  "10",
  "",
  "\ud800",
];

const anyText = fc.string({
  unit: fc.oneof(
    fc.string({ minLength: 1, maxLength: 1 }),
    fc.constantFrom("\ud83d", "\ude00", "\0", "ü", '"'),
  ),
});

/** A key of an object. */
export const anyFieldName = fc.oneof(fc.constantFrom(...awkwardKeys), anyText);

const bytes = fc.uint8Array({ maxLength: 9 });

/** Binary data of every kind; some of it shows a part of a larger buffer. */
const anyBinary = fc.oneof(
  bytes.map((content) => content.slice().buffer),
  bytes.map((content) => new DataView(Uint8Array.of(9, ...content, 9).buffer, 1, content.length)),
  bytes.map((content) => Uint8Array.of(9, ...content, 9).subarray(1, -1)),
  fc.int8Array({ maxLength: 4 }),
  fc.uint8ClampedArray({ maxLength: 4 }),
  fc.int16Array({ maxLength: 4 }),
  fc.uint16Array({ maxLength: 4 }),
  fc.int32Array({ maxLength: 4 }),
  fc.uint32Array({ maxLength: 4 }),
  fc.bigInt64Array({ maxLength: 4 }),
  fc.bigUint64Array({ maxLength: 4 }),
  fc.float32Array({ maxLength: 4 }),
  fc.float64Array({ maxLength: 4 }),
);

const anyScalar = fc.oneof(
  fc.constantFrom<unknown>(null, undefined, true, false, 0, -0, NaN, Infinity, -Infinity, "__proto__", "$"),
  fc.double(),
  fc.integer(),
  fc.bigInt(),
  anyText,
  fc.date({ noInvalidDate: true }),
  fc.constant(Number.NaN).map((ms) => new Date(ms)),
  anyBinary,
);

/** An object with exactly these own properties, whatever their names. */
function objectOf(prototype: object | null, fields: readonly (readonly [string, unknown])[]): object {
  const object: object = Object.create(prototype);
  for (const [key, value] of fields)
    Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
  return object;
}

/** Any payload that may leave its process, with `leaf` among its innermost parts. */
export function payloadWith(leaf: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.letrec((tie) => {
    const part = tie("payload");
    const fields = fc.array(fc.tuple(anyFieldName, part), { maxLength: 5 });
    return {
      payload: fc.oneof(
        { maxDepth: 6, withCrossShrink: true },
        leaf,
        fc.array(part, { maxLength: 5 }),
        fields.map((own) => objectOf(Object.prototype, own)),
        fields.map((own) => objectOf(null, own)),
        fc.array(fc.tuple(part, part), { maxLength: 4 }).map((entries) => new Map(entries)),
        fc.array(part, { maxLength: 4 }).map((items) => new Set(items)),
      ),
    };
  }).payload as fc.Arbitrary<unknown>;
}

/** Any payload that may leave its process. */
export const anyPayload: fc.Arbitrary<unknown> = payloadWith(anyScalar);

/** Any scalar, date or binary data. */
export const anyLeaf: fc.Arbitrary<unknown> = anyScalar;

/**
 * Everything that can be seen of a payload, as text: two payloads are equal in value when their portraits are. Knows
 * prototypes, the order of keys, `-0`, invalid dates and each byte. A hole looks like `undefined`.
 */
export function portraitOf(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? "-0" : String(value);
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  const list = (parts: readonly unknown[]) => `${kind}[${parts.map(portraitOf).join()}]`;
  if (Array.isArray(value)) return list(Array.from(value));
  if (value instanceof Map) return list([...value].flat(1));
  if (value instanceof Set) return list([...value]);
  if (value instanceof Date) return `${kind}(${value.getTime()})`;
  if (value instanceof ArrayBuffer) return `${kind}(${new Uint8Array(value).join()})`;
  if (ArrayBuffer.isView(value)) {
    return `${kind}(${new Uint8Array(value.buffer, value.byteOffset, value.byteLength).join()})`;
  }
  const prototype = Object.getPrototypeOf(value);
  const fields = Object.entries(value).map(([key, field]) => `${JSON.stringify(key)}:${portraitOf(field)}`);
  return `${prototype === null ? "bare" : prototype === Object.prototype ? "" : "odd"}{${fields.join()}}`;
}
