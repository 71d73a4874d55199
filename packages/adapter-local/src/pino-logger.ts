import { createRequire } from "node:module";
import type { JsonObject } from "@sage-kernel/core";
import type { LogFields, Logger, LogMessage } from "@sage-kernel/core/spi";
import type { pino as createPino, Logger as Pino } from "pino";

const severities = { debug: 0, info: 1, warn: 2, error: 3, silent: 4 } as const;

/** Least level of a line that is written. */
export type LogLevel = keyof typeof severities;

/** Writes JSON lines through pino. A line below the level costs neither its message nor its fields. */
export class PinoLogger implements Logger {
  readonly #level: LogLevel;
  readonly #open: () => Pino;
  #pino: Pino | undefined;

  /** `open` is called for the first line that is written. */
  constructor(level: LogLevel, open: () => Pino) {
    this.#level = level;
    this.#open = open;
  }

  debug(message: LogMessage, fields?: LogFields): void {
    this.#write("debug", message, fields);
  }

  info(message: LogMessage, fields?: LogFields): void {
    this.#write("info", message, fields);
  }

  warn(message: LogMessage, fields?: LogFields): void {
    this.#write("warn", message, fields);
  }

  error(message: LogMessage, fields?: LogFields): void {
    this.#write("error", message, fields);
  }

  child(fields: JsonObject): Logger {
    return new PinoLogger(this.#level, () => this.#opened().child(fields));
  }

  #write(level: Exclude<LogLevel, "silent">, message: LogMessage, fields: LogFields = {}): void {
    if (severities[level] < severities[this.#level]) return;
    this.#opened()[level](fields, typeof message === "function" ? message() : message);
  }

  #opened(): Pino {
    this.#pino ??= this.#open();
    return this.#pino;
  }
}

/** A logger that writes lines of at least this level to standard error, synchronously. Loads pino when it must. */
export function createPinoLogger(level: LogLevel): PinoLogger {
  return new PinoLogger(level, () => {
    const { pino, destination, stdSerializers } = createRequire(import.meta.url)(
      "pino",
    ) as typeof createPino & {
      pino: typeof createPino;
    };
    const options = { level, serializers: { error: stdSerializers.errWithCause }, base: null };
    return pino(options, destination({ dest: 2, sync: true }));
  });
}
