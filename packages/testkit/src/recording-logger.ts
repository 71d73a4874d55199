import type { JsonObject } from "@sage-kernel/core";
import type { LogFields, Logger, LogMessage } from "@sage-kernel/core/spi";

/** A line that was logged. */
export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Keeps every line, of every level and of all its children, in `lines`. */
export class RecordingLogger implements Logger {
  /** The lines so far, shared with its children. */
  readonly lines: LogLine[];
  readonly #fields: JsonObject;

  constructor(fields: JsonObject = {}, lines: LogLine[] = []) {
    this.#fields = fields;
    this.lines = lines;
  }

  debug(message: LogMessage, fields?: LogFields): void {
    this.#record("debug", message, fields);
  }

  info(message: LogMessage, fields?: LogFields): void {
    this.#record("info", message, fields);
  }

  warn(message: LogMessage, fields?: LogFields): void {
    this.#record("warn", message, fields);
  }

  error(message: LogMessage, fields?: LogFields): void {
    this.#record("error", message, fields);
  }

  child(fields: JsonObject): RecordingLogger {
    return new RecordingLogger({ ...this.#fields, ...fields }, this.lines);
  }

  #record(level: LogLine["level"], message: LogMessage, fields: LogFields | undefined): void {
    const text = typeof message === "function" ? message() : message;
    this.lines.push({ level, message: text, fields: { ...this.#fields, ...fields } });
  }
}
