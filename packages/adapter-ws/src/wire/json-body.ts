import type { JsonValue } from "@sage-kernel/core";
import type * as z from "zod";
import { WireFault } from "./wire-fault.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Of what is read; bodies of messages may have 200 levels of their own. How long lists may be their bytes say. */
const deepest = 210;

/** A body of JSON. */
export function encodeJson(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

/**
 * Reads a body of JSON.
 *
 * @throws WireFault `protocol` for what is no JSON, or is not of this shape; `limit` for what is nested too deep; `forbidden` for a
 * property that nobody may have.
 */
export function decodeJson<T>(body: Uint8Array, schema: z.ZodType<T>): T {
  const read = schema.safeParse(checked(parse(body), 0));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new WireFault("protocol", `a header is invalid at "${issue?.path.join(".") ?? ""}"`);
}

function parse(body: Uint8Array): JsonValue {
  try {
    return JSON.parse(decoder.decode(body)) as JsonValue;
  } catch {
    throw new WireFault("protocol", "a header is no JSON");
  }
}

/** Payloads of users are JSON in JSON: what they nest is their own, up to a bound. */
function checked(value: JsonValue, depth: number): JsonValue {
  if (typeof value !== "object" || value === null) return value;
  if (depth > deepest) throw new WireFault("limit", `a header is nested more than ${deepest} levels deep`);
  if (Array.isArray(value)) {
    for (const item of value) checked(item, depth + 1);
    return value;
  }
  for (const key of Object.keys(value)) {
    if (key === "__proto__") throw new WireFault("forbidden", "a header has a property that nobody may have");
    checked((value as Record<string, JsonValue>)[key] as JsonValue, depth + 1);
  }
  return value;
}
