import type { JsonObject, JsonValue } from "../errors/json.ts";
import { SageError } from "../errors/sage-error.ts";
import { canonicalJson } from "../packet/json-copy.ts";

/** A queue descriptor as JSON. */
export interface QueueDescriptorJson {
  readonly kind: string;
  readonly id: string;
  readonly capacity: number;
  readonly options?: JsonObject;
}

/**
 * The options of queues of messages between services and their callers. Nobody reads such a queue twice, so a driver may drop
 * what was read as soon as it was read.
 */
export const callQueueOptions = Object.freeze({ mode: "call" });

const maxDepth = 16;
const forbidden = new Set(["__proto__", "constructor", "prototype"]);

/**
 * Names a queue: an immutable JSON value. Two descriptors with the same `kind` and `id` name the same queue, always;
 * making or serialising one opens nothing.
 */
export class QueueDescriptor {
  /** Which driver opens it. */
  readonly kind: string;
  /** Its name, unique within its kind: 1 to 200 characters, no control characters. */
  readonly id: string;
  /** How many records it holds before puts wait; an integer of at least 1. */
  readonly capacity: number;
  /** Options of the driver. */
  readonly options: JsonObject;

  /** @throws SageError `INVALID_DESCRIPTOR` naming the field. */
  constructor(fields: QueueDescriptorJson) {
    check(isName(fields.kind), "kind", "must be a string of 1 to 200 characters");
    check(isName(fields.id), "id", "must be a string of 1 to 200 characters without control characters");
    check(
      Number.isSafeInteger(fields.capacity) && fields.capacity >= 1,
      "capacity",
      "must be an integer of at least 1",
    );
    this.kind = fields.kind;
    this.id = fields.id;
    this.capacity = fields.capacity;
    check(fields.options === undefined || isPlainObject(fields.options), "options", "must be an object");
    this.options = freezeJson(fields.options ?? {}, "options", 0) as JsonObject;
    Object.freeze(this);
  }

  /**
   * Reads a descriptor from parsed JSON; unknown fields are ignored.
   *
   * @throws SageError `INVALID_DESCRIPTOR` naming the field.
   */
  static fromJSON(json: unknown): QueueDescriptor {
    check(typeof json === "object" && json !== null, "", "must be an object");
    return new QueueDescriptor(json as QueueDescriptorJson);
  }

  /** The descriptor as plain JSON. */
  toJSON(): QueueDescriptorJson {
    return { kind: this.kind, id: this.id, capacity: this.capacity, options: this.options };
  }

  /** Another queue with the same options. */
  withId(id: string): QueueDescriptor {
    return new QueueDescriptor({ ...this.toJSON(), id });
  }

  /** The first field in which two descriptors of the same queue differ, or `undefined`. */
  differsIn(other: QueueDescriptor): string | undefined {
    if (this.capacity !== other.capacity) return "capacity";
    return canonicalJson(this.options) === canonicalJson(other.options) ? undefined : "options";
  }
}

const namePattern = /^[^\p{Cc}]{1,200}$/u;

function isName(value: unknown): value is string {
  return typeof value === "string" && namePattern.test(value);
}

function check(ok: boolean, path: string, problem: string): asserts ok {
  if (!ok) throw new SageError("INVALID_DESCRIPTOR", { path, problem });
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function freezeJson(value: unknown, path: string, depth: number): JsonValue {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") {
    check(Number.isFinite(value), path, "must be a finite number");
    return value;
  }
  check(depth < maxDepth, path, `must not be nested more than ${maxDepth} levels deep`);
  if (Array.isArray(value)) {
    return Object.freeze(value.map((item, i) => freezeJson(item, `${path}[${i}]`, depth + 1)));
  }
  check(isPlainObject(value), path, "must be a JSON value");
  const copy: Record<string, JsonValue> = {};
  for (const key of Object.keys(value)) {
    check(!forbidden.has(key), `${path}.${key}`, "is a forbidden key");
    copy[key] = freezeJson(value[key], `${path}.${key}`, depth + 1);
  }
  return Object.freeze(copy);
}
