import { type ErrorCode, type ErrorFacts, errorCatalog } from "./catalog.ts";
import type { ErrorKind } from "./error-kind.ts";
import type { JsonObject } from "./json.ts";

const brand: unique symbol = Symbol.for("@sage-kernel/error") as never;

/**
 * The one error class of the kernel: a code for programs, a sentence for people, a kind that says what to do.
 *
 * Recognise it with {@link isSageError}, which also works across copies of this package.
 */
export class SageError<C extends ErrorCode = ErrorCode> extends Error {
  /** Stable code; documented in `docs/errors.md`. */
  readonly code: C;
  /** What the caller should do. */
  readonly kind: ErrorKind;
  /** The facts that the message was built from; JSON-safe. */
  readonly details: JsonObject;

  constructor(code: C, facts: ErrorFacts<C>, options?: { readonly cause?: unknown }) {
    const text = errorCatalog[code].text as (facts: ErrorFacts<C>) => string;
    super(text(facts), options);
    this.name = "SageError";
    this.code = code;
    this.kind = errorCatalog[code].kind;
    this.details = facts as unknown as JsonObject;
    Object.defineProperty(this, brand, { value: true });
  }
}

/** Tells whether `value` is a {@link SageError}, by its brand and not by its class. */
export function isSageError(value: unknown): value is SageError {
  return typeof value === "object" && value !== null && brand in value;
}

/** Tells whether `value` is a {@link SageError} with this code. */
export function hasCode<C extends ErrorCode>(value: unknown, code: C): value is SageError<C> {
  return isSageError(value) && value.code === code;
}

/** What an error, or any object that looks like one, says of itself; `undefined` for anything else. */
export function errorFacts(thrown: unknown): { readonly name: string; readonly message: string } | undefined {
  try {
    if (typeof thrown !== "object" || thrown === null) return undefined;
    const { name, message } = thrown as { name?: unknown; message?: unknown };
    if (typeof message !== "string" && !(thrown instanceof Error)) return undefined;
    return {
      name: typeof name === "string" ? name : "Error",
      message: typeof message === "string" ? message : "",
    };
  } catch {
    return undefined;
  }
}

/** A one-line description of anything that may be thrown. Never throws. */
export function reasonOf(thrown: unknown): string {
  const facts = errorFacts(thrown);
  if (facts !== undefined) return facts.message === "" ? facts.name : `${facts.name}: ${facts.message}`;
  return typeof thrown === "string" ? thrown : describeValue(thrown);
}

/** A short description of a value for error messages: its type, and the value itself when it is small. Never throws. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined || typeof value === "boolean") return String(value);
  if (typeof value === "number" || typeof value === "bigint") return `the ${typeof value} ${value}`;
  if (typeof value === "string") return `the string ${JSON.stringify(value.slice(0, 40))}`;
  if (typeof value !== "object") return `a ${typeof value}`;
  try {
    return `an object (${value.constructor?.name ?? "no prototype"})`;
  } catch {
    return "an object";
  }
}
