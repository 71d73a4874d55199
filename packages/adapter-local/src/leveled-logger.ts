import type { JsonObject } from "@sage-kernel/core";
import type { LogFields, Logger, LogMessage } from "@sage-kernel/core/spi";
import type { LineLevel } from "./log-level.ts";

/** A logger whose levels all go the same way. */
export abstract class LeveledLogger implements Logger {
  debug(message: LogMessage, fields?: LogFields): void {
    this.write("debug", message, fields);
  }

  info(message: LogMessage, fields?: LogFields): void {
    this.write("info", message, fields);
  }

  warn(message: LogMessage, fields?: LogFields): void {
    this.write("warn", message, fields);
  }

  error(message: LogMessage, fields?: LogFields): void {
    this.write("error", message, fields);
  }

  abstract child(fields: JsonObject): Logger;

  /** Writes a line, or drops it before its message is built. */
  protected abstract write(level: LineLevel, message: LogMessage, fields: LogFields | undefined): void;
}
