import { SageError } from "../errors/sage-error.ts";

/** How many levels a payload may have: enough for any data, and not too many for any stack. */
export const deepest = 200;

const typedArray: new () => object = Object.getPrototypeOf(Uint8Array);

/**
 * Checks that a record could cross a process: plain data, arrays, `Map`, `Set`, `Date`, bigint, array buffers and
 * typed arrays, without cycles.
 *
 * @throws SageError `NOT_SERIALIZABLE` with the path of the first part that could not.
 */
export function checkPayload(payload: unknown): void {
  check(payload, "record", []);
}

function check(value: unknown, path: string, above: readonly object[]): void {
  if (typeof value === "function" || typeof value === "symbol") throw refusal(path, `a ${typeof value}`);
  if (typeof value !== "object" || value === null) return;
  if (above.length >= deepest) throw refusal(path, `nested more than ${deepest} levels deep`);
  if (above.includes(value)) throw refusal(path, "a reference to something that contains it");
  const inside = [...above, value];
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Array.prototype) {
    (value as unknown[]).forEach((item, i) => void check(item, `${path}[${i}]`, inside));
  } else if (prototype === Object.prototype || prototype === null) {
    for (const [key, field] of Object.entries(value)) check(field, `${path}.${key}`, inside);
  } else if (prototype === Map.prototype) {
    let i = 0;
    for (const [key, item] of value as Map<unknown, unknown>) {
      check(key, `${path}<key ${i}>`, inside);
      check(item, `${path}<value ${i++}>`, inside);
    }
  } else if (prototype === Set.prototype) {
    let i = 0;
    for (const item of value as Set<unknown>) check(item, `${path}<item ${i++}>`, inside);
  } else if (!isFlat(value, prototype as object)) {
    throw refusal(path, `an instance of ${value.constructor?.name ?? "an unnamed class"}`);
  }
}

function isFlat(value: object, prototype: object): boolean {
  if (prototype === Date.prototype || prototype === ArrayBuffer.prototype) return true;
  if (prototype === DataView.prototype) return true;
  return ArrayBuffer.isView(value) && value instanceof typedArray;
}

function refusal(path: string, got: string): SageError {
  return new SageError("NOT_SERIALIZABLE", { path, got });
}
