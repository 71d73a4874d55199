import type { JsonObject } from "../errors/json.ts";

/** A message, or a function that builds it only when its level is on. */
export type LogMessage = string | (() => string);

/** What a log line carries beside its message: JSON facts, and the error if there is one. */
export type LogFields = JsonObject | { readonly error: unknown; readonly [key: string]: unknown };

/** Port: structured logging. Must not throw, and must not block. */
export interface Logger {
  /** Details for finding a fault; off by default. */
  debug(message: LogMessage, fields?: LogFields): void;
  /** Life-cycle events; never one per record. */
  info(message: LogMessage, fields?: LogFields): void;
  /** Something that deserves attention but stops nothing. */
  warn(message: LogMessage, fields?: LogFields): void;
  /** A failure. */
  error(message: LogMessage, fields?: LogFields): void;
  /** A logger that adds these fields to each line. */
  child(fields: JsonObject): Logger;
}
