import { type ErrorCode, errorCatalog } from "./catalog.ts";
import type { JsonObject } from "./json.ts";
import { errorFacts, isSageError, reasonOf, SageError } from "./sage-error.ts";

/** An error as it crosses a process: plain JSON. */
export interface WireError {
  /** Class name of the original error. */
  readonly name: string;
  /** Its message. */
  readonly message: string;
  /** Code of a kernel error; absent for a foreign error. */
  readonly code?: ErrorCode;
  /** Facts of a kernel error. */
  readonly details?: JsonObject;
  /** Stack, at most 8 KiB. */
  readonly stack?: string;
  /** The error's cause, encoded likewise. */
  readonly cause?: WireError;
}

const maxDepth = 8;
const maxStackBytes = 8192;

/** Encodes anything thrown, with at most eight links of its cause chain. */
export function encodeError(thrown: unknown, depth = 0): WireError {
  const facts = errorFacts(thrown);
  if (facts === undefined) return { name: "NonError", message: reasonOf(thrown) };
  const stack = field(thrown, "stack");
  const cause = field(thrown, "cause");
  return {
    ...facts,
    ...(isSageError(thrown) ? { code: thrown.code, details: jsonOf(thrown.details) } : {}),
    ...(typeof stack === "string" ? { stack: stack.slice(0, maxStackBytes) } : {}),
    ...(cause === undefined || depth >= maxDepth ? {} : { cause: encodeError(cause, depth + 1) }),
  };
}

/**
 * Rebuilds an error on this side of the wire. Classes are never revived by name: a kernel code gives a
 * {@link SageError}, everything else a plain `Error` that keeps name, message, stack and cause.
 */
export function decodeError(wire: WireError, depth = 0): Error {
  const followed = wire.cause !== undefined && depth < maxDepth;
  const options = followed ? { cause: decodeError(wire.cause, depth + 1) } : undefined;
  if (wire.code !== undefined && Object.hasOwn(errorCatalog, wire.code)) {
    const error = new SageError("FOREIGN", { name: wire.name, message: wire.message }, options);
    return restore(error, wire, {
      code: wire.code,
      kind: errorCatalog[wire.code].kind,
      details: wire.details ?? {},
    });
  }
  return restore(new Error(wire.message, options), wire, {});
}

/** The same error without its stacks, which tell where the code of a service is. */
export function withoutStack({ stack: _, cause, ...error }: WireError): WireError {
  return cause === undefined ? error : { ...error, cause: withoutStack(cause) };
}

function restore(error: Error, wire: WireError, fields: Record<string, unknown>): Error {
  const { name, message, stack } = wire;
  for (const [key, value] of Object.entries({ name, message, stack, ...fields })) {
    if (value !== undefined) Object.defineProperty(error, key, { value, configurable: true, writable: true });
  }
  return error;
}

/** Reads a field of something thrown; a getter that throws gives nothing. */
function field(thrown: unknown, name: "stack" | "cause"): unknown {
  try {
    return (thrown as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}

/** Details as JSON, whatever somebody has put there: without what cannot be. */
function jsonOf(details: JsonObject): JsonObject {
  try {
    const plain = (_: string, value: unknown): unknown => (typeof value === "bigint" ? String(value) : value);
    return JSON.parse(JSON.stringify(details, plain)) as JsonObject;
  } catch {
    return {};
  }
}
